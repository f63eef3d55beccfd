package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
)

// versioningLimit is how long S3 may take to version a bucket after versioning was turned on (PutBucketVersioning's
// documentation: wait 15 minutes).
const versioningLimit = 15 * time.Minute

// Holds says whether the bucket has the digest's bytes under key at that version. Not found is no error, and a refusal
// neither: the checksum of an object under a KMS key takes kms:Decrypt to read (trap 57), and a HeadObject's 403 does
// not say what is missing. Then the archive counts as unknown, and sending it again is always right.
func (s *Store) Holds(ctx context.Context, key, versionID string, d artifact.Digest) (bool, error) {
	holds, err := s.head(ctx, key, versionID, d)
	if codeOf(err) == "Forbidden" || codeOf(err) == accessDenied {
		return false, nil
	}
	return holds, err
}

// head asks for the checksum of one version. A missing bucket answers like a missing key (trap 66): only Look tells
// those apart. A version that is a delete marker answers 405.
func (s *Store) head(ctx context.Context, key, versionID string, d artifact.Digest) (bool, error) {
	if !isVersion(versionID) {
		return false, nil
	}
	out, err := s.client.HeadObject(ctx, &s3.HeadObjectInput{
		Bucket:              &s.bucket.Name,
		ExpectedBucketOwner: &s.bucket.Account,
		Key:                 &key,
		VersionId:           &versionID,
		ChecksumMode:        types.ChecksumModeEnabled,
	})
	switch codeOf(err) {
	case "NotFound", "NoSuchKey", "NoSuchVersion", "MethodNotAllowed":
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for %s at version %s: %w", key, versionID, err)
	}
	return aws.ToString(out.ChecksumSHA256) == d.String(), nil
}

// PutArchive sends an archive, if it still is what was packed; if not, that is a *report.Problem. careful says that the
// bucket has only just begun to version: then the object counts when HeadObject finds it by its version (trap 44).
func (s *Store) PutArchive(ctx context.Context, a artifact.Archive, key string, careful bool) (artifact.Object, error) {
	body, err := a.Open()
	if err != nil {
		return artifact.Object{}, fmt.Errorf("opening %s.zip: %w", a.Name, err)
	}
	defer body.Close()
	digest, size, err := artifact.DigestFrom(body)
	if err != nil {
		return artifact.Object{}, fmt.Errorf("reading %s.zip: %w", a.Name, err)
	}
	if digest != a.Digest {
		return artifact.Object{}, changedOnDisk(a.Name+".zip", nil)
	}
	u := upload{name: a.Name + ".zip", key: key, contentType: "application/zip", body: body, size: size, digest: digest}
	id, err := s.send(ctx, u, careful)
	if err != nil {
		return artifact.Object{}, err
	}
	return artifact.Object{
		Name: a.Name, Bucket: s.bucket.Name, Key: key, VersionID: id, Digest: digest, Size: size, Uploaded: true,
	}, nil
}

// ErrChanged is behind the problem of an archive that is no longer what was packed. Whoever keeps archives between runs
// must forget that one, or the next run would send it again.
var ErrChanged = errors.New("the archive is not what was packed")

func changedOnDisk(name string, err error) error {
	return &report.Problem{
		Message: name + " changed on disk since it was packed",
		Hint:    "run this again: it packs the function anew",
		Code:    report.ExitFailed,
		Err:     errors.Join(ErrChanged, err),
	}
}

// upload is one object on its way.
type upload struct {
	name, key, contentType string

	body   io.ReadSeeker
	size   int64
	digest artifact.Digest
	quick  bool // somebody else soon reads it by its version: no HeadObject
}

// send uploads until the bucket gives a version that names the bytes for ever. A first upload without one, careful or
// not, shows that the bucket does not version yet.
func (s *Store) send(ctx context.Context, u upload, careful bool) (string, error) {
	p := patience{left: versioningLimit}
	for {
		id, err := s.put(ctx, u, careful)
		if err != nil {
			return "", err
		}
		there, err := s.arrived(ctx, u, id, careful)
		if there || err != nil {
			return id, err
		}
		careful = true
		s.young.Do(func() { s.sink.Tell(s.stillTurning()) })
		more, err := s.wait(ctx, &p)
		if err != nil {
			return "", err
		}
		if !more {
			return "", s.neverVersioned(u)
		}
	}
}

func (s *Store) stillTurning() report.Notice {
	return report.Notice{Text: fmt.Sprintf(
		"S3 is still turning on versioning for bucket %s, which may take up to 15 minutes: waiting", s.bucket.Name)}
}

func (s *Store) neverVersioned(u upload) error {
	return &report.Problem{
		Message: fmt.Sprintf("bucket %s still gives no lasting version of %s, 15 minutes after the first try",
			s.bucket.Name, u.name),
		Hint: "run this again: it goes on from here",
		Code: report.ExitFailed,
	}
}

func (s *Store) arrived(ctx context.Context, u upload, id string, careful bool) (bool, error) {
	if !careful || u.quick {
		return isVersion(id), nil
	}
	return s.head(ctx, u.key, id, u.digest)
}

// put sends the object in one request and returns the version ID as S3 gave it. The checksum is given, so the SDK
// computes none and sends the body plain; S3 refuses a body that does not match, and keeps the checksum for HeadObject.
// A bucket that was only just made may still be called missing: no version, then.
func (s *Store) put(ctx context.Context, u upload, careful bool) (string, error) {
	if _, err := u.body.Seek(0, io.SeekStart); err != nil {
		return "", fmt.Errorf("reading %s: %w", u.name, err)
	}
	out, err := s.client.PutObject(ctx, &s3.PutObjectInput{
		Bucket:              &s.bucket.Name,
		ExpectedBucketOwner: &s.bucket.Account,
		Key:                 &u.key,
		Body:                u.body,
		ContentLength:       &u.size,
		ContentType:         &u.contentType,
		ChecksumAlgorithm:   types.ChecksumAlgorithmSha256,
		ChecksumSHA256:      aws.String(u.digest.String()),
	})
	switch code := codeOf(err); {
	case code == noSuchBucket && careful:
		return "", nil
	case code == "BadDigest" || code == "XAmzContentSHA256Mismatch":
		return "", changedOnDisk(u.name, err)
	case err != nil:
		return "", fmt.Errorf("uploading %s: %w", u.name, err)
	}
	return aws.ToString(out.VersionId), nil
}
