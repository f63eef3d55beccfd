package rollout_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

func TestEndAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, release := rollout.EndAfter(t.Context(), 90*time.Minute)
		defer release()
		time.Sleep(90*time.Minute - 1)
		synctest.Wait()
		if ctx.Err() != nil {
			t.Error("it ended too early")
		}
		time.Sleep(1 * time.Nanosecond)
		synctest.Wait()
		if !errors.Is(ctx.Err(), context.Canceled) || context.Cause(ctx) != (rollout.TimedOut{After: 90 * time.Minute}) {
			t.Errorf("it ended with %v, because of %v", ctx.Err(), context.Cause(ctx))
		}
		never, release := rollout.EndAfter(t.Context(), 0)
		time.Sleep(1000 * time.Hour)
		if never.Err() != nil {
			t.Error("without a limit it ended")
		}
		release()
	})
}

func TestTimedOutWords(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{
		time.Hour: "1h", 30 * time.Minute: "30m", 90 * time.Minute: "1h30m", 90 * time.Second: "1m30s",
		10 * time.Second: "10s", 100 * time.Millisecond: "100ms", time.Hour + time.Second: "1h0m1s", 20 * time.Hour: "20h",
	} {
		if got := (rollout.TimedOut{After: after}).Error(); got != "not done within "+want {
			t.Errorf("%s: %q", after, got)
		}
	}
}

// A timeout stops a run as a signal does, and says that it was one.
func TestTimedOut(t *testing.T) {
	t.Parallel()
	late := rollout.TimedOut{After: 30 * time.Minute}
	at := func(c *cloud, operation string) (_ context.Context, lift func()) {
		ctx, cancel := context.WithCancelCause(t.Context())
		t.Cleanup(func() { cancel(nil) })
		c.at(operation, func() { cancel(late) })
		return ctx, c.hurt(localcloud.Fault{Operation: operation, Stall: true, Drop: true})
	}

	c := newCloud(t)
	ctx, lift := at(c, "PutBucketPolicy")
	r := packedRun(t, c, rollout.Settings{Dir: untouched})
	_, err := r.Deploy(ctx)
	wantProblem(t, r.Outcome(ctx, rollout.Setup, err), report.Failed, report.ExitFailed,
		"not done within 30m, and the stack is not touched", "--timeout")
	lift()

	c = newCloud(t)
	stuck := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "ConnectFunction", Action: "CREATE", Stall: true})
	ctx, lift = at(c, "DescribeEvents")
	r = packedRun(t, c, rollout.Settings{Dir: untouched, Watch: "plldb watch"})
	_, err = r.Deploy(ctx)
	wantProblem(t, r.Outcome(ctx, rollout.Setup, err), report.Running, report.ExitRunning,
		"not done within 30m: ", "the stack plldb goes on", "plldb watch")
	lift()
	stuck()
	r = newRun(c, rollout.Settings{})
	_, err = r.Watch(t.Context())
	if o := r.Outcome(t.Context(), rollout.Watch, err); o.Problem != nil || o.StackStatus != "CREATE_COMPLETE" {
		t.Errorf("it was not seen through: %+v", o)
	}

	ctx, lift = at(c, "DeleteObjects")
	r = newRun(c, rollout.Settings{Purge: true, Yes: true})
	_, err = r.Destroy(ctx)
	wantProblem(t, r.Outcome(ctx, rollout.Destroy, err), report.Failed, report.ExitFailed,
		"not done within 30m while purging: the stack is deleted", "goes on where it was stopped")
	lift()
}
