package s3

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// getPolicy gives the policy back as compact JSON.
func (s *Service) getPolicy(ctx context.Context, r *request) error {
	text := ""
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		b, err := s.admit(tx, r)
		if err != nil {
			return err
		}
		text = b.Policy
		if text == "" {
			return missing("NoSuchBucketPolicy", "The bucket policy does not exist", b)
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.w.Header().Set("Content-Type", "application/json")
	_, _ = r.w.Write([]byte(text)) // the client gets it, or is gone
	return nil
}

// putPolicy: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketPolicy.html
func (s *Service) putPolicy(ctx context.Context, r *request) error {
	if err := s.mayAsk(ctx, r); err != nil {
		return err
	}
	text, err := document(r, longestDocument)
	if err != nil {
		return err
	}
	if len(text) > longestPolicy { // the code is unverified
		return malformedPolicy("Policy exceeds the maximum allowed document size.")
	}
	p, err := parsePolicy(text)
	if err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return malformedPolicy("Policies must be valid JSON and the first byte must be '{'")
	}
	return s.changes(http.StatusNoContent, func(r *request, b *bucket) error {
		return s.setPolicy(r, b, p, compact.String())
	})(ctx, r)
}

func (s *Service) setPolicy(r *request, b *bucket, p policy, text string) error {
	if r.Account != b.Account { // allowed by a policy, but not by S3
		return refuse(http.StatusMethodNotAllowed, "MethodNotAllowed",
			"The specified method is not allowed against this resource.", field("Method", r.Method))
	}
	if err := p.check(b, s); err != nil {
		return err
	}
	if b.PublicAccess != nil && b.PublicAccess.BlockPublicPolicy && p.public() {
		return accessDenied()
	}
	b.Policy = text
	return nil
}

const minimumSize = "x-amz-transition-default-minimum-object-size"

// getLifecycle: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLifecycleConfiguration.html
func (s *Service) getLifecycle(ctx context.Context, r *request) error {
	return s.reads("LifecycleConfiguration", func(b *bucket) (any, error) {
		if b.Lifecycle == nil {
			return nil, missing("NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist", b)
		}
		r.w.Header().Set(minimumSize, b.MinimumSize)
		return b.Lifecycle, nil
	})(ctx, r)
}

// putLifecycle: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketLifecycleConfiguration.html
func (s *Service) putLifecycle(ctx context.Context, r *request) error {
	size := r.Header.Get(minimumSize)
	switch size {
	case "":
		size = "all_storage_classes_128K"
	case "all_storage_classes_128K", "varies_by_storage_class":
	default:
		return invalidArgument("Invalid "+strings.ToLower(minimumSize), minimumSize, size)
	}
	return summed(writes(s, http.StatusOK, "LifecycleConfiguration", func(r *request, b *bucket, in lifecycle) error {
		if err := in.check(); err != nil {
			return err
		}
		r.w.Header().Set(minimumSize, size)
		b.Lifecycle, b.MinimumSize = &in, size
		return nil
	}))(ctx, r)
}
