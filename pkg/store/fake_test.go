package store_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

const account = "123456789012"

func ireland() store.Bucket {
	return store.Bucket{
		Name: store.BucketName("eu-west-1", account), Account: account, Region: "eu-west-1", Partition: "aws",
	}
}

// region is an S3 that knows one bucket name.
type region struct {
	*fakeaws.Cloud
	gate sync.Mutex // held while a setting is written: a second write meanwhile is aborted (trap 45)

	mu        sync.Mutex
	owner     string // "" when there is no bucket
	public    *types.PublicAccessBlockConfiguration
	crypt     *types.ServerSideEncryptionConfiguration
	ownership types.ObjectOwnership
	status    types.BucketVersioningStatus
	policy    string
	rules     []types.LifecycleRule
	objects   []object // newest last
	made      int
	late      int // so many uploads still get no version after versioning was turned on
	page      int // versions and delete markers a page
}

type object struct {
	key, id, digest string
	size            int64
	marker          bool
}

func newRegion() *region {
	r := &region{page: 1000}
	r.Cloud = fakeaws.New(map[string]fakeaws.Answer{
		"S3.GetPublicAccessBlock":            r.read(r.getPublicAccess),
		"S3.GetBucketEncryption":             r.read(r.getEncryption),
		"S3.GetBucketOwnershipControls":      r.read(r.getOwnership),
		"S3.GetBucketVersioning":             r.read(r.getVersioning),
		"S3.GetBucketPolicy":                 r.read(r.getPolicy),
		"S3.GetBucketLifecycleConfiguration": r.read(r.getLifecycle),
		"S3.ListObjectVersions":              r.read(r.list),
		"S3.CreateBucket":                    r.set(r.create),
		"S3.PutPublicAccessBlock":            r.set(r.read(r.put)),
		"S3.PutBucketEncryption":             r.set(r.read(r.put)),
		"S3.PutBucketOwnershipControls":      r.set(r.read(r.put)),
		"S3.PutBucketVersioning":             r.set(r.read(r.put)),
		"S3.PutBucketPolicy":                 r.set(r.read(r.put)),
		"S3.PutBucketLifecycleConfiguration": r.set(r.read(r.put)),
		"S3.DeleteBucket":                    r.set(r.read(r.deleteBucket)),
		"S3.PutObject":                       r.read(r.putObject),
		"S3.HeadObject":                      r.read(r.head),
		"S3.DeleteObjects":                   r.read(r.deleteObjects),
	})
	return r
}

func (r *region) store(options ...store.Option) *store.Store { return r.storeOf(ireland(), options...) }

// storeOf makes a Store that waits only until nobody writes a setting.
func (r *region) storeOf(b store.Bucket, options ...store.Option) *store.Store {
	wait := func(ctx context.Context, _ time.Duration) error {
		r.gate.Lock()
		defer r.gate.Unlock()
		return ctx.Err()
	}
	return store.New(s3.NewFromConfig(r.Config()), b, append([]store.Option{store.WithSleep(wait)}, options...)...)
}

// read answers under the lock, if the bucket is there and the caller's.
func (r *region) read(answer func(in any) (any, error)) fakeaws.Answer {
	return func(_ context.Context, in any) (any, error) {
		r.mu.Lock()
		defer r.mu.Unlock()
		switch r.owner {
		case "":
			return nil, fakeaws.Error("NoSuchBucket", "The specified bucket does not exist")
		case account:
			return answer(in)
		}
		return nil, fakeaws.Error("AccessDenied", "Access Denied")
	}
}

// set aborts a write that comes while another is under way.
func (r *region) set(answer fakeaws.Answer) fakeaws.Answer {
	return func(ctx context.Context, in any) (any, error) {
		if !r.gate.TryLock() {
			return nil, fakeaws.Error("OperationAborted", "A conflicting conditional operation is in progress")
		}
		defer r.gate.Unlock()
		return answer(ctx, in)
	}
}

func (r *region) create(_ context.Context, in any) (any, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch r.owner {
	case "":
		r.owner, r.ownership = account, in.(*s3.CreateBucketInput).ObjectOwnership
		return &s3.CreateBucketOutput{}, nil
	case account:
		return nil, fakeaws.Error("BucketAlreadyOwnedByYou", "you already own it")
	}
	return nil, fakeaws.Error("BucketAlreadyExists", "The requested bucket name is not available")
}

func (r *region) put(in any) (any, error) {
	switch in := in.(type) {
	case *s3.PutPublicAccessBlockInput:
		r.public = in.PublicAccessBlockConfiguration
		return &s3.PutPublicAccessBlockOutput{}, nil
	case *s3.PutBucketEncryptionInput:
		r.crypt = in.ServerSideEncryptionConfiguration
		return &s3.PutBucketEncryptionOutput{}, nil
	case *s3.PutBucketOwnershipControlsInput:
		r.ownership = in.OwnershipControls.Rules[0].ObjectOwnership
		return &s3.PutBucketOwnershipControlsOutput{}, nil
	case *s3.PutBucketVersioningInput:
		r.status = in.VersioningConfiguration.Status
		return &s3.PutBucketVersioningOutput{}, nil
	case *s3.PutBucketPolicyInput:
		r.policy = *in.Policy
		return &s3.PutBucketPolicyOutput{}, nil
	case *s3.PutBucketLifecycleConfigurationInput:
		r.rules = in.LifecycleConfiguration.Rules
		return &s3.PutBucketLifecycleConfigurationOutput{}, nil
	}
	return nil, fmt.Errorf("not faked: %T", in)
}

func (r *region) getPublicAccess(any) (any, error) {
	if r.public == nil {
		return nil, fakeaws.Error("NoSuchPublicAccessBlockConfiguration", "")
	}
	return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: r.public}, nil
}

func (r *region) getEncryption(any) (any, error) {
	if r.crypt == nil {
		return nil, fakeaws.Error("ServerSideEncryptionConfigurationNotFoundError", "")
	}
	return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: r.crypt}, nil
}

func (r *region) getOwnership(any) (any, error) {
	if r.ownership == "" {
		return nil, fakeaws.Error("OwnershipControlsNotFoundError", "")
	}
	return &s3.GetBucketOwnershipControlsOutput{OwnershipControls: &types.OwnershipControls{
		Rules: []types.OwnershipControlsRule{{ObjectOwnership: r.ownership}},
	}}, nil
}

func (r *region) getVersioning(any) (any, error) {
	return &s3.GetBucketVersioningOutput{Status: r.status}, nil
}

func (r *region) getPolicy(any) (any, error) {
	if r.policy == "" {
		return nil, fakeaws.Error("NoSuchBucketPolicy", "")
	}
	return &s3.GetBucketPolicyOutput{Policy: &r.policy}, nil
}

func (r *region) getLifecycle(any) (any, error) {
	if r.rules == nil {
		return nil, fakeaws.Error("NoSuchLifecycleConfiguration", "")
	}
	return &s3.GetBucketLifecycleConfigurationOutput{Rules: r.rules}, nil
}

// ears hears what a Store tells.
type ears struct {
	mu     sync.Mutex
	events []report.Event
}

func (e *ears) Tell(event report.Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.events = append(e.events, event)
}

// heard returns the events of one type.
func heard[E report.Event](e *ears) (all []E) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, event := range e.events {
		if one, is := event.(E); is {
			all = append(all, one)
		}
	}
	return all
}

// setUp looks, plans and applies, as a run does.
func setUp(t *testing.T, s *store.Store, b store.Bucket) (changes []store.Change, justVersioned bool) {
	t.Helper()
	seen, err := s.Look(t.Context(), "plldb/versions/0.1.0/")
	if err != nil {
		t.Fatal(err)
	}
	changes = store.Plan(seen, b)
	justVersioned, err = s.Apply(t.Context(), changes)
	if err != nil {
		t.Fatal(err)
	}
	return changes, justVersioned
}
