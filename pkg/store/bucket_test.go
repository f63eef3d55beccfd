package store_test

import (
	"crypto/md5"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

// mustDo fails the test on an error.
func mustDo[T any](t *testing.T, out T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bucket is plldb's bucket at another door: whoever holds the key makes it, and sets and puts what they like.
type bucket struct {
	*s3.Client
	t    *testing.T
	name *string
}

// door is a bucket that may not be there.
func (w *world) door(key string, b store.Bucket) bucket {
	return bucket{w.client(key, b.Region), w.t, &b.Name}
}

// made is a bucket in Ireland as S3 makes it, with nothing set.
func (w *world) made(key string) bucket {
	w.t.Helper()
	b := w.door(key, ireland())
	out, err := b.CreateBucket(w.t.Context(), &s3.CreateBucketInput{
		Bucket:                    b.name,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	mustDo(w.t, out, err)
	return b
}

func (b bucket) versioning(status types.BucketVersioningStatus) {
	b.t.Helper()
	out, err := b.PutBucketVersioning(b.t.Context(), &s3.PutBucketVersioningInput{
		Bucket: b.name, VersioningConfiguration: &types.VersioningConfiguration{Status: status},
	})
	mustDo(b.t, out, err)
}

// encrypted sets the bucket's default encryption.
func (b bucket) encrypted(algorithm types.ServerSideEncryption) {
	b.t.Helper()
	rule := types.ServerSideEncryptionRule{
		ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: algorithm},
	}
	out, err := b.PutBucketEncryption(b.t.Context(), &s3.PutBucketEncryptionInput{
		Bucket: b.name, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{rule},
		},
	})
	mustDo(b.t, out, err)
}

func (b bucket) owned(by types.ObjectOwnership) {
	b.t.Helper()
	out, err := b.PutBucketOwnershipControls(b.t.Context(), &s3.PutBucketOwnershipControlsInput{
		Bucket: b.name, OwnershipControls: &types.OwnershipControls{
			Rules: []types.OwnershipControlsRule{{ObjectOwnership: by}},
		},
	})
	mustDo(b.t, out, err)
}

// denies sets a policy that forbids everybody some actions, on the bucket and on the keys that are given.
func (b bucket) denies(actions, keys string) {
	b.t.Helper()
	b.policy(fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":%s,`+
		`"Resource":["arn:aws:s3:::%s/%s"]}]}`, actions, *b.name, keys))
}

func (b bucket) policy(text string) {
	b.t.Helper()
	out, err := b.PutBucketPolicy(b.t.Context(), &s3.PutBucketPolicyInput{Bucket: b.name, Policy: &text})
	mustDo(b.t, out, err)
}

// put sends an object and returns its version, "" if it has none.
func (b bucket) put(key, text string) string {
	b.t.Helper()
	out, err := b.PutObject(b.t.Context(), &s3.PutObjectInput{
		Bucket: b.name, Key: &key, Body: strings.NewReader(text),
	})
	return aws.ToString(mustDo(b.t, out, err).VersionId)
}

// hide puts a delete marker before an object, and returns the marker's version.
func (b bucket) hide(key string) string {
	b.t.Helper()
	out, err := b.DeleteObject(b.t.Context(), &s3.DeleteObjectInput{Bucket: b.name, Key: &key})
	return *mustDo(b.t, out, err).VersionId
}

// text is what one version of an object holds.
func (b bucket) text(key, version string) string {
	b.t.Helper()
	out, err := b.GetObject(b.t.Context(), &s3.GetObjectInput{Bucket: b.name, Key: &key, VersionId: &version})
	text, err := io.ReadAll(mustDo(b.t, out, err).Body)
	return string(mustDo(b.t, text, err))
}

// versions are all versions and delete markers, "KEY@VERSION".
func (b bucket) versions() (all []string) {
	b.t.Helper()
	out, err := b.ListObjectVersions(b.t.Context(), &s3.ListObjectVersionsInput{Bucket: b.name})
	for _, v := range mustDo(b.t, out, err).Versions {
		all = append(all, *v.Key+"@"+*v.VersionId)
	}
	for _, m := range out.DeleteMarkers {
		all = append(all, *m.Key+"@"+*m.VersionId)
	}
	return all
}

func (b bucket) there() bool {
	_, err := b.HeadBucket(b.t.Context(), &s3.HeadBucketInput{Bucket: b.name})
	return err == nil
}

func md5Of(text string) string { return fmt.Sprintf("%x", md5.Sum([]byte(text))) }

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
	seen, err := s.Look(t.Context(), artifact.Prefix("0.1.0"))
	changes = store.Plan(mustDo(t, seen, err), b)
	justVersioned, err = s.Apply(t.Context(), changes)
	return changes, mustDo(t, justVersioned, err)
}

// settings are the bucket's as a Store sees them.
func (w *world) settings() store.Settings {
	w.t.Helper()
	seen, err := w.storeOf(ireland(), w.client(owner, "eu-west-1")).Look(w.t.Context(), artifact.Root)
	return mustDo(w.t, seen, err).Settings
}
