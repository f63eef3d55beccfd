// Package store keeps plldb's bucket and what lies in it: it looks at the bucket, plans what must change, changes it,
// uploads archives and templates, and empties it. It knows nothing of what the objects are for.
//
// Every request whose input has ExpectedBucketOwner carries the account (trap 17), so a bucket of that name which
// somebody else owns answers 403 and is never read, written or emptied.
package store

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/report"
)

// Bucket says which bucket is meant.
type Bucket struct {
	Name      string
	Account   string // twelve digits: who must own it
	Region    string
	Partition string // aws, aws-cn, aws-us-gov, …: the second field of an ARN
}

// BucketName is the name of plldb's bucket in one account and region (R7).
func BucketName(region, account string) string {
	return "plldb-core-infrastructure-" + region + "-" + account
}

// arn is the bucket's own ARN, in whatever partition it lies (trap 15).
func (b Bucket) arn() string { return "arn:" + b.Partition + ":s3:::" + b.Name }

// Store speaks to one bucket. It may be used by several goroutines at once.
type Store struct {
	client *s3.Client
	bucket Bucket
	sink   report.Sink
	sleep  Sleep
	young  sync.Once // that versioning is slow to begin is said once, however many uploads wait for it
}

// Sleep waits for d, or returns the context's error as soon as that is done.
type Sleep func(ctx context.Context, d time.Duration) error

// Option changes what New makes.
type Option func(*Store)

// WithSink tells sink what is changed and what is waited for; without it nobody is told.
func WithSink(sink report.Sink) Option { return func(s *Store) { s.sink = sink } }

// WithSleep replaces the clock, so that a test need not wait.
func WithSleep(sleep Sleep) Option { return func(s *Store) { s.sleep = sleep } }

// New makes a Store. The client decides the endpoint, the region and the retries.
func New(client *s3.Client, b Bucket, options ...Option) *Store {
	s := &Store{client: client, bucket: b, sink: report.Discard{}, sleep: sleep}
	for _, option := range options {
		option(s)
	}
	return s
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// patience is how long something is still waited for: 1, 2, 4, 8 and then 15 seconds at a time, until none is left.
type patience struct{ last, left time.Duration }

// wait sleeps once more. It returns false when the patience is used up.
func (s *Store) wait(ctx context.Context, p *patience) (bool, error) {
	if p.left <= 0 {
		return false, nil
	}
	d := min(max(2*p.last, time.Second), 15*time.Second, p.left)
	p.last, p.left = d, p.left-d
	if err := s.sleep(ctx, d); err != nil {
		return false, err
	}
	return true, nil
}

// The error codes that decide something. HeadObject's answers have no body, so the SDK makes its codes from the status:
// NotFound, Forbidden, MethodNotAllowed.
const (
	accessDenied     = "AccessDenied"
	alreadyExists    = "BucketAlreadyExists"
	alreadyOwned     = "BucketAlreadyOwnedByYou"
	bucketNotEmpty   = "BucketNotEmpty"
	noSuchBucket     = "NoSuchBucket"
	operationAborted = "OperationAborted"
)

// codeOf returns the AWS error code in err's chain, or "".
func codeOf(err error) string {
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		return api.ErrorCode()
	}
	return ""
}
