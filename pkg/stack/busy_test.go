package stack_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Somebody else was faster, in the ways that the local cloud does not come to: the run looks again, and goes on from
// what it finds.
func TestTrap61Busy(t *testing.T) {
	deleting := &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusDeleteInProgress}
	gone := fakeaws.Fails("ChangeSetNotFound", "ChangeSet [x] does not exist")
	for name, c := range map[string]struct {
		operation string
		odd       fakeaws.Answer
	}{
		"gone while it was made":        {"DescribeChangeSet", gone},
		"a change set being deleted":    {"DescribeChangeSet", fakeaws.Always(deleting)},
		"another operation":             {"ExecuteChangeSet", fakeaws.Fails("OperationInProgressException", "in progress")},
		"a change set of the same name": {"CreateChangeSet", fakeaws.Fails("AlreadyExistsException", "exists")},
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
			w.once(c.operation, c.odd)
			res, err := w.open().deploy(t, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Updated)
			if w.count("GetTemplate") != 2 {
				t.Errorf("looked %d times", w.count("GetTemplate"))
			}
			if len(w.sets) != 0 {
				t.Error("a change set is left")
			}
		})
	}
	bubble("for ever", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE")
		w.On("CloudFormation.CreateChangeSet", fakeaws.Fails("OperationInProgressException", "in progress"))
		begun := time.Now()
		res, err := w.open().deploy(t, stack.Consents{})
		mustProblem(t, err, report.ExitFailed)
		mustStatus(t, res, report.Failed)
		if n, took := w.count("CreateChangeSet"), time.Since(begun); n != 8 || took != 47*time.Second {
			t.Errorf("%d decisions in %s, want 8 in 47s", n, took)
		}
	})
}

// once puts one odd answer before the world's own.
func (w *world) once(operation string, odd fakeaws.Answer) {
	w.times(operation, 1, odd)
}

// times puts n odd answers before the world's own.
func (w *world) times(operation string, n int, odd fakeaws.Answer) {
	usual := w.usual(operation)
	w.On("CloudFormation."+operation, func(ctx context.Context, in any) (any, error) {
		w.mu.Lock()
		is := n > 0
		n--
		w.mu.Unlock()
		if is {
			return odd(ctx, in)
		}
		return usual(ctx, in)
	})
}

// The first create in a bucket that was only just made versioned is tried once more when an object is missing: whether
// CloudFormation misses the template, at once or later, or Lambda a package.
func TestTrap44CreateIsTriedOnceMore(t *testing.T) {
	const lambda = `Resource handler returned message: "Error occurred while GetObject. S3 Error Code: NoSuchKey. ` +
		`S3 Error Message: The specified key does not exist. (Service: Lambda, Status Code: 400, Request ID: 1)" ` +
		`(RequestToken: 2, HandlerErrorCode: InvalidRequest)`
	rolledBack := []scene{at("ROLLBACK_COMPLETE", told("Function CREATE_FAILED "+lambda))}
	worlds := map[string]func() *world{
		"the template, at once": func() *world {
			w := newWorld().play("ExecuteChangeSet", creates())
			w.once("CreateChangeSet", fakeaws.Fails("ValidationError", "S3 error: The specified key does not exist."))
			return w
		},
		"the template's version, later": func() *world {
			w := newWorld().play("ExecuteChangeSet", creates())
			w.once("DescribeChangeSet", fakeaws.Always(failedSet("S3 error: The specified version does not exist.")(0)))
			return w
		},
		"a package": func() *world {
			return newWorld().play("ExecuteChangeSet", rolledBack, creates()).play("DeleteStack", deletes())
		},
	}
	for name, make := range worlds {
		bubble(name, t, func(t *testing.T) {
			p := make().open()
			want := wanted()
			want.JustVersioned = true
			begun := time.Now()
			res, err := p.Deploy(t.Context(), p.look(t), want, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Created)
			if waited := time.Since(begun); waited < 30*time.Second {
				t.Errorf("waited only %s", waited)
			}
		})
		bubble(name+", an older bucket", t, func(t *testing.T) {
			_, err := make().open().deploy(t, stack.Consents{})
			if err == nil {
				t.Error("tried again although the bucket was not just made versioned")
			}
		})
	}
	bubble("not when the rollback fails too", t, func(t *testing.T) {
		stuck := []scene{at("ROLLBACK_FAILED", told("Function CREATE_FAILED "+lambda))}
		p := newWorld().play("ExecuteChangeSet", stuck).open()
		want := wanted()
		want.JustVersioned = true
		res, err := p.Deploy(t.Context(), p.look(t), want, stack.Consents{})
		mustProblem(t, err, report.ExitStack)
		mustStatus(t, res, report.Failed)
	})
	bubble("once only", t, func(t *testing.T) {
		p := newWorld().play("ExecuteChangeSet", rolledBack).play("DeleteStack", deletes()).open()
		want := wanted()
		want.JustVersioned = true
		res, err := p.Deploy(t.Context(), p.look(t), want, stack.Consents{})
		problem := mustProblem(t, err, report.ExitStack)
		if !strings.Contains(problem.Hint, "try again") || strings.Contains(problem.Message, "RequestToken") {
			t.Errorf("problem %+v", *problem)
		}
		mustStatus(t, res, report.RolledBack)
		if n := p.world.count("ExecuteChangeSet"); n != 2 {
			t.Errorf("created %d times", n)
		}
	})
}
