package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/store"
)

// writes are the requests that a store sent after its look.
func writes(r *region) []string {
	return slices.DeleteFunc(r.Operations(), func(name string) bool { return slices.Contains(reads, name) })
}

func TestANewBucketGetsEverythingOnce(t *testing.T) {
	r, told := newRegion(), &ears{}
	s := r.store(store.WithSink(told))
	changes, justVersioned := setUp(t, s, ireland())
	want := []string{
		"S3.CreateBucket", "S3.PutPublicAccessBlock", "S3.PutBucketEncryption", "S3.PutBucketVersioning",
		"S3.PutBucketPolicy", "S3.PutBucketLifecycleConfiguration",
	}
	if got := writes(r); !slices.Equal(got, want) || !justVersioned {
		t.Errorf("wrote %v, want %v; just versioned: %v", got, want, justVersioned)
	}
	for i, one := range heard[report.Changed](told) {
		if one.Thing != changes[i].Thing || one.Reason != changes[i].Reason {
			t.Errorf("told %v of %v", one, changes[i])
		}
	}
	if n := len(heard[report.Changed](told)); n != len(want) {
		t.Errorf("told of %d changes", n)
	}
	if again, justVersioned := setUp(t, s, ireland()); len(again) != 0 || justVersioned { // R3
		t.Errorf("a second run would change %v", again)
	}
}

// Trap 43: a run that ended half-way is finished by the next, wherever it ended.
func TestTrap43AHalfMadeBucketIsFinished(t *testing.T) {
	whole := newRegion()
	changes, _ := setUp(t, whole.store(), ireland())
	for made := range len(changes) {
		r := newRegion()
		if _, err := r.store().Apply(t.Context(), changes[:made]); err != nil {
			t.Fatal(err)
		}
		rest, _ := setUp(t, r.store(), ireland())
		if len(rest) != len(changes)-made {
			t.Errorf("after %d changes: %d more, want %d", made, len(rest), len(changes)-made)
		}
		if r.policy != whole.policy || r.status != whole.status || !reflect.DeepEqual(r.rules, whole.rules) ||
			!reflect.DeepEqual(r.public, whole.public) || !reflect.DeepEqual(r.crypt, whole.crypt) ||
			r.ownership != whole.ownership {
			t.Errorf("after %d changes the bucket is not as a new one", made)
		}
	}
}

func TestApplyStopsAtTheFirstFailure(t *testing.T) {
	r := newRegion()
	r.On("S3.PutBucketEncryption", fakeaws.Fails("AccessDenied", "no s3:PutEncryptionConfiguration"))
	_, err := r.store().Apply(t.Context(), store.Plan(store.Seen{}, ireland()))
	if codeOf(err) != "AccessDenied" || !strings.Contains(err.Error(), "setting the encryption of "+ireland().Name) {
		t.Errorf("got %v", err)
	}
	if got := writes(r); got[len(got)-1] != "S3.PutBucketEncryption" {
		t.Errorf("went on: %v", got)
	}
}

// Traps 41 and 45: S3 is still at work on the bucket, or on the deletion of one of that name. It is waited for.
func TestTrap41And45AbortedWritesAreRepeated(t *testing.T) {
	aborted := fakeaws.Fails("OperationAborted", "A conflicting conditional operation is currently in progress")
	for _, operation := range []string{"S3.CreateBucket", "S3.PutBucketPolicy"} {
		t.Run(operation, func(t *testing.T) {
			r, told := newRegion(), &ears{}
			succeed := fakeaws.Always(&s3.PutBucketPolicyOutput{})
			if operation == "S3.CreateBucket" {
				succeed = r.create
			}
			r.On(operation, fakeaws.InTurn(aborted, aborted, succeed))
			setUp(t, r.store(store.WithSink(told)), ireland())
			if n := count(r, operation); n != 3 {
				t.Errorf("asked %d times", n)
			}
			if n := len(heard[report.Notice](told)); n != 1 {
				t.Errorf("%d notices", n)
			}
		})
	}
}

func TestTrap41WaitingIsBounded(t *testing.T) {
	r := newRegion()
	r.On("S3.CreateBucket", fakeaws.Fails("OperationAborted", ""))
	var waited []time.Duration
	s := r.store(store.WithSleep(note(&waited)))
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
		r := newRegion()
		ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
		defer cancel()
		r.On("S3.CreateBucket", fakeaws.Fails("OperationAborted", ""))
		began := time.Now()
		s := store.New(s3.NewFromConfig(r.Config()), ireland())
		_, err := s.Apply(ctx, store.Plan(store.Seen{}, ireland()))
		if waited := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || waited != 1500*time.Millisecond {
			t.Errorf("got %v after %v", err, waited)
		}
		if n := count(r, "S3.CreateBucket"); n != 2 {
			t.Errorf("asked %d times", n)
		}
	})
}

// A bucket just made may still be called missing by the next write; one that was there may not.
func TestANewBucketMayStillBeCalledMissing(t *testing.T) {
	r := newRegion()
	missing := fakeaws.Fails("NoSuchBucket", "")
	r.On("S3.PutPublicAccessBlock", fakeaws.InTurn(missing, fakeaws.Always(&s3.PutPublicAccessBlockOutput{})))
	if _, err := r.store().Apply(t.Context(), store.Plan(store.Seen{}, ireland())); err != nil {
		t.Error(err)
	}
	r.On("S3.PutPublicAccessBlock", missing)
	_, err := r.store().Apply(t.Context(), store.Plan(store.Seen{State: store.Ours}, ireland()))
	if codeOf(err) != "NoSuchBucket" || count(r, "S3.PutPublicAccessBlock") != 3 {
		t.Errorf("got %v after %v", err, writes(r))
	}
}

// Trap 46: a name that another account holds refuses every read; CreateBucket says so, and nothing is sent after it.
func TestTrap46SomebodyElsesBucketIsLeftAlone(t *testing.T) {
	r := newRegion()
	r.owner = "999999999999"
	seen, err := r.store().Look(t.Context(), "plldb/versions/0.1.0/")
	if err != nil {
		t.Fatal(err)
	}
	_, err = r.store().Apply(t.Context(), store.Plan(seen, ireland()))
	p, ok := errors.AsType[*report.Problem](err)
	if !ok || p.Code != report.ExitFailed || !strings.Contains(p.Message, ireland().Name) || p.Hint == "" {
		t.Errorf("got %v", err)
	}
	if got := writes(r); !slices.Equal(got, []string{"S3.CreateBucket"}) {
		t.Errorf("sent %v", got)
	}
}

// Trap 46: the bucket is ours, but nothing of it may be read. Settings are not written blindly.
func TestTrap46OursButUnreadable(t *testing.T) {
	for name, create := range map[string]fakeaws.Answer{
		"BucketAlreadyOwnedByYou": fakeaws.Fails("BucketAlreadyOwnedByYou", ""),
		"us-east-1's 200":         fakeaws.Always(&s3.CreateBucketOutput{}),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRegion()
			r.owner = "999999999999"
			r.On("S3.CreateBucket", create)
			_, err := r.store().Apply(t.Context(), store.Plan(store.Seen{State: store.Unknown}, ireland()))
			if codeOf(err) != "AccessDenied" {
				t.Errorf("got %v", err)
			}
			if got := writes(r); !slices.Equal(got, []string{"S3.CreateBucket"}) {
				t.Errorf("sent %v", got)
			}
		})
	}
}

// Trap 46: it could be read after all: then what is there decides.
func TestTrap46OursAndReadableAtTheSecondLook(t *testing.T) {
	r := newRegion()
	r.owner, r.status = account, types.BucketVersioningStatusEnabled
	unread := store.Plan(store.Seen{State: store.Unknown}, ireland())
	justVersioned, err := r.store().Apply(t.Context(), unread)
	if err != nil || justVersioned {
		t.Errorf("just versioned: %v, %v", justVersioned, err)
	}
	if r.public == nil || r.policy == "" || slices.Contains(writes(r), "S3.PutBucketVersioning") {
		t.Errorf("wrote %v", writes(r))
	}
}

// Two runs set up the same new bucket side by side: both succeed, and it is as one would have made it (traps 45, 46).
func TestTwoRunsAtOnce(t *testing.T) {
	alone, r := newRegion(), newRegion()
	setUp(t, alone.store(), ireland())
	var runs sync.WaitGroup
	for range 2 {
		s := r.store()
		plan := store.Plan(store.Seen{State: store.Absent}, ireland())
		runs.Go(func() {
			if justVersioned, err := s.Apply(t.Context(), plan); err != nil || !justVersioned {
				t.Errorf("just versioned: %v, %v", justVersioned, err)
			}
		})
	}
	runs.Wait()
	if r.policy != alone.policy || !reflect.DeepEqual(r.rules, alone.rules) || r.ownership != alone.ownership {
		t.Error("the bucket is not as one run makes it")
	}
	if left, _ := setUp(t, r.store(), ireland()); len(left) != 0 {
		t.Errorf("left to do: %v", left)
	}
}

func count(r *region, operation string) (n int) {
	for _, name := range r.Operations() {
		if name == operation {
			n++
		}
	}
	return n
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
