package store

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Burst is how many requests a Look sends at once.
const Burst = 7

// Exists says whether the bucket is there and this account's (S3 HeadBucket, whose answers have no body).
func (s *Store) Exists(ctx context.Context) (bool, error) {
	in := &s3.HeadBucketInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account}
	_, err := s.client.HeadBucket(ctx, in)
	switch codeOf(err) {
	case "NotFound", noSuchBucket:
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking for bucket %s: %w", s.bucket.Name, err)
	}
	return true, nil
}
