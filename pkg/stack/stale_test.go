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

// AWS may show the state before the write for a while (aws-cdk-cli#1802): it is not taken for the end.
func TestStaleStatusIsNotTheEnd(t *testing.T) {
	stale := func(then ...[]scene) []scene { return slices.Concat(during(6, ""), slices.Concat(then...)) }
	for name, c := range map[string]struct {
		world *world
		want  report.Status
	}{
		"create": {
			newWorld().play("ExecuteChangeSet", stale(during(2, "CREATE_IN_PROGRESS"), creates())), report.Created,
		},
		"update": {
			newWorld().having("UPDATE_COMPLETE").
				play("ExecuteChangeSet", stale(during(2, "UPDATE_IN_PROGRESS"), updates())), report.Updated,
		},
		"update after a failure": {
			newWorld().having("UPDATE_ROLLBACK_COMPLETE").play("ExecuteChangeSet", stale(updates())), report.Updated,
		},
	} {
		bubble(name, t, func(t *testing.T) {
			p := c.world.open()
			res, err := p.deploy(t, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, c.want)
			if len(p.story.lines()) == 0 {
				t.Error("nothing was told")
			}
		})
	}
	bubble("not found for a moment", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", creates())
		p := w.open()
		seen := p.look(t)
		w.times("DescribeStacks", 3, fakeaws.Fails("ValidationError", "Stack with id arn:x does not exist"))
		res, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Created)
	})
	// Without any event to tell, the status has to do, after ten seconds.
	bubble("events that cannot be read", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", append(during(60, "CREATE_IN_PROGRESS"), creates()...))
		when := w.timesOf("DescribeStacks")
		w.On("CloudFormation.DescribeStackEvents", fakeaws.Fails("AccessDenied", "not you"))
		p := w.open()
		res, err := p.deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Created)
		if lines := p.story.lines(); len(lines) != 1 || !strings.HasPrefix(lines[0], "warning: the events") {
			t.Errorf("story %q", lines)
		}
		polls := *when
		if doubted := polls[len(polls)-1] - polls[len(polls)-41]; doubted != 10*time.Second {
			t.Errorf("the end was doubted for %s", doubted)
		}
	})
}

// The operations of a stack that somebody else changes say nothing about how fresh its status is.
func TestStaleStatusOfSomebodyElse(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_IN_PROGRESS").showing(append(during(8, ""), updates()...)...)
		w.operations = true
		w.operate(w.stacks[0], types.OperationTypeUpdateStack)
		polls := 0
		w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
			out, err := w.usual("DescribeStacks")(ctx, in)
			if *in.(*cloudformation.DescribeStacksInput).StackName == "plldb" {
				return out, err
			}
			if polls++; polls <= 8 {
				out.(*cloudformation.DescribeStacksOutput).Stacks[0].StackStatus = types.StackStatusUpdateComplete
			}
			return out, err
		})
		p := w.open()
		if _, err := p.Watch(t.Context()); err != nil {
			t.Fatal(err)
		}
		if lines := p.story.lines(); !slices.Contains(lines, "Function UPDATE_COMPLETE") {
			t.Errorf("story %q", lines)
		}
	})
}

// A stack that cannot be looked at between two actions ends the run with the SDK's own error.
func TestCannotLookAgain(t *testing.T) {
	bubble("after an action", t, func(t *testing.T) {
		w := newWorld().having("ROLLBACK_COMPLETE").play("DeleteStack", deletes())
		p := w.open()
		seen := p.look(t)
		w.On("CloudFormation.GetTemplate", fakeaws.Fails("AccessDenied", "no longer"))
		w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
			if *in.(*cloudformation.DescribeStacksInput).StackName == "plldb" {
				return nil, fakeaws.Error("AccessDenied", "no longer")
			}
			return w.usual("DescribeStacks")(ctx, in)
		})
		res, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{})
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "AccessDenied" {
			t.Errorf("error %v", err)
		}
		mustStatus(t, res, report.Failed)
	})
	bubble("but waits for a throttled answer", t, func(t *testing.T) {
		w := newWorld().having("ROLLBACK_COMPLETE").play("DeleteStack", deletes()).play("ExecuteChangeSet", creates())
		p := w.open()
		seen := p.look(t)
		throttled := 0
		w.On("CloudFormation.DescribeStacks", func(ctx context.Context, in any) (any, error) {
			if *in.(*cloudformation.DescribeStacksInput).StackName == "plldb" && throttled < 9 {
				throttled++
				return nil, fakeaws.Error("Throttling", "Rate exceeded")
			}
			return w.usual("DescribeStacks")(ctx, in)
		})
		res, err := p.Deploy(t.Context(), seen, wanted(), stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Created)
	})
	for _, verb := range []string{"setup", "watch"} {
		bubble("at what goes on, "+verb, t, func(t *testing.T) {
			w := newWorld().having("UPDATE_IN_PROGRESS")
			w.On("CloudFormation.DescribeStackEvents", fakeaws.Fails("ValidationError", "no such events"))
			p := w.open()
			var res stack.Result
			var err error
			if verb == "setup" {
				res, err = p.deploy(t, stack.Consents{})
			} else {
				res, err = p.Watch(t.Context())
			}
			if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorMessage() != "no such events" {
				t.Errorf("error %v", err)
			}
			mustStatus(t, res, report.Failed)
		})
	}
}
