package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// deleteBatch is what DeleteObjects takes at most.
const deleteBatch = 1000

// remove deletes the entries in batches and counts what went.
func (s *Store) remove(ctx context.Context, entries []entry, done *Purged) error {
	for batch := range slices.Chunk(entries, deleteBatch) {
		stuck, err := s.removeBatch(ctx, batch)
		if err != nil {
			return fmt.Errorf("removing %d objects from bucket %s: %w", len(batch), s.bucket.Name, err)
		}
		for _, e := range batch {
			switch {
			case isAmong(stuck, e):
			case e.marker:
				done.Markers++
			default:
				done.Versions++
			}
		}
		if len(stuck) > 0 {
			return s.notRemoved(stuck)
		}
	}
	return nil
}

// removeBatch tries once more, after a second, what S3 could not do just then. Its error is that of a request; what is
// stuck comes back beside it.
func (s *Store) removeBatch(ctx context.Context, batch []entry) ([]types.Error, error) {
	stuck, err := s.deleteObjects(ctx, batch)
	if err != nil || !slices.ContainsFunc(stuck, passes) {
		return stuck, err
	}
	if err := s.sleep(ctx, time.Second); err != nil {
		return nil, err
	}
	again := slices.DeleteFunc(slices.Clone(batch), func(e entry) bool { return !isAmong(stuck, e) })
	return s.deleteObjects(ctx, again)
}

// deleteObjects returns the errors that stand in an answer of 200 (traps 11, 41).
func (s *Store) deleteObjects(ctx context.Context, batch []entry) ([]types.Error, error) {
	objects := make([]types.ObjectIdentifier, len(batch))
	for i, e := range batch {
		objects[i] = types.ObjectIdentifier{Key: aws.String(e.key), VersionId: aws.String(e.version)}
	}
	out, err := s.client.DeleteObjects(ctx, &s3.DeleteObjectsInput{
		Bucket:              &s.bucket.Name,
		ExpectedBucketOwner: &s.bucket.Account,
		Delete:              &types.Delete{Objects: objects, Quiet: aws.Bool(true)},
	})
	if err != nil {
		return nil, err
	}
	return out.Errors, nil
}

func passes(e types.Error) bool {
	switch aws.ToString(e.Code) {
	case "InternalError", "SlowDown", "ServiceUnavailable":
		return true
	}
	return false
}

func isAmong(stuck []types.Error, e entry) bool {
	return slices.ContainsFunc(stuck, func(s types.Error) bool {
		return aws.ToString(s.Key) == e.key && aws.ToString(s.VersionId) == e.version
	})
}

// notRemoved is what S3 said of the first one, in the form of any other AWS error.
func (s *Store) notRemoved(stuck []types.Error) error {
	first, others := stuck[0], ""
	if n := len(stuck) - 1; n > 0 {
		others = fmt.Sprintf(" (and %d more)", n)
	}
	return fmt.Errorf("removing %s, version %s%s, from bucket %s: %w",
		aws.ToString(first.Key), aws.ToString(first.VersionId), others, s.bucket.Name,
		&smithy.OperationError{ServiceID: s3.ServiceID, OperationName: "DeleteObjects", Err: &smithy.GenericAPIError{
			Code: aws.ToString(first.Code), Message: aws.ToString(first.Message), Fault: smithy.FaultClient,
		}})
}
