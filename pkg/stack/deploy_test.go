package stack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// bubble runs a test in turned time.
func bubble(name string, t *testing.T, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, f) })
}

// What a run ends with: the stack as it is now.
func TestResult(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", creates())
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		seen := res.Seen
		if seen.Template != "new" || seen.Status != "CREATE_COMPLETE" || seen.ID == "" || !seen.Exists {
			t.Errorf("seen %+v", seen)
		}
	})
}

func TestTrap18ReviewInProgressIsCreated(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("REVIEW_IN_PROGRESS").play("ExecuteChangeSet", creates())
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil || input[*cloudformation.CreateChangeSetInput](w).ChangeSetType != types.ChangeSetTypeCreate {
			t.Fatalf("%v, a change set of the type %s", err, input[*cloudformation.CreateChangeSetInput](w).ChangeSetType)
		}
		mustStatus(t, res, report.Created)
	})
}

// AWS's own refusals: of the template in words, of the caller as they are, for the door to explain.
func TestCreateChangeSetRefused(t *testing.T) {
	bubble("the template", t, func(t *testing.T) {
		w := newWorld()
		broken := "Template format error: YAML not well-formed. (line 3, column 1)"
		w.On("CloudFormation.CreateChangeSet", fakeaws.Fails("ValidationError", broken))
		_, err := w.open().deploy(t, stack.Consents{})
		if p := mustProblem(t, err, report.ExitFailed); !strings.Contains(p.Message, "line 3, column 1") {
			t.Errorf("message %q", p.Message)
		}
	})
	bubble("the caller", t, func(t *testing.T) {
		w := newWorld()
		w.On("CloudFormation.CreateChangeSet", fakeaws.Fails("AccessDenied", "not you"))
		res, err := w.open().deploy(t, stack.Consents{})
		if e, ok := errors.AsType[smithy.APIError](err); !ok || e.ErrorCode() != "AccessDenied" {
			t.Errorf("error %v", err)
		}
		mustStatus(t, res, report.Failed)
	})
	bubble("the template's address", t, func(t *testing.T) {
		p := newWorld().open()
		want := wanted()
		broken := errors.New("no upload")
		want.URL = func(context.Context) (string, error) { return "", broken }
		if _, err := p.Deploy(t.Context(), p.look(t), want, stack.Consents{}); err != broken || len(p.world.Calls()) != 2 {
			t.Errorf("error %v after %v", err, p.world.Operations())
		}
	})
	for name, failure := range map[string]error{
		"execution":                  fakeaws.Error("AccessDenied", "no"),
		"execution, not even signed": errors.New("get identity: get credentials: failed to refresh cached credentials"),
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld()
			w.On("CloudFormation.ExecuteChangeSet", func(context.Context, any) (any, error) { return nil, failure })
			res, err := w.open().deploy(t, stack.Consents{})
			if err == nil {
				t.Error("no error")
			}
			mustStatus(t, res, report.Failed)
			if w.stacks[0].StackStatus != types.StackStatusDeleteComplete || len(w.sets) != 0 {
				t.Errorf("left: the stack %s, %d change sets", w.stacks[0].StackStatus, len(w.sets))
			}
		})
	}
}

// A refusal stops before anything is written.
func TestRefusalWritesNothing(t *testing.T) {
	for _, verb := range []string{"setup", "destroy"} {
		bubble(verb, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE", untagged)
			p := w.open()
			var err error
			if verb == "setup" {
				_, err = p.deploy(t, stack.Consents{})
			} else {
				_, err = p.destroy(t, stack.Consents{})
			}
			mustProblem(t, err, report.ExitFailed)
			if len(w.Calls()) != 2 {
				t.Errorf("calls %v", w.Operations())
			}
		})
	}
}

func TestDeployFailures(t *testing.T) {
	broken := at("UPDATE_IN_PROGRESS", told("Function UPDATE_FAILED it is broken"))
	updating := func(scenes ...scene) *world {
		return newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", scenes)
	}
	for name, c := range map[string]struct {
		world  *world
		status report.Status
		text   string
	}{
		"a create that is rolled back": {
			newWorld().play("ExecuteChangeSet", []scene{
				at("CREATE_IN_PROGRESS", told("Other CREATE_FAILED Resource creation cancelled"),
					told("Role CREATE_FAILED it exists")),
				at("ROLLBACK_IN_PROGRESS"), at("ROLLBACK_COMPLETE"),
			}), report.RolledBack, "and was rolled back: Role (AWS::Lambda::Function) could not be created: it exists",
		},
		"an update that is rolled back": {
			updating(broken, at("UPDATE_ROLLBACK_IN_PROGRESS"), at("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"),
				at("UPDATE_ROLLBACK_COMPLETE")),
			report.RolledBack, "Function (AWS::Lambda::Function) could not be updated: it is broken",
		},
		"an update that cannot be rolled back": {
			updating(broken, at("UPDATE_ROLLBACK_FAILED")),
			report.Failed, "could not be updated, nor rolled back: Function",
		},
		"a stack deleted by somebody else": {
			updating(at("UPDATE_IN_PROGRESS"), at("DELETE_IN_PROGRESS"), at("DELETE_COMPLETE")),
			report.Failed, "was deleted by somebody else",
		},
	} {
		bubble(name, t, func(t *testing.T) {
			res, err := c.world.open().deploy(t, stack.Consents{})
			p := mustProblem(t, err, report.ExitStack)
			if !strings.Contains(p.Message, c.text) {
				t.Errorf("message %q, want %q in it", p.Message, c.text)
			}
			mustStatus(t, res, c.status)
		})
	}
}

// The decisions after the first read the stack anew: what was lost of the template is asked of what is there then.
func TestEachDecisionLooksAnew(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_IN_PROGRESS").showing(at("UPDATE_COMPLETE"))
		p := w.open()
		seen := p.look(t)
		w.stacks[0].template = "new"
		want := wanted()
		want.URL = func(context.Context) (string, error) { return "", fmt.Errorf("the template was asked for") }
		res, err := p.Deploy(t.Context(), seen, want, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Unchanged)
		if !strings.HasPrefix(p.story.lines()[0], "notice: the stack plldb is being updated") {
			t.Errorf("story %q", p.story.lines())
		}
	})
}
