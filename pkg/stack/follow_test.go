package stack_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// during repeats a scene n times.
func during(n int, status string) []scene { return slices.Repeat([]scene{at(status)}, n) }

// times notes when an operation was called, in turned time since the first call.
func (w *world) timesOf(operation string) *[]time.Duration {
	var when []time.Duration
	var first time.Time
	usual := w.usual(operation)
	w.On("CloudFormation."+operation, func(ctx context.Context, in any) (any, error) {
		if first.IsZero() {
			first = time.Now()
		}
		when = append(when, time.Since(first))
		return usual(ctx, in)
	})
	return &when
}

// Own polling: four times a second for ten seconds, then once a second. The SDK's waiters begin at thirty.
func TestTrap03OwnPolling(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", slices.Concat(during(45, "CREATE_IN_PROGRESS"), creates()))
		p := w.open()
		seen := p.look(t)
		when := w.timesOf("DescribeStacks")
		if _, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		for i, at := range *when {
			want := time.Duration(i) * 250 * time.Millisecond
			if i > 40 {
				want = 10*time.Second + time.Duration(i-40)*time.Second
			}
			if at != want {
				t.Fatalf("poll %d at %s, want %s", i, at, want)
			}
		}
		if len(*when) != 46 {
			t.Errorf("%d polls", len(*when))
		}
	})
}

// A change set is waited for in the same way.
func TestChangeSetIsWaitedFor(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", creates())
		w.changeSet = func(n int) *cloudformation.DescribeChangeSetOutput {
			statuses := []types.ChangeSetStatus{"CREATE_PENDING", "CREATE_IN_PROGRESS", "CREATE_COMPLETE"}
			return &cloudformation.DescribeChangeSetOutput{Status: statuses[n-1]}
		}
		if _, err := w.open().deploy(t, stack.Consents{}); err != nil || w.count("DescribeChangeSet") != 3 {
			t.Errorf("%v after %v", err, w.Operations())
		}
	})
}

// A poll that fails ends nothing: it is tried ten times, with at most three seconds between, and then the next poll
// comes.
func TestTrap23FailedPolls(t *testing.T) {
	for name, failure := range map[string]error{
		"throttled": fakeaws.Error("Throttling", "Rate exceeded"),
		"broken":    errors.New("connection reset by peer"),
		"AWS's own": &smithy.GenericAPIError{Code: "InternalFailure", Message: "oops", Fault: smithy.FaultServer},
	} {
		for _, operation := range []string{"DescribeStacks", "DescribeStackEvents", "DescribeChangeSet"} {
			if operation == "DescribeChangeSet" && name != "throttled" {
				continue // before the execution only patience is promised
			}
			bubble(name+" "+operation, t, func(t *testing.T) {
				w := newWorld().play("ExecuteChangeSet", append(during(3, "CREATE_IN_PROGRESS"), creates()...))
				p := w.open()
				seen := p.look(t)
				n := 25
				if operation == "DescribeChangeSet" {
					n = 9
				}
				w.times(operation, n, func(context.Context, any) (any, error) { return nil, failure })
				res, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{})
				if err != nil {
					t.Fatal(err)
				}
				mustStatus(t, res, report.Created)
				lines := p.story.lines()
				if !slices.Contains(lines, "Table CREATE_COMPLETE") || !slices.Contains(lines, "plldb CREATE_COMPLETE") {
					t.Errorf("events are missing: %q", lines)
				}
			})
		}
	}
}

func TestTrap67PollsTryTenTimes(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", creates())
		p := w.open()
		seen := p.look(t)
		var when []time.Time
		w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
			when = append(when, time.Now())
			if len(when) < 10 {
				return nil, fakeaws.Error("ThrottlingException", "Rate exceeded")
			}
			return w.usual("DescribeStacks")(ctx, in)
		})
		if _, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if len(when) != 10 || w.count("DescribeStackEvents") != 1 {
			t.Errorf("%d attempts, %d readings of events: not one poll", len(when), w.count("DescribeStackEvents"))
		}
		for i := range when[1:] {
			if waited := when[i+1].Sub(when[i]); waited > 3*time.Second {
				t.Errorf("waited %s for the attempt %d", waited, i+2)
			}
		}
	})
}

// The session ends while AWS goes on: exit 5, with the command that takes it up again.
func TestTrap35SessionExpires(t *testing.T) {
	for _, code := range []string{"ExpiredToken", "AccessDenied", "UnrecognizedClientException"} {
		bubble(code, t, func(t *testing.T) {
			w := newWorld().play("ExecuteChangeSet", during(9, "CREATE_IN_PROGRESS"))
			p := w.open()
			seen := p.look(t)
			polls := 0
			w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
				if polls++; polls > 3 {
					return nil, fakeaws.Error(code, "no longer")
				}
				return w.usual("DescribeStacks")(ctx, in)
			})
			res, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{})
			problem := mustProblem(t, err, report.ExitRunning)
			if problem.Hint != "plldb bootstrap watch" || !strings.Contains(problem.Message, "CREATE_IN_PROGRESS") {
				t.Errorf("problem %+v", *problem)
			}
			mustStatus(t, res, report.Running)
			if res.Seen.Status != "CREATE_IN_PROGRESS" || res.Seen.ID == "" {
				t.Errorf("seen %+v", res.Seen)
			}
		})
	}
	// What somebody else began is not this run's to leave: it has done nothing yet.
	bubble("following somebody else", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_IN_PROGRESS")
		p := w.open()
		seen := p.look(t)
		w.On("CloudFormation.DescribeStacks", fakeaws.Fails("ExpiredToken", "no longer"))
		res, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{})
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "ExpiredToken" {
			t.Errorf("error %v", err)
		}
		mustStatus(t, res, report.Failed)
	})
}
