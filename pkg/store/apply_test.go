package store_test

import (
	"context"
	"errors"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

// settingUp are the writes that make a bucket, in order.
var settingUp = []string{
	"CreateBucket", "PutPublicAccessBlock", "PutBucketEncryption", "PutBucketVersioning", "PutBucketPolicy",
	"PutBucketLifecycleConfiguration",
}

func TestANewBucketGetsEverythingOnce(t *testing.T) {
	w, told := newWorld(t), &ears{}
	s := w.store(store.WithSink(told))
	changes, justVersioned := setUp(t, s, ireland())
	if got := w.writes(); !slices.Equal(got, settingUp) || !justVersioned {
		t.Errorf("wrote %v, want %v; just versioned: %v", got, settingUp, justVersioned)
	}
	for i, one := range heard[report.Changed](told) {
		if one.Thing != changes[i].Thing || one.Reason != changes[i].Reason {
			t.Errorf("told %v of %v", one, changes[i])
		}
	}
	if n := len(heard[report.Changed](told)); n != len(settingUp) {
		t.Errorf("told of %d changes", n)
	}
	if again, justVersioned := setUp(t, s, ireland()); len(again) != 0 || justVersioned { // R3
		t.Errorf("a second run would change %v", again)
	}
}

// Trap 43: a run that ended half-way is finished by the next, wherever it ended. Of a bucket that is just made S3
// itself sets the public access block, the encryption and the ownership; what is left is written.
func TestTrap43AHalfMadeBucketIsFinished(t *testing.T) {
	whole := newWorld(t)
	changes, _ := setUp(t, whole.store(), ireland())
	for made, left := range []int{6, 3, 3, 3, 2, 1} {
		w := newWorld(t)
		if _, err := w.store().Apply(t.Context(), changes[:made]); err != nil {
			t.Fatal(err)
		}
		if rest, _ := setUp(t, w.store(), ireland()); len(rest) != left {
			t.Errorf("after %d changes: %d more, want %d", made, len(rest), left)
		}
		if !reflect.DeepEqual(w.settings(), whole.settings()) {
			t.Errorf("after %d changes the bucket is not as a new one: %+v", made, w.settings())
		}
	}
}

// What somebody else set otherwise is set right, and what is theirs stays.
func TestABucketThatSomebodySetOtherwise(t *testing.T) {
	w := newWorld(t)
	b := w.made(owner)
	b.versioning(types.BucketVersioningStatusSuspended)
	b.encrypted(types.ServerSideEncryptionAwsKms)
	b.owned(types.ObjectOwnershipObjectWriter)
	b.policy(`{"Version":"2008-10-17","Id":"x","Statement":{"Sid":"Theirs","Effect":"Allow","Action":"s3:ListBucket",` +
		`"Principal":{"AWS":"999999999999"},"Resource":"arn:aws:s3:::` + *b.name + `"}}`)
	out, err := b.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: b.name})
	mustDo(t, out, err)
	rule, id, days := types.LifecycleRule{Status: types.ExpirationStatusEnabled}, "theirs", int32(1)
	//lint:ignore SA1019 the form of a rule that somebody made long ago
	rule.ID, rule.Prefix, rule.Expiration = &id, &id, &types.LifecycleExpiration{Days: &days}
	set, err := b.PutBucketLifecycleConfiguration(t.Context(), &s3.PutBucketLifecycleConfigurationInput{
		Bucket: b.name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{rule}},
		TransitionDefaultMinimumObjectSize: types.TransitionDefaultMinimumObjectSizeVariesByStorageClass,
	})
	mustDo(t, set, err)

	if _, justVersioned := setUp(t, w.store(), ireland()); !justVersioned {
		t.Error("it does not version yet, and nobody is told")
	}
	if rest, _ := setUp(t, w.store(), ireland()); len(rest) != 0 {
		t.Errorf("a second run would change %v", rest)
	}
	got := w.settings()
	if got.Encryption.ApplyServerSideEncryptionByDefault.SSEAlgorithm != types.ServerSideEncryptionAwsKms {
		t.Errorf("the encryption was weakened: %+v", got.Encryption)
	}
	if text := got.Policy.String(); !strings.Contains(text, "Theirs") || !strings.Contains(text, "PLLDBTLSOnly") {
		t.Errorf("policy %s", text)
	}
	if len(got.Lifecycle) != 2 || *got.Lifecycle[0].ID != id || *got.Lifecycle[0].Filter.Prefix != id ||
		*got.Lifecycle[0].Expiration.Days != days ||
		got.MinimumSize != types.TransitionDefaultMinimumObjectSizeVariesByStorageClass {
		t.Errorf("lifecycle %+v, %s", got.Lifecycle, got.MinimumSize)
	}
}

func TestApplyStopsAtTheFirstFailure(t *testing.T) {
	w := newWorld(t)
	w.refuses("PutBucketEncryption", 0, http.StatusForbidden, "AccessDenied")
	_, err := w.store().Apply(t.Context(), store.Plan(store.Seen{}, ireland()))
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), "setting the encryption of "+ireland().Name) {
		t.Errorf("got %v", err)
	}
	if got := w.writes(); got[len(got)-1] != "PutBucketEncryption" {
		t.Errorf("went on: %v", got)
	}
}

// Whatever is throttled, or takes effect without an answer, the SDK asks again, and the bucket is as a new one. An
// answer to CreateBucket that was lost is BucketAlreadyOwnedByYou at the second try.
func TestThrottlesAndLostAnswers(t *testing.T) {
	whole := newWorld(t)
	setUp(t, whole.store(), ireland())
	for _, operation := range append(slices.Clone(reads), settingUp...) {
		w := newWorld(t)
		w.refuses(operation, 1, http.StatusServiceUnavailable, "SlowDown")
		w.hurts(localcloud.Fault{Operation: operation, After: 1, Times: 1, Lose: true})
		setUp(t, w.store(), ireland())
		if n := w.count(operation); n < 3 {
			t.Errorf("%s was asked %d times", operation, n)
		}
		if !reflect.DeepEqual(w.settings(), whole.settings()) {
			t.Errorf("%s: the bucket is not as a new one: %+v", operation, w.settings())
		}
	}
}

// Traps 41 and 45: S3 is still at work on the bucket, or on the deletion of one of that name. It is waited for.
func TestTrap41And45AbortedWritesAreRepeated(t *testing.T) {
	for _, operation := range []string{"CreateBucket", "PutBucketPolicy"} {
		t.Run(operation, func(t *testing.T) {
			w, told := newWorld(t), &ears{}
			w.refuses(operation, 2, http.StatusConflict, "OperationAborted")
			setUp(t, w.store(store.WithSink(told)), ireland())
			if n := w.count(operation); n != 3 {
				t.Errorf("asked %d times", n)
			}
			if n := len(heard[report.Notice](told)); n != 1 {
				t.Errorf("%d notices", n)
			}
		})
	}
}

func TestTrap41WaitingIsBounded(t *testing.T) {
	w := newWorld(t)
	w.refuses("CreateBucket", 0, http.StatusConflict, "OperationAborted")
	var waited []time.Duration
	s := w.store(store.WithSleep(note(&waited)))
	_, err := s.Apply(t.Context(), store.Plan(store.Seen{}, ireland()))
	if p, ok := errors.AsType[*report.Problem](err); !ok || p.Hint == "" || codeOf(err) != "OperationAborted" {
		t.Errorf("got %v", err)
	}
	if sum(waited) != 2*time.Minute || waited[0] != time.Second || slices.Max(waited) != 15*time.Second {
		t.Errorf("waited %v, %v in all", waited, sum(waited))
	}
}

// The real clock waits for the second try, and not a moment longer than the context lasts.
func TestApplyStopsWaitingWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := openWorld(t, 0)
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		w.refuses("CreateBucket", 0, http.StatusConflict, "OperationAborted")
		began := time.Now()
		s := store.New(w.client(plldb, "eu-west-1"), ireland())
		_, err := s.Apply(ctx, store.Plan(store.Seen{}, ireland()))
		if waited := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || waited != 1500*time.Millisecond {
			t.Errorf("got %v after %v", err, waited)
		}
		if n := w.count("CreateBucket"); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A bucket just made may still be called missing by the next write; one that was there may not.
func TestANewBucketMayStillBeCalledMissing(t *testing.T) {
	w := newWorld(t)
	w.refuses("PutPublicAccessBlock", 1, http.StatusNotFound, "NoSuchBucket")
	if _, err := w.store().Apply(t.Context(), store.Plan(store.Seen{}, ireland())); err != nil {
		t.Error(err)
	}
	w = newWorld(t)
	_, err := w.store().Apply(t.Context(), store.Plan(store.Seen{State: store.Ours}, ireland()))
	if codeOf(err) != "NoSuchBucket" || len(w.writes()) != 1 {
		t.Errorf("got %v after %v", err, w.writes())
	}
}

// Trap 46: a name that another account holds refuses every read; CreateBucket says so, and nothing is sent after it.
func TestTrap46SomebodyElsesBucketIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	w.made(other)
	seen, err := w.store().Look(t.Context(), artifact.Root)
	_, err = w.store().Apply(t.Context(), store.Plan(mustDo(t, seen, err), ireland()))
	p, ok := errors.AsType[*report.Problem](err)
	if !ok || p.Code != report.ExitFailed || !strings.Contains(p.Message, ireland().Name) || p.Hint == "" {
		t.Errorf("got %v", err)
	}
	if got := w.writes(); !slices.Equal(got, []string{"CreateBucket"}) {
		t.Errorf("sent %v", got)
	}
}

// Trap 46: the bucket is ours, but nothing of it may be read. CreateBucket says so, in us-east-1 by a plain 200.
// Settings are not written blindly.
func TestTrap46OursButUnreadable(t *testing.T) {
	for _, b := range []store.Bucket{ireland(), bucketIn("us-east-1", "aws")} {
		t.Run(b.Region, func(t *testing.T) {
			w := newWorld(t)
			setUp(t, w.storeOf(b, w.client(owner, b.Region)), b)
			w.door(owner, b).policy(`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",` +
				`"Action":["s3:Get*","s3:List*"],"Resource":"arn:aws:s3:::` + b.Name + `"}]}`)
			s := w.storeOf(b, w.client(plldb, b.Region))
			seen, err := s.Look(t.Context(), artifact.Root)
			if mustDo(t, seen, err).State != store.Unknown {
				t.Fatalf("state %v", seen.State)
			}
			_, err = s.Apply(t.Context(), store.Plan(seen, b))
			if codeOf(err) != "AccessDenied" {
				t.Errorf("got %v", err)
			}
			if got := w.writes(); !slices.Equal(got, []string{"CreateBucket"}) {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// Trap 46: it could be read after all: then what is there decides.
func TestTrap46OursAndReadableAtTheSecondLook(t *testing.T) {
	w := newWorld(t)
	w.made(owner).versioning(types.BucketVersioningStatusEnabled)
	justVersioned, err := w.store().Apply(t.Context(), store.Plan(store.Seen{State: store.Unknown}, ireland()))
	if err != nil || justVersioned {
		t.Errorf("just versioned: %v, %v", justVersioned, err)
	}
	want := []string{"CreateBucket", "PutBucketPolicy", "PutBucketLifecycleConfiguration"}
	if got := w.writes(); !slices.Equal(got, want) {
		t.Errorf("wrote %v, want %v", got, want)
	}
}

// Two runs set up the same new bucket side by side: both succeed, and it is as one would have made it (traps 45, 46).
func TestTwoRunsAtOnce(t *testing.T) {
	alone, w := newWorld(t), newWorld(t)
	setUp(t, alone.store(), ireland())
	var runs sync.WaitGroup
	for range 2 {
		s := w.store()
		plan := store.Plan(store.Seen{State: store.Absent}, ireland())
		runs.Go(func() {
			if justVersioned, err := s.Apply(t.Context(), plan); err != nil || !justVersioned {
				t.Errorf("just versioned: %v, %v", justVersioned, err)
			}
		})
	}
	runs.Wait()
	if !reflect.DeepEqual(w.settings(), alone.settings()) {
		t.Error("the bucket is not as one run makes it")
	}
	if left, _ := setUp(t, w.store(), ireland()); len(left) != 0 {
		t.Errorf("left to do: %v", left)
	}
}

// note is a clock that keeps how long it was asked to wait, and does not.
func note(waited *[]time.Duration) store.Sleep {
	return func(_ context.Context, d time.Duration) error {
		*waited = append(*waited, d)
		return nil
	}
}

func sum(ds []time.Duration) (all time.Duration) {
	for _, d := range ds {
		all += d
	}
	return all
}
