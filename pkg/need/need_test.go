package need_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plldb/plldb/pkg/need"
)

var errBroken = errors.New("broken")

// walk counts how often each function ran; the functions find it in the context, as targets find their Run.
type walk struct{ shared, left, right atomic.Int32 }

type walkKey struct{}

func counts(ctx context.Context) *walk { return ctx.Value(walkKey{}).(*walk) }

func shared(ctx context.Context) error { counts(ctx).shared.Add(1); return nil }

func left(ctx context.Context) error {
	if err := need.All(ctx, shared); err != nil {
		return err
	}
	counts(ctx).left.Add(1)
	return nil
}

func right(ctx context.Context) error {
	if err := need.All(ctx, shared); err != nil {
		return err
	}
	counts(ctx).right.Add(1)
	return nil
}

func broken(context.Context) error     { return errBroken }
func panicky(context.Context) error    { panic("no more") }
func onBroken(c context.Context) error { return after(c, broken) }
func onPanic(c context.Context) error  { return after(c, panicky) }

func after(ctx context.Context, first func(context.Context) error) error {
	if err := need.All(ctx, first); err != nil {
		return err
	}
	counts(ctx).left.Add(1)
	return nil
}

func waits(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func fresh(t *testing.T) (context.Context, *walk) {
	w := &walk{}
	return need.In(context.WithValue(t.Context(), walkKey{}, w), need.NewScope()), w
}

func TestSharedNeedRunsOncePerScope(t *testing.T) {
	for range 2 { // the second scope must not be answered from the first
		ctx, w := fresh(t)
		if err := need.All(ctx, left, right); err != nil {
			t.Fatal(err)
		}
		if got := [3]int32{w.shared.Load(), w.left.Load(), w.right.Load()}; got != [3]int32{1, 1, 1} {
			t.Errorf("runs of shared, left, right = %v, want one each", got)
		}
	}
}

func TestErrorKeepsItsIdentity(t *testing.T) {
	ctx, _ := fresh(t)
	if err := need.All(ctx, left, broken); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want errBroken behind it", err)
	}
}

// magefile/mage#371: what depends on something that failed must not run, however often it is asked for.
func TestNothingRunsPastAFailedNeed(t *testing.T) {
	for name, fn := range map[string]func(context.Context) error{"error": onBroken, "panic": onPanic} {
		t.Run(name, func(t *testing.T) {
			ctx, w := fresh(t)
			first, second := need.All(ctx, fn), need.All(ctx, fn)
			if first == nil || second == nil || first.Error() != second.Error() {
				t.Errorf("errors = %v, then %v; want the same one twice", first, second)
			}
			if n := w.left.Load(); n != 0 {
				t.Errorf("the dependent ran %d times", n)
			}
		})
	}
}

func TestPanicSaysWhere(t *testing.T) {
	ctx, _ := fresh(t)
	err := need.All(ctx, panicky)
	if err == nil || !strings.Contains(err.Error(), "panicky panicked: no more") {
		t.Errorf("error = %v", err)
	}
}

func TestFailureCancelsTheOthersAndIsTheOneShown(t *testing.T) {
	ctx, _ := fresh(t)
	if err := need.All(ctx, waits, broken); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want errBroken", err)
	}
}

func TestCancelledContextRunsNothing(t *testing.T) {
	ctx, w := fresh(t)
	ctx, cancel := context.WithCancelCause(ctx)
	cancel(errBroken)
	if err := need.All(ctx, left); !errors.Is(err, errBroken) {
		t.Errorf("error = %v, want the context's cause", err)
	}
	if w.left.Load() != 0 || w.shared.Load() != 0 {
		t.Error("something ran")
	}
}
