package stack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// The operation's id is in LastOperations alone; a rollback is an operation of its own.
func TestTrap52OperationsFromDescribeStacks(t *testing.T) {
	rollsBack := []scene{
		at("UPDATE_IN_PROGRESS", told("A UPDATE_IN_PROGRESS")),
		at("UPDATE_IN_PROGRESS", told("A UPDATE_FAILED broken")),
		at("UPDATE_ROLLBACK_IN_PROGRESS", told("A UPDATE_COMPLETE")),
		at("UPDATE_ROLLBACK_COMPLETE"),
	}
	want := []string{
		"A UPDATE_IN_PROGRESS", "plldb UPDATE_IN_PROGRESS", "A UPDATE_FAILED broken", "A UPDATE_COMPLETE",
		"plldb UPDATE_ROLLBACK_IN_PROGRESS", "plldb UPDATE_ROLLBACK_COMPLETE",
	}
	for name, size := range map[string]int{"one page": 0, "pages of one": 1, "pages of two": 2} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			w.operations, w.pageSize = true, size
			w.operate(w.stacks[0], types.OperationTypeCreateStack)
			w.play("ExecuteChangeSet", rollsBack)
			p := w.open()
			_, err := p.deploy(t, stack.Consents{})
			if problem := mustProblem(t, err, report.ExitStack); !strings.Contains(problem.Message, "broken") {
				t.Errorf("message %q", problem.Message)
			}
			if lines := p.story.lines(); !slices.Equal(lines, want) {
				t.Errorf("story %q", lines)
			}
			if w.count("DescribeStackEvents") != 1 { // the mark
				t.Errorf("calls %v", w.after(2))
			}
			w.checkAsked(t)
		})
	}
	bubble("without operations it is not asked", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
		if _, err := w.open().deploy(t, stack.Consents{}); err != nil || w.count("DescribeEvents") != 0 {
			t.Errorf("%v after %v", err, w.Operations())
		}
	})
	bubble("nor for what somebody else began", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_IN_PROGRESS").showing(updates()...)
		w.operations = true
		w.operate(w.stacks[0], types.OperationTypeUpdateStack)
		if _, err := w.open().Watch(t.Context()); err != nil || w.count("DescribeEvents") != 0 {
			t.Errorf("%v after %v", err, w.Operations())
		}
	})
}

// checkAsked holds that DescribeEvents was asked for the run's own operations only, by their ids.
func (w *world) checkAsked(t *testing.T) {
	t.Helper()
	var own []string
	for _, op := range w.stacks[0].LastOperations {
		if op.OperationType == types.OperationTypeUpdateStack || op.OperationType == types.OperationTypeRollback {
			own = append(own, *op.OperationId)
		}
	}
	for _, call := range w.Calls() {
		in, ok := call.Input.(*cloudformation.DescribeEventsInput)
		if ok && (in.StackName != nil || !slices.Contains(own, aws.ToString(in.OperationId))) {
			t.Errorf("asked for %s, own are %v", aws.ToString(in.OperationId), own)
		}
	}
}

// The order of DescribeEvents is not documented, and its events may be late: the last reading finds them all.
func TestOperationEventsInAnyOrder(t *testing.T) {
	scenes := []scene{
		at("UPDATE_IN_PROGRESS", told("A UPDATE_IN_PROGRESS"), told("B UPDATE_IN_PROGRESS")),
		at("UPDATE_IN_PROGRESS", told("A UPDATE_COMPLETE")), at("UPDATE_COMPLETE", told("B UPDATE_COMPLETE")),
	}
	want := []string{
		"A UPDATE_IN_PROGRESS", "B UPDATE_IN_PROGRESS", "plldb UPDATE_IN_PROGRESS", "A UPDATE_COMPLETE", "B UPDATE_COMPLETE",
		"plldb UPDATE_COMPLETE",
	}
	for _, size := range []int{0, 1, 2} {
		for _, oldestFirst := range []bool{false, true} {
			for _, late := range []string{"", "A UPDATE_IN_PROGRESS", "plldb UPDATE_COMPLETE"} {
				bubble(fmt.Sprint(size, oldestFirst, late), t, func(t *testing.T) {
					w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", scenes)
					w.operations, w.pageSize, w.oldestFirst = true, size, oldestFirst
					w.hide(late)
					p := w.open()
					if _, err := p.deploy(t, stack.Consents{}); err != nil {
						t.Fatal(err)
					}
					lines, want := p.story.lines(), slices.Clone(want)
					if late != "" { // it is told when it shows
						slices.Sort(lines)
						slices.Sort(want)
					}
					if !slices.Equal(lines, want) {
						t.Errorf("story %q", lines)
					}
				})
			}
		}
	}
}

// hide keeps one event from DescribeEvents until the stack is in its last state, and the event of that state itself for
// two polls more.
func (w *world) hide(late string) {
	ended, until := 0, 1
	if strings.HasPrefix(late, "plldb") {
		until = 3
	}
	w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
		out, err := w.usual("DescribeStacks")(ctx, in)
		if w.stacks[0].StackStatus == types.StackStatusUpdateComplete {
			ended++
		}
		return out, err
	})
	w.On("CloudFormation.DescribeEvents", func(ctx context.Context, in any) (any, error) {
		out, err := w.usual("DescribeEvents")(ctx, in)
		page := out.(*cloudformation.DescribeEventsOutput)
		page.OperationEvents = slices.DeleteFunc(page.OperationEvents, func(e types.OperationEvent) bool {
			return *e.LogicalResourceId+" "+string(e.ResourceStatus) == late && ended < until
		})
		return out, err
	})
}

// The first failure of DescribeEvents, of any kind and at any moment, is its last: DescribeStackEvents goes on, and
// nothing is told twice or left out.
func TestTrap36DescribeEventsFails(t *testing.T) {
	scenes := []scene{
		at("CREATE_IN_PROGRESS", told("A CREATE_IN_PROGRESS")), at("CREATE_IN_PROGRESS", told("A CREATE_COMPLETE")),
		at("CREATE_IN_PROGRESS", told("B CREATE_IN_PROGRESS")), at("CREATE_COMPLETE", told("B CREATE_COMPLETE")),
	}
	want := []string{
		"A CREATE_IN_PROGRESS", "plldb CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "B CREATE_IN_PROGRESS", "B CREATE_COMPLETE",
		"plldb CREATE_COMPLETE",
	}
	for name, failure := range map[string]error{
		"denied":    fakeaws.Error("AccessDenied", "not authorized to perform: cloudformation:DescribeEvents"),
		"throttled": fakeaws.Error("Throttling", "Rate exceeded"),
		"unknown":   &smithy.GenericAPIError{Code: "InternalFailure", Fault: smithy.FaultServer},
		"broken":    errors.New("connection reset"),
	} {
		for good := range 5 {
			bubble(name, t, func(t *testing.T) {
				w := newWorld().play("ExecuteChangeSet", scenes)
				w.operations = true
				calls := 0
				w.On("CloudFormation.DescribeEvents", func(ctx context.Context, in any) (any, error) {
					if calls++; calls > good {
						return nil, failure
					}
					return w.usual("DescribeEvents")(ctx, in)
				})
				p := w.open()
				res, err := p.deploy(t, stack.Consents{})
				if err != nil {
					t.Fatal(err)
				}
				mustStatus(t, res, report.Created)
				if lines := p.story.lines(); !slices.Equal(lines, want) {
					t.Errorf("story %q", lines)
				}
				if calls > good+1 {
					t.Errorf("DescribeEvents was called %d times after its failure", calls-good)
				}
			})
		}
	}
}

// What only DescribeEvents tells: a failed validation and a hook.
func TestOperationEventsOfOtherKinds(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", []scene{at("CREATE_IN_PROGRESS"), at("ROLLBACK_COMPLETE")})
		w.operations = true
		at := aws.Time(time.Date(2026, 11, 21, 9, 0, 0, 0, time.UTC))
		failed := types.OperationEvent{
			Timestamp: at, LogicalResourceId: aws.String("Role"), ResourceType: aws.String("AWS::IAM::Role"),
			HookStatus: types.HookStatusHookCompleteFailed, HookFailureMode: types.HookFailureModeFail,
			HookType: aws.String("Org::Guard"), HookStatusReason: aws.String("no such role here"),
		}
		warned := failed
		warned.HookFailureMode = types.HookFailureModeWarn
		ofTheOperation := types.OperationEvent{Timestamp: at, OperationStatus: types.BeaconStackOperationStatusFailed}
		w.On("CloudFormation.DescribeEvents", fakeaws.Always(&cloudformation.DescribeEventsOutput{
			OperationEvents: []types.OperationEvent{ofTheOperation, failed, warned},
		}))
		p := w.open()
		_, err := p.deploy(t, stack.Consents{})
		problem := mustProblem(t, err, report.ExitStack)
		if !strings.Contains(problem.Message, "failed (HOOK_COMPLETE_FAILED): Org::Guard: no such role here") {
			t.Errorf("message %q", problem.Message)
		}
		if lines := p.story.lines(); len(lines) != 1 {
			t.Errorf("story %q", lines)
		}
	})
}
