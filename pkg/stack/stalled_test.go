package stack_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// stall lets an operation, and all that come after it, stay without an answer.
func (w *world) stall(operation string) {
	stalled := false
	for name, usual := range w.answers {
		w.On("CloudFormation."+name, func(ctx context.Context, in any) (any, error) {
			w.mu.Lock()
			stalled = stalled || name == operation
			now := stalled
			w.mu.Unlock()
			if now {
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return usual(ctx, in)
		})
	}
}

// Wherever the network falls silent for good, a cancelled run ends: at once where it was reading, and where it was writing,
// or has something to tidy up, after the grace.
func TestACancelledRunEndsWhileAllIsStalled(t *testing.T) {
	const grace = 3 * time.Second
	errTimeout := errors.New("--timeout")
	fresh := func() *world { return newWorld().play("ExecuteChangeSet", during(9, "CREATE_IN_PROGRESS")) }
	in := func(status string) func() *world {
		return func() *world {
			w := newWorld().having(status)
			for _, operation := range []string{"ExecuteChangeSet", "DeleteStack", "RollbackStack", "ContinueUpdateRollback"} {
				w.play(operation, during(9, "UPDATE_IN_PROGRESS"))
			}
			return w
		}
	}
	stable := func() *world {
		w := in("CREATE_COMPLETE")()
		w.happen(w.stacks[0], told("plldb UPDATE_FAILED"))
		w.stacks[0].StackStatus = "UPDATE_FAILED"
		return w
	}
	const setup, destroy, watch = "setup", "destroy", "watch"
	for _, c := range []struct {
		verb      string
		start     func() *world
		operation string
		took      time.Duration
		code      int // 0: stopped, and the stack is untouched
	}{
		{setup, fresh, "CreateChangeSet", grace, 0},
		{setup, fresh, "DescribeChangeSet", grace, 0}, // the change set, which cannot be taken away
		{setup, fresh, "ExecuteChangeSet", grace, report.ExitRunning},
		{setup, fresh, "DescribeStacks", 0, report.ExitRunning},
		{setup, fresh, "DescribeStackEvents", 0, report.ExitRunning},
		{setup, in("UPDATE_IN_PROGRESS"), "DescribeStackEvents", 0, report.ExitRunning},
		{setup, in("UPDATE_IN_PROGRESS"), "DescribeStacks", 0, report.ExitRunning},
		{setup, stable, "DescribeStackEvents", 0, 0},
		{setup, stable, "RollbackStack", grace, report.ExitRunning},
		{setup, in("UPDATE_ROLLBACK_FAILED"), "ContinueUpdateRollback", grace, report.ExitRunning},
		{destroy, in("CREATE_COMPLETE"), "DescribeStackEvents", 0, 0},
		{destroy, in("CREATE_COMPLETE"), "DeleteStack", grace, report.ExitRunning},
		{destroy, in("CREATE_COMPLETE"), "DescribeStacks", 0, report.ExitRunning},
		{watch, in("UPDATE_IN_PROGRESS"), "DescribeStackEvents", 0, report.ExitRunning},
		{watch, in("UPDATE_IN_PROGRESS"), "DescribeStacks", 0, 0},
	} {
		bubble(fmt.Sprint(c.verb, " at ", c.operation), t, func(t *testing.T) {
			w := c.start()
			p := w.open()
			seen := p.look(t)
			w.stall(c.operation)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Hour+100*time.Millisecond, func() { cancel(errTimeout) })
			begun := time.Now()
			var res stack.Result
			var err error
			switch c.verb {
			case setup:
				res, err = p.Deploy(ctx, seen, wanted(), stack.Consents{})
			case destroy:
				res, err = p.Destroy(ctx, seen, stack.Consents{})
			default:
				res, err = p.Watch(ctx)
			}
			if took := time.Since(begun) - time.Hour - 100*time.Millisecond; took != c.took {
				t.Errorf("ended %s after it was cancelled, want %s; %v", took, c.took, err)
			}
			if !errors.Is(err, errTimeout) {
				t.Errorf("the cause is not in %v", err)
			}
			if c.code == 0 {
				mustStatus(t, res, report.Stopped)
				return
			}
			mustStatus(t, res, report.Running)
			mustProblem(t, err, c.code)
		})
	}
}
