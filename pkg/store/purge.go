package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
)

// Purged is what a purge did.
type Purged struct {
	Missing       bool // there was no bucket
	BucketDeleted bool
	Versions      int      // object versions removed
	Markers       int      // delete markers removed
	Foreign       int      // versions and delete markers of other keys: they stay, and so does the bucket
	ForeignKeys   []string // the first few of those keys
}

const (
	foreignKeys   = 5               // enough to know whose they are
	emptyingLimit = 1 * time.Minute // how long an emptied bucket may be called not empty
)

// Purge removes every version and delete marker that some version of plldb put into the bucket, and then the bucket, if
// nothing else is in it. Run again after any failure it goes on; a missing bucket is nothing to do. Call it when no
// stack needs the archives any more.
func (s *Store) Purge(ctx context.Context) (Purged, error) {
	var done Purged
	p := patience{left: emptyingLimit}
	for {
		over, err := s.purgeOnce(ctx, &done)
		if over || err != nil {
			return done, err
		}
		more, err := s.wait(ctx, &p)
		if err != nil {
			return done, err
		}
		if !more {
			return done, s.neverEmpty()
		}
	}
}

// purgeOnce looks, removes and deletes the bucket. It is not over when S3 does not find the bucket empty: somebody has
// put something there, or it still counts what was removed.
func (s *Store) purgeOnce(ctx context.Context, done *Purged) (over bool, err error) {
	found, err := s.contents(ctx)
	if isMissing(err) {
		done.BucketDeleted = done.Versions+done.Markers > 0
		done.Missing = !done.BucketDeleted
		return true, nil
	}
	if err != nil {
		return false, err
	}
	done.Foreign, done.ForeignKeys = found.foreign, found.foreignKeys
	if err := s.remove(ctx, found.ours, done); err != nil || found.foreign > 0 {
		return err == nil, err
	}
	done.BucketDeleted, err = s.deleteBucket(ctx)
	return done.BucketDeleted, err
}

// deleteBucket returns false when there is more to remove first.
func (s *Store) deleteBucket(ctx context.Context) (bool, error) {
	_, err := s.client.DeleteBucket(ctx,
		&s3.DeleteBucketInput{Bucket: &s.bucket.Name, ExpectedBucketOwner: &s.bucket.Account})
	switch codeOf(err) {
	case noSuchBucket:
		return true, nil
	case bucketNotEmpty, operationAborted:
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("deleting bucket %s: %w", s.bucket.Name, err)
	}
	return true, nil
}

func (s *Store) neverEmpty() error {
	return &report.Problem{
		Message: fmt.Sprintf("bucket %s was emptied, but S3 does not delete it", s.bucket.Name),
		Hint:    "somebody else may be writing to it; run this again later, it goes on from here",
		Code:    report.ExitFailed,
	}
}

// entry is an object version or a delete marker.
type entry struct {
	key, version string
	marker       bool
}

// contents is all that the bucket holds.
type contents struct {
	ours        []entry
	foreign     int
	foreignKeys []string
}

func (c *contents) add(e entry) {
	if artifact.IsOurs(e.key) {
		c.ours = append(c.ours, e)
		return
	}
	c.foreign++
	if len(c.foreignKeys) < foreignKeys && !slices.Contains(c.foreignKeys, e.key) {
		c.foreignKeys = append(c.foreignKeys, e.key)
	}
}

func (s *Store) contents(ctx context.Context) (contents, error) {
	var c contents
	err := s.eachPage(ctx, "", func(page *s3.ListObjectVersionsOutput) {
		for _, v := range page.Versions {
			c.add(entry{key: aws.ToString(v.Key), version: aws.ToString(v.VersionId)})
		}
		for _, m := range page.DeleteMarkers {
			c.add(entry{key: aws.ToString(m.Key), version: aws.ToString(m.VersionId), marker: true})
		}
	})
	if err != nil {
		return contents{}, fmt.Errorf("listing bucket %s: %w", s.bucket.Name, err)
	}
	return c, nil
}
