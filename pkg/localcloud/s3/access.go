package s3

import (
	"errors"
	"net/http"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// admit finds the bucket of a request and sees that the caller may do what it asks for.
func (s *Service) admit(tx *store.Tx, r *request) (*bucket, error) {
	b, err := s.enter(tx, r)
	if err != nil {
		return nil, err
	}
	action := r.op.action
	if r.query.Has("versionId") {
		action += "Version"
	}
	if err := b.allows(r.Account, r.Secure, action, r.key); err != nil {
		return nil, err
	}
	return b, nil
}

// enter finds the bucket, and sees that it is in the region that the request is signed for and belongs to whom the
// caller expects.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html
func (s *Service) enter(tx *store.Tx, r *request) (*bucket, error) {
	b, ok := find(tx, r.bucket)
	if !ok {
		return nil, noSuchBucket(r.bucket)
	}
	r.w.Header().Set("x-amz-bucket-region", b.Region)
	// The answer for a location may be asked for from us-east-1 (unverified: clients do so).
	if r.Region != "" && r.Region != b.Region && (r.op.sub != "location" || r.Region != defaultRegion) {
		return nil, wrongRegion(r.Region, b.Region)
	}
	expected := r.Header.Get("x-amz-expected-bucket-owner")
	if expected != "" && !accountID.MatchString(expected) {
		// https://github.com/grafana/loki/issues/15382
		return nil, refuse(http.StatusBadRequest, "InvalidBucketOwnerAWSAccountID",
			"The value of the expected bucket owner parameter must be an AWS Account ID...")
	}
	if expected != "" && expected != b.Account {
		return nil, accessDenied()
	}
	return b, nil
}

// allows judges one action on the bucket or, with a key, on an object. The owner's account may do everything that the
// policy does not deny; another account, and nobody, only what the policy allows.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/how-s3-evaluates-access-control.html
func (b *bucket) allows(account string, secure bool, action, key string) error {
	owner := account == b.Account
	if b.Policy == "" {
		return permit(owner)
	}
	p, err := parsePolicy([]byte(b.Policy))
	if err != nil {
		return err
	}
	// https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
	if !owner && b.PublicAccess != nil && b.PublicAccess.RestrictPublicBuckets && p.public() {
		return accessDenied()
	}
	allowed, denied := p.judge(subject{
		account: account, owner: b.Account, secure: secure, action: action, resource: b.arn(key),
	})
	return permit((owner || allowed) && !denied)
}

func permit(yes bool) error {
	if yes {
		return nil
	}
	return accessDenied()
}

// unseen hides that an object is missing from whoever may not list the bucket.
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html (Permissions)
func (b *bucket) unseen(account string, secure bool, err error) error {
	e, is := errors.AsType[*wire.Error](err)
	if !is || e.Code != "NoSuchKey" || b.allows(account, secure, "s3:ListBucket", "") == nil {
		return err
	}
	return accessDenied()
}
