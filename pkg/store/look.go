package store

import (
	"cmp"
	"context"
	"crypto/fips140"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"
)

// State says whose the bucket is, as far as reading tells.
type State int

// The states of a bucket.
const (
	Absent  State = iota // every read answered NoSuchBucket
	Ours                 // it is this account's, and its settings were read
	Unknown              // every read was refused: CreateBucket tells whose it is (trap 46)
)

// Seen is what one look found.
type Seen struct {
	State    State
	Refused  error // why nothing could be read; nil unless Unknown
	Settings Settings
	Newest   map[string]Version   // the newest version of each key under the prefix
	Older    map[string][]Version // those behind it that have bytes, without their MD5, the newest first
}

// Has says whether a version of that key, id and size (bytes) is in the bucket, and hidden by no delete marker.
func (s Seen) Has(key, id string, size int64) bool {
	newest := s.Newest[key]
	is := func(v Version) bool { return v.ID == id && v.Size == size && v.Usable() }
	return !newest.Deleted && (is(newest) || slices.ContainsFunc(s.Older[key], is))
}

// Settings are the bucket's settings; what is not set is the zero value.
type Settings struct {
	PublicAccess *types.PublicAccessBlockConfiguration
	Encryption   *types.ServerSideEncryptionRule
	Ownership    types.ObjectOwnership
	Versioning   types.BucketVersioningStatus
	Policy       Policy
	Lifecycle    []types.LifecycleRule
	MinimumSize  types.TransitionDefaultMinimumObjectSize // stands beside the lifecycle rules and is written with them
}

// plainETags says whether the ETag of an object that is sent whole is its MD5: not under KMS.
func (s Settings) plainETags() bool {
	if s.Encryption == nil || s.Encryption.ApplyServerSideEncryptionByDefault == nil {
		return true
	}
	return s.Encryption.ApplyServerSideEncryptionByDefault.SSEAlgorithm == types.ServerSideEncryptionAes256
}

// Version is one version of a key.
type Version struct {
	ID      string // "null" when it was written before the bucket versioned
	Size    int64  // bytes
	MD5     string // hex, as the listing's ETag gives it; "" where the ETag is something else (KMS, multipart)
	Deleted bool   // it is a delete marker
}

// md5Of reads an ETag that may be an MD5: that of an object sent whole and encrypted by S3's own keys. A multipart one has a
// hyphen; one of KMS looks the same as an MD5 and is none, which only the bucket's encryption tells (see judge).
func md5Of(etag string) string {
	etag = strings.Trim(etag, `"`)
	if _, err := hex.DecodeString(etag); err != nil || len(etag) != hex.EncodedLen(md5.Size) {
		return ""
	}
	return etag
}

// Is says whether the version holds these bytes, as far as a listing can tell: by the MD5, or by the size where it has none.
func (v Version) Is(text []byte) bool {
	if v.MD5 == "" || fips140.Enabled() { // FIPS mode may refuse MD5
		return v.Size == int64(len(text))
	}
	return v.MD5 == fmt.Sprintf("%x", md5.Sum(text))
}

// Usable says whether a template can name this version: it has bytes, and an ID that no later upload takes over.
func (v Version) Usable() bool { return !v.Deleted && isVersion(v.ID) }

// isVersion says whether id names one version for ever; `null` does not (trap 44).
func isVersion(id string) bool { return id != "" && id != "null" }

// read is one question of a look.
type read struct {
	thing string
	none  string // the code by which S3 says that it was never set (trap 47); "" when there is none
	ask   func(context.Context, *Settings) error
}

// Look reads the settings of the bucket and the versions under prefix: seven requests side by side, and one more
// for each further page of versions. A missing bucket and one that refuses every read are states, not errors; a read
// that is refused while others are answered is an error.
func (s *Store) Look(ctx context.Context, prefix string) (Seen, error) {
	seen := Seen{Newest: map[string]Version{}, Older: map[string][]Version{}}
	reads := s.reads(prefix, seen)
	answers := make([]error, len(reads))
	group, ctx := errgroup.WithContext(ctx)
	for i, r := range reads {
		group.Go(func() error {
			err := r.ask(ctx, &seen.Settings)
			if err == nil || (r.none != "" && codeOf(err) == r.none) {
				return nil
			}
			answers[i] = fmt.Errorf("reading the %s of bucket %s: %w", r.thing, s.bucket.Name, err)
			if isMissing(err) || isRefused(err) {
				return nil
			}
			return answers[i]
		})
	}
	if err := group.Wait(); err != nil {
		return Seen{}, err
	}
	return judge(seen, answers)
}

// judge decides from all answers what the bucket is. One that some reads find and others do not is just being made:
// S3's bucket settings are eventually consistent, so it is there.
func judge(seen Seen, answers []error) (Seen, error) {
	var missing, refused int
	var refusal error
	for _, err := range answers {
		switch {
		case isMissing(err):
			missing++
		case isRefused(err):
			refused++
			refusal = cmp.Or(refusal, err)
		}
	}
	switch {
	case missing == len(answers):
		return Seen{State: Absent, Newest: map[string]Version{}}, nil
	case refused == len(answers):
		return Seen{State: Unknown, Refused: refusal, Newest: map[string]Version{}}, nil
	case refused > 0:
		return Seen{}, refusal
	}
	seen.State = Ours
	if !seen.Settings.plainETags() {
		for key, v := range seen.Newest {
			v.MD5 = ""
			seen.Newest[key] = v
		}
	}
	return seen, nil
}

func isMissing(err error) bool { return codeOf(err) == noSuchBucket }

// isRefused says whether S3 would not tell. A bucket that lies in another region than its name says redirects, or calls
// the signature's region wrong; whose it is, only CreateBucket tells there too.
func isRefused(err error) bool {
	switch codeOf(err) {
	case accessDenied, "PermanentRedirect", "AuthorizationHeaderMalformed":
		return true
	}
	return false
}

func (s *Store) reads(prefix string, seen Seen) []read {
	return []read{
		{"public access block", "NoSuchPublicAccessBlockConfiguration", s.readPublicAccess},
		{"ownership controls", "OwnershipControlsNotFoundError", s.readOwnership},
		{"encryption", "ServerSideEncryptionConfigurationNotFoundError", s.readEncryption},
		{"versioning", "", s.readVersioning},
		{"policy", "NoSuchBucketPolicy", s.readPolicy},
		{"lifecycle", "NoSuchLifecycleConfiguration", s.readLifecycle},
		{"object versions", "", func(ctx context.Context, _ *Settings) error {
			return s.readVersions(ctx, prefix, seen)
		}},
	}
}

func (s *Store) readPublicAccess(ctx context.Context, set *Settings) error {
	out, err := s.client.GetPublicAccessBlock(ctx,
		&s3.GetPublicAccessBlockInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	if err == nil {
		set.PublicAccess = out.PublicAccessBlockConfiguration
	}
	return err
}

func (s *Store) readOwnership(ctx context.Context, set *Settings) error {
	out, err := s.client.GetBucketOwnershipControls(ctx,
		&s3.GetBucketOwnershipControlsInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	if err == nil && out.OwnershipControls != nil && len(out.OwnershipControls.Rules) > 0 {
		set.Ownership = out.OwnershipControls.Rules[0].ObjectOwnership
	}
	return err
}

func (s *Store) readEncryption(ctx context.Context, set *Settings) error {
	out, err := s.client.GetBucketEncryption(ctx,
		&s3.GetBucketEncryptionInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	if err != nil || out.ServerSideEncryptionConfiguration == nil {
		return err
	}
	if rules := out.ServerSideEncryptionConfiguration.Rules; len(rules) > 0 {
		set.Encryption = &rules[0] // S3 takes one rule and no more
	}
	return nil
}

func (s *Store) readVersioning(ctx context.Context, set *Settings) error {
	out, err := s.client.GetBucketVersioning(ctx,
		&s3.GetBucketVersioningInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	if err == nil {
		set.Versioning = out.Status
	}
	return err
}

func (s *Store) readPolicy(ctx context.Context, set *Settings) error {
	out, err := s.client.GetBucketPolicy(ctx,
		&s3.GetBucketPolicyInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	if err == nil {
		set.Policy, err = ParsePolicy(aws.ToString(out.Policy))
	}
	return err
}

func (s *Store) readLifecycle(ctx context.Context, set *Settings) error {
	out, err := s.client.GetBucketLifecycleConfiguration(ctx,
		&s3.GetBucketLifecycleConfigurationInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	if err == nil {
		set.Lifecycle, set.MinimumSize = out.Rules, out.TransitionDefaultMinimumObjectSize
	}
	return err
}

// readVersions keeps the versions of each key under prefix. Of delete markers only the newest counts: one that hides the
// object is why the object is not there.
func (s *Store) readVersions(ctx context.Context, prefix string, seen Seen) error {
	return s.eachPage(ctx, prefix, func(page *s3.ListObjectVersionsOutput) {
		for _, v := range page.Versions {
			key, version := aws.ToString(v.Key), Version{ID: aws.ToString(v.VersionId), Size: aws.ToInt64(v.Size)}
			if !aws.ToBool(v.IsLatest) {
				seen.Older[key] = append(seen.Older[key], version)
				continue
			}
			version.MD5 = md5Of(aws.ToString(v.ETag))
			seen.Newest[key] = version
		}
		for _, m := range page.DeleteMarkers {
			if aws.ToBool(m.IsLatest) {
				seen.Newest[aws.ToString(m.Key)] = Version{ID: aws.ToString(m.VersionId), Deleted: true}
			}
		}
	})
}

// eachPage gives every page of ListObjectVersions under prefix; "" is the whole bucket.
func (s *Store) eachPage(ctx context.Context, prefix string, use func(*s3.ListObjectVersionsOutput)) error {
	pages := s3.NewListObjectVersionsPaginator(s.client, &s3.ListObjectVersionsInput{
		Bucket:              &s.bucket.Name,
		ExpectedBucketOwner: &s.bucket.Account,
		Prefix:              &prefix,
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return err
		}
		use(page)
	}
	return nil
}
