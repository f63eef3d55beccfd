package stack_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
)

func TestWatch(t *testing.T) {
	for name, c := range map[string]struct {
		world  *world
		status report.Status
		code   int
	}{
		"updated before":      {newWorld().having("UPDATE_COMPLETE"), report.Unchanged, 0},
		"failed before":       {newWorld().having("UPDATE_ROLLBACK_FAILED"), report.Failed, report.ExitStack},
		"not deleted before":  {newWorld().having("DELETE_FAILED"), report.Failed, report.ExitStack},
		"a state of tomorrow": {newWorld().having("SOMETHING_NEW"), report.Failed, report.ExitStack},
		"updates":             {atWork("UPDATE_IN_PROGRESS", at("UPDATE_COMPLETE")), report.Updated, 0},
		"deletes":             {atWork("DELETE_IN_PROGRESS", at("DELETE_COMPLETE")), report.Deleted, 0},
		"rolls back":          {atWork("ROLLBACK_IN_PROGRESS", at("ROLLBACK_COMPLETE")), report.RolledBack, report.ExitStack},
		"fails":               {atWork("DELETE_IN_PROGRESS", at("DELETE_FAILED")), report.Failed, report.ExitStack},
		"somebody else's":     {newWorld().having("UPDATE_COMPLETE", untagged), report.Unchanged, 0},
	} {
		bubble(name, t, func(t *testing.T) {
			res, err := c.world.open().Watch(t.Context())
			if c.code == 0 && err != nil {
				t.Fatal(err)
			}
			if c.code != 0 {
				mustProblem(t, err, c.code)
			}
			mustStatus(t, res, c.status)
			if writes := c.world.writes(); writes != "" {
				t.Errorf("watching wrote: %s", writes)
			}
		})
	}
}

func atWork(status string, scenes ...scene) *world {
	return newWorld().having(status).showing(scenes...)
}

// Watching tells the operation from its beginning, and nothing of those before it, even when it ends just now.
func TestWatchTellsTheWholeOperation(t *testing.T) {
	history := func(ends bool) (*world, *fakeStack) {
		w := newWorld().having("UPDATE_IN_PROGRESS", func(st *fakeStack) { st.events = nil })
		st := w.stacks[0]
		for _, h := range []string{
			"plldb CREATE_IN_PROGRESS", "A CREATE_COMPLETE", "plldb CREATE_COMPLETE", "plldb UPDATE_IN_PROGRESS",
			"A UPDATE_IN_PROGRESS",
		} {
			w.happen(st, told(h))
		}
		st.scenes = updates()
		if ends {
			w.happen(st, told("Function UPDATE_COMPLETE"))
			w.happen(st, told("plldb UPDATE_COMPLETE"))
			st.scenes = []scene{at("")}
		}
		return w, st
	}
	want := []string{
		"plldb UPDATE_IN_PROGRESS", "A UPDATE_IN_PROGRESS", "Function UPDATE_COMPLETE", "plldb UPDATE_COMPLETE",
	}
	for _, ends := range []bool{false, true} {
		bubble(fmt.Sprint("ended already: ", ends), t, func(t *testing.T) {
			w, st := history(ends)
			w.pageSize = 2
			p := w.open()
			if ends {
				w.On("CloudFormation.DescribeStackEvents", func(ctx context.Context, in any) (any, error) {
					st.StackStatus = "UPDATE_COMPLETE"
					return w.usual("DescribeStackEvents")(ctx, in)
				})
			}
			if _, err := p.Watch(t.Context()); err != nil {
				t.Fatal(err)
			}
			if lines := p.story.lines(); !slices.Equal(lines, want) {
				t.Errorf("story %q", lines)
			}
		})
	}
}

// What went wrong while nobody watched is said too: the cause of the last operation, not of one before it.
func TestWatchSaysTheCauseOfTheLastOperation(t *testing.T) {
	w := newWorld().having("UPDATE_ROLLBACK_COMPLETE", func(st *fakeStack) { st.events = nil })
	for _, h := range []string{
		"plldb UPDATE_IN_PROGRESS", "Old UPDATE_FAILED long ago", "plldb UPDATE_ROLLBACK_COMPLETE",
		"plldb UPDATE_IN_PROGRESS", "New UPDATE_FAILED just now", "plldb UPDATE_ROLLBACK_IN_PROGRESS",
		"plldb UPDATE_ROLLBACK_COMPLETE",
	} {
		w.happen(w.stacks[0], told(h))
	}
	_, err := w.open().Watch(t.Context())
	p := mustProblem(t, err, report.ExitStack)
	want := "the stack plldb could not be updated and was rolled back: " +
		"New (AWS::Lambda::Function) could not be updated: just now"
	if p.Message != want {
		t.Errorf("message %q", p.Message)
	}
}

func TestWatchWithoutEvents(t *testing.T) {
	denied := fakeaws.Fails("AccessDenied", "not you")
	bubble("of a settled stack", t, func(t *testing.T) {
		w := newWorld().having("ROLLBACK_COMPLETE")
		w.On("CloudFormation.DescribeStackEvents", denied)
		_, err := w.open().Watch(t.Context())
		mustProblem(t, err, report.ExitStack)
	})
	bubble("of a stack at work", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_IN_PROGRESS")
		w.On("CloudFormation.DescribeStackEvents", denied)
		res, err := w.open().Watch(t.Context())
		mustProblem(t, err, report.ExitRunning)
		mustStatus(t, res, report.Running)
	})
	bubble("or anything", t, func(t *testing.T) {
		w := newWorld()
		w.On("CloudFormation.DescribeStacks", denied)
		res, err := w.open().Watch(t.Context())
		if err == nil {
			t.Error("no error")
		}
		mustStatus(t, res, report.Failed)
	})
}

func TestWatchInterrupted(t *testing.T) {
	bubble("at work", t, func(t *testing.T) {
		p := newWorld().having("UPDATE_IN_PROGRESS").open()
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Minute, func() { cancel(errSignal) })
		res, err := p.Watch(ctx)
		problem := mustProblem(t, err, report.ExitRunning)
		if problem.Hint != "plldb bootstrap watch" || !strings.Contains(problem.Message, "UPDATE_IN_PROGRESS") {
			t.Errorf("problem %+v", *problem)
		}
		mustStatus(t, res, report.Running)
	})
	bubble("while looking", t, func(t *testing.T) {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errSignal)
		res, err := newWorld().open().Watch(ctx)
		if !errors.Is(err, errSignal) {
			t.Errorf("error %v", err)
		}
		mustStatus(t, res, report.Stopped)
	})
}

// The cause is the first failure that is not a cancellation, said in words, with what to do.
func TestTrap21CauseInWords(t *testing.T) {
	var b strings.Builder
	for _, events := range [][]string{
		{
			"A CREATE_FAILED Resource creation cancelled", "Role CREATE_FAILED Role with name x already exists.",
			"B CREATE_FAILED later",
		},
		{
			"A UPDATE_FAILED Resource update canceled",
			"plldb UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [A].",
		},
		{"plldb UPDATE_FAILED it says itself"},
		{"A CREATE_FAILED User: arn:aws:sts::1:x is not authorized to perform: iam:CreateRole on resource: y"},
		{`A CREATE_FAILED Resource handler returned message: "The role defined for the function cannot be assumed by ` +
			`Lambda. (Service: Lambda, Status Code: 400)" (RequestToken: 3-4, HandlerErrorCode: InvalidRequest)`},
		{"A CREATE_FAILED Resource limit exceeded for REST APIs"},
		{"A CREATE_FAILED Rate exceeded (Service: ApiGatewayV2, Status Code: 429)"},
		{"A CREATE_FAILED Error occurred while GetObject. S3 Error Code: NoSuchVersion."},
		{"A DELETE_FAILED Resource cannot be deleted as it is currently protected: DeletionProtection is on"},
		{"A DELETE_FAILED Cannot delete entity, must delete policies first."},
		{"A CREATE_FAILED Access Denied"},
		{"A CREATE_FAILED something nobody has seen"},
		{"A CREATE_FAILED"},
		{"A IMPORT_FAILED no"},
		{"A EXPORT_FAILED no"},
		{"A CREATE_FAILED Resource creation cancelled"},
	} {
		w := newWorld().having("ROLLBACK_COMPLETE", func(st *fakeStack) { st.events = nil })
		w.happen(w.stacks[0], told("plldb CREATE_IN_PROGRESS"))
		for _, e := range events {
			w.happen(w.stacks[0], told(e))
		}
		w.happen(w.stacks[0], told("plldb ROLLBACK_COMPLETE"))
		_, err := w.open().Watch(t.Context())
		p := mustProblem(t, err, report.ExitStack)
		fmt.Fprintf(&b, "events: %s\nerror: %s\nhint: %s\n\n", strings.Join(events, " | "), p.Message, p.Hint)
	}
	golden(t, "causes.txt", b.String())
}

// When no event tells, the stack's own reason does.
func TestReasonOfTheStack(t *testing.T) {
	reason := "Rollback requested by user."
	w := newWorld().having("ROLLBACK_COMPLETE", func(st *fakeStack) { st.events, st.StackStatusReason = nil, &reason })
	_, err := w.open().Watch(t.Context())
	p := mustProblem(t, err, report.ExitStack)
	if p.Message != "the stack plldb could not be created and was rolled back: Rollback requested by user" {
		t.Errorf("message %q", p.Message)
	}
}
