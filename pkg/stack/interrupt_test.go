package stack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// errSignal is the cause with which the door cancels a run.
var errSignal = errors.New("interrupt")

// interruptAt cancels a run at its k-th call. The call may have reached AWS, or may be lost on the way; it has an
// answer only if nobody has cut it off.
func (w *world) interruptAt(k int, lost bool) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	calls := 0
	for operation, usual := range w.answers {
		w.On("CloudFormation."+operation, func(ctx context.Context, in any) (any, error) {
			w.mu.Lock()
			calls++
			now := calls == k
			w.mu.Unlock()
			if !now {
				return usual(ctx, in)
			}
			cancel(errSignal)
			if lost && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			out, err := usual(ctx, in)
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			return out, err
		})
	}
	return ctx, func() { cancel(nil) }
}

// At whatever call a setup is interrupted: before the change set is executed it leaves nothing behind and is stopped;
// after, it leaves the stack to AWS and says how to take it up again (trap 33: SIGTERM is the same, by its cause).
func TestTrap33InterruptedSetup(t *testing.T) {
	slow := func(n int) *cloudformation.DescribeChangeSetOutput {
		if n < 3 {
			return &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateInProgress}
		}
		return &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete}
	}
	for name, start := range map[string]func() *world{
		"create": func() *world {
			return newWorld().play("ExecuteChangeSet", append(during(2, "CREATE_IN_PROGRESS"), creates()...))
		},
		"update": func() *world {
			return newWorld().having("CREATE_COMPLETE").
				play("ExecuteChangeSet", append(during(2, "UPDATE_IN_PROGRESS"), updates()...))
		},
	} {
		for k := 1; k <= 12; k++ {
			for _, lost := range []bool{false, true} {
				bubble(fmt.Sprintf("%s at call %d, lost %v", name, k, lost), t, func(t *testing.T) {
					w := start()
					w.changeSet = slow
					p := w.open()
					seen := p.look(t)
					ctx, end := w.interruptAt(k, lost)
					defer end()
					begun := time.Now()
					res, err := p.Deploy(ctx, seen, wanted(), stack.Consents{})
					if took := time.Since(begun); took > 5*time.Second {
						t.Errorf("took %s", took)
					}
					w.checkInterrupted(t, ctx, res, err)
				})
			}
		}
	}
}

// checkInterrupted holds the promises of an interrupt, by whether the change set was executed.
func (w *world) checkInterrupted(t *testing.T, ctx context.Context, res stack.Result, err error) {
	t.Helper()
	switch {
	case err == nil: // all was done before the signal had an effect
		if res.Status != report.Created && res.Status != report.Updated {
			t.Errorf("status %s without an error", res.Status)
		}
	case w.count("ExecuteChangeSet") == 0:
		if !errors.Is(err, errSignal) || !errors.Is(err, context.Cause(ctx)) {
			t.Errorf("error %v, want the signal in its chain", err)
		}
		mustStatus(t, res, report.Stopped)
		status := w.stacks[len(w.stacks)-1].StackStatus
		if len(w.sets) != 0 || !slices.Contains([]types.StackStatus{"DELETE_COMPLETE", "CREATE_COMPLETE"}, status) {
			t.Errorf("left: the stack %s, %d change sets, after %v", status, len(w.sets), w.after(2))
		}
	default:
		p := mustProblem(t, err, report.ExitRunning)
		if p.Hint != "plldb bootstrap watch" || !errors.Is(err, errSignal) {
			t.Errorf("problem %+v", *p)
		}
		mustStatus(t, res, report.Running)
		if w.count("DeleteStack") != 0 || w.count("DeleteChangeSet") != 0 {
			t.Errorf("something was taken away from a stack at work: %v", w.after(2))
		}
	}
}

func TestInterruptedBeforeItBegins(t *testing.T) {
	for _, verb := range []string{"setup", "destroy"} {
		bubble(verb, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			p := w.open()
			seen := p.look(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			cancel(errSignal)
			var res stack.Result
			var err error
			if verb == "setup" {
				res, err = p.Deploy(ctx, seen, wanted(), stack.Consents{})
			} else {
				res, err = p.Destroy(ctx, seen, stack.Consents{})
			}
			if !errors.Is(err, errSignal) || w.writes() != "" {
				t.Errorf("%v after %q", err, w.writes())
			}
			mustStatus(t, res, report.Stopped)
		})
	}
}

// An endpoint that stays silent does not hold an interrupted run longer than the grace, whatever it was waiting for.
func TestTrap33InterruptedInSilence(t *testing.T) {
	silent := func(ctx context.Context, _ any) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	for operation, code := range map[string]int{
		"CreateChangeSet": 0, "DescribeChangeSet": 0,
		"ExecuteChangeSet": report.ExitRunning, "DescribeStacks": report.ExitRunning,
	} {
		for _, alsoTidying := range []bool{false, true} {
			bubble(fmt.Sprint(operation, alsoTidying), t, func(t *testing.T) {
				w := newWorld().play("ExecuteChangeSet", during(1, "CREATE_IN_PROGRESS"))
				p := w.open()
				seen := p.look(t)
				w.On("CloudFormation."+operation, silent)
				if alsoTidying {
					w.On("CloudFormation.DeleteChangeSet", silent)
				}
				ctx, cancel := context.WithCancelCause(t.Context())
				time.AfterFunc(time.Minute, func() { cancel(errSignal) })
				begun := time.Now()
				res, err := p.Deploy(ctx, seen, wanted(), stack.Consents{})
				if took := time.Since(begun) - time.Minute; took < 0 || took > 3*time.Second {
					t.Errorf("it ended %s after the signal", took)
				}
				if code == 0 && (!errors.Is(err, errSignal) || res.Status != report.Stopped) {
					t.Errorf("%s, %v", res.Status, err)
				}
				if code != 0 {
					mustProblem(t, err, code)
				}
			})
		}
	}
}

// A write whose answer never came is not guessed about: nothing is taken away, and the way to see is said.
func TestWriteInDoubt(t *testing.T) {
	broken := func(context.Context, any) (any, error) { return nil, errors.New("connection reset by peer") }
	bubble("execution", t, func(t *testing.T) {
		w := newWorld()
		w.On("CloudFormation.ExecuteChangeSet", broken)
		res, err := w.open().deploy(t, stack.Consents{})
		if p := mustProblem(t, err, report.ExitRunning); p.Hint != "plldb bootstrap watch" {
			t.Errorf("hint %q", p.Hint)
		}
		mustStatus(t, res, report.Running)
		if w.count("DeleteChangeSet") != 0 || w.count("DeleteStack") != 0 {
			t.Errorf("calls %v", w.after(2))
		}
	})
	bubble("deletion", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE")
		w.On("CloudFormation.DeleteStack", broken)
		_, err := w.open().destroy(t, stack.Consents{})
		mustProblem(t, err, report.ExitRunning)
	})
	// The change set may have come through, and the empty stack with it: both are looked for by name.
	bubble("change set", t, func(t *testing.T) {
		w := newWorld()
		w.On("CloudFormation.CreateChangeSet", func(ctx context.Context, in any) (any, error) {
			if len(w.stacks) == 0 {
				_, _ = w.usual("CreateChangeSet")(ctx, in)
			}
			return nil, errors.New("connection reset by peer")
		})
		res, err := w.open().deploy(t, stack.Consents{})
		if err == nil || w.stacks[0].StackStatus != types.StackStatusDeleteComplete || len(w.sets) != 0 {
			t.Errorf("%v; left: the stack %s, %d change sets", err, w.stacks[0].StackStatus, len(w.sets))
		}
		mustStatus(t, res, report.Failed)
	})
}

// What cannot be tidied up is said, and is not the error.
func TestTidyingFails(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld()
		w.changeSet = failedSet("no")
		w.On("CloudFormation.DeleteChangeSet", fakeaws.Fails("AccessDenied", "no"))
		w.On("CloudFormation.DeleteStack", fakeaws.Fails("AccessDenied", "no"))
		p := w.open()
		_, err := p.deploy(t, stack.Consents{})
		mustProblem(t, err, report.ExitFailed)
		if lines := p.story.lines(); len(lines) != 2 {
			t.Errorf("story %q", lines)
		}
	})
}

func TestInterruptedDestroy(t *testing.T) {
	for k := 1; k <= 8; k++ {
		for _, lost := range []bool{false, true} {
			bubble(fmt.Sprintf("at call %d, lost %v", k, lost), t, func(t *testing.T) {
				w := newWorld().having("CREATE_COMPLETE").play("DeleteStack", append(during(2, "DELETE_IN_PROGRESS"), deletes()...))
				p := w.open()
				seen := p.look(t)
				ctx, end := w.interruptAt(k, lost)
				defer end()
				res, err := p.Destroy(ctx, seen, stack.Consents{})
				switch {
				case err == nil:
					mustStatus(t, res, report.Deleted)
				case w.count("DeleteStack") == 0:
					mustStatus(t, res, report.Stopped)
					if !errors.Is(err, errSignal) {
						t.Errorf("error %v", err)
					}
				default:
					mustProblem(t, err, report.ExitRunning)
					mustStatus(t, res, report.Running)
				}
			})
		}
	}
}

// While a run waits for the second try of a change set that was never executed, it has touched nothing, and nothing goes on.
func TestInterruptedWhileWaiting(t *testing.T) {
	for name, c := range map[string]struct {
		world *world
		want  stack.Wanted
	}{
		"for a busy stack": {func() *world {
			w := newWorld()
			w.On("CloudFormation.CreateChangeSet", fakeaws.Fails("OperationInProgressException", "busy"))
			return w
		}(), wanted()},
		"for the bucket": {func() *world {
			w := newWorld()
			w.changeSet = failedSet("S3 error: The specified key does not exist.")
			return w
		}(), func() stack.Wanted {
			want := wanted()
			want.JustVersioned = true
			return want
		}()},
	} {
		bubble(name, t, func(t *testing.T) {
			p := c.world.open()
			seen := p.look(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(500*time.Millisecond, func() { cancel(errSignal) })
			res, err := p.Deploy(ctx, seen, c.want, stack.Consents{})
			if !errors.Is(err, errSignal) {
				t.Errorf("error %v", err)
			}
			mustStatus(t, res, report.Stopped)
		})
	}
}
