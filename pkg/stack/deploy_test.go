package stack_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

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

// AWS's own refusals: of the template in words, of the caller as they are, for the door to explain.
func TestCreateChangeSetRefused(t *testing.T) {
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
