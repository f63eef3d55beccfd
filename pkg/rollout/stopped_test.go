package rollout_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// Exit codes of the two signals, before the stack is touched.
func TestStopped(t *testing.T) {
	t.Parallel()
	for signal, code := range map[string]int{"SIGINT": report.ExitInterrupt, "SIGTERM": report.ExitTerminate} {
		c := newCloud(t)
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(rollout.Stopped{Signal: signal, Code: code})
		r := newRun(c, rollout.Settings{Dir: tree(t)})
		_, err := r.Deploy(ctx)
		wantProblem(t, r.Outcome(ctx, rollout.Setup, err), report.Stopped, code, signal)
		if wrote := c.writes(); len(wrote) > 0 {
			t.Errorf("%s: wrote %v", signal, wrote)
		}
	}
}

// at calls do when a run asks for the operation, before that is answered.
func (c *cloud) at(operation string, do func()) {
	c.hurt(localcloud.Fault{Operation: operation, Match: func(*wire.Call) bool { do(); return false }})
}

// An interrupt in the middle of a purge finds the stack gone: it may not say that nothing was touched, and the next run
// goes on.
func TestStoppedWhilePurging(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	ctx, cancel := context.WithCancelCause(t.Context())
	c.at("DeleteObjects", func() { cancel(rollout.Stopped{Signal: "SIGINT", Code: report.ExitInterrupt}) })
	lift := c.hurt(localcloud.Fault{Operation: "DeleteObjects", Stall: true, Drop: true})
	r := newRun(c, rollout.Settings{Purge: true, Yes: true})
	_, err := r.Destroy(ctx)
	wantProblem(t, r.Outcome(ctx, rollout.Destroy, err), report.Stopped, report.ExitInterrupt, "the stack is deleted")
	if c.stack(t) != nil || len(c.versions(t)) == 0 {
		t.Error("the stack is still there, or the objects are gone")
	}
	lift()
	if o := destroy(t, c, rollout.Settings{Purge: true, Yes: true}); !o.BucketDeleted || c.versions(t) != nil {
		t.Errorf("the next purge did not go on: %+v", o)
	}
}

// Between the deletion of a stack that never worked and the making of the new one, a signal leaves a changed account: it
// may not say that nothing was touched.
func TestStoppedHalfWay(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.clock = rollout.RealClock{} // what is begun has three seconds to end
	lift := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "ConnectFunction", Action: "CREATE", Fail: "no"})
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.RolledBack)
	lift()
	ctx, cancel := context.WithCancelCause(t.Context())
	c.at("CreateChangeSet", func() { cancel(rollout.Stopped{Signal: "SIGINT", Code: report.ExitInterrupt}) })
	r := packedRun(t, c, rollout.Settings{Dir: untouched})
	_, err := r.Deploy(ctx)
	wantProblem(t, r.Outcome(ctx, rollout.Setup, err), report.Stopped, report.ExitInterrupt, "half-way")
	if c.rests(t); c.stack(t) != nil {
		t.Error("an empty stack was left behind")
	}
}

// A write that may have come through, though no answer ever came, leaves the stack to AWS, and so do credentials that
// expire: the exit code says that it goes on, watch sees it through, and there is nothing left for the next setup.
func TestTrap35LeftToAWS(t *testing.T) {
	t.Parallel()
	expired := wire.Errorf(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	for says, hurt := range map[string]func(c *cloud) (lift func()){
		"is not known": func(c *cloud) func() {
			return c.hurt(localcloud.Fault{Operation: "ExecuteChangeSet", Lose: true})
		},
		"the AWS credentials have expired, while the stack plldb goes on": func(c *cloud) func() {
			over := false
			return c.hurt(localcloud.Fault{Refuse: expired, Match: func(in *wire.Call) bool {
				was := over
				over = over || in.Operation == "ExecuteChangeSet"
				return was
			}})
		},
	} {
		c := newSlowCloud(t)
		lift := hurt(c)
		o := setup(t, c, rollout.Settings{Dir: untouched, Watch: "plldb watch"})
		wantProblem(t, o, report.Running, report.ExitRunning, says, "plldb watch")
		lift()
		if status := c.status(t); status != "CREATE_IN_PROGRESS" {
			t.Errorf("the stack is %s", status)
		}
		r := newRun(c, rollout.Settings{})
		_, err := r.Watch(t.Context())
		wantStatus(t, r.Outcome(t.Context(), rollout.Watch, err), report.Created)
		o = setup(t, c, rollout.Settings{Dir: untouched})
		wantStatus(t, o, report.Unchanged)
		c.holds(t, o)
	}
}
