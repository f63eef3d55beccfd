package stack_test

import (
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// A template that names a role needs a capability that plldb does not give, and is refused in words.
func TestNamedRoleIsRefusedInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		named := simple + strings.Replace(role, "Properties: {", "Properties: {RoleName: mine, ", 1)
		_, err := c.deploy(named, stack.Consents{})
		wantNamed(t, err)
		if c.look().Exists {
			t.Error("a stack is left")
		}
	})
}

// Where only the execution is refused for it (serverless-application-model#51), the words are the same.
func TestNamedRoleIsRefusedLate(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE")
		w.On("CloudFormation.ExecuteChangeSet",
			fakeaws.Fails("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_NAMED_IAM]"))
		_, err := w.open().deploy(t, stack.Consents{})
		wantNamed(t, err)
		if len(w.sets) != 0 {
			t.Error("a change set is left")
		}
	})
}

func wantNamed(t *testing.T, err error) {
	t.Helper()
	p := mustProblem(t, err, report.ExitFailed)
	if p.Message != "CloudFormation refuses the change of the stack plldb: Requires capabilities : [CAPABILITY_NAMED_IAM]" ||
		!strings.HasPrefix(p.Hint, "the template names a role, or something else of IAM") {
		t.Errorf("problem %+v", *p)
	}
}

// More tags than a stack has are refused in words that CloudFormation and its validation have for them (aws-cdk#7612).
func TestTooManyTagsAreRefused(t *testing.T) {
	for _, message := range []string{
		"Tags must have length less than or equal to 50",
		"1 validation error detected: Value '[Tag(key=a, value=b)]' at 'tags' failed to satisfy constraint: Member must have " +
			"length less than or equal to 50",
	} {
		bubble("", t, func(t *testing.T) {
			w := newWorld()
			w.On("CloudFormation.CreateChangeSet", fakeaws.Fails("ValidationError", message))
			_, err := w.open().deploy(t, stack.Consents{})
			if p := mustProblem(t, err, report.ExitFailed); !strings.HasPrefix(p.Hint, "a stack has at most 50 tags") {
				t.Errorf("problem %+v", *p)
			}
		})
	}
}

// Somebody else is at work on the stack that this run made, although DescribeStacks still says that it is empty
// (aws-cdk-cli#1802): it is not deleted under them. If it is empty indeed, the run goes on with it.
func TestBusyCreateIsNotDeleted(t *testing.T) {
	for operation, odd := range map[string]fakeaws.Answer{
		"ExecuteChangeSet":  fakeaws.Fails("OperationInProgressException", "in progress"),
		"DescribeChangeSet": fakeaws.Fails("ChangeSetNotFound", "ChangeSet [x] does not exist"),
	} {
		bubble(operation, t, func(t *testing.T) {
			w := newWorld().play("ExecuteChangeSet", creates())
			w.once(operation, odd)
			res, err := w.open().deploy(t, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Created)
			if n := w.count("DeleteStack"); n != 0 || len(w.stacks) != 1 || len(w.sets) != 0 {
				t.Errorf("deleted %d times, %d stacks, %d change sets", n, len(w.stacks), len(w.sets))
			}
		})
	}
}
