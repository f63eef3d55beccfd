package stack_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

func failedSet(reason string) func(int) *cloudformation.DescribeChangeSetOutput {
	return func(int) *cloudformation.DescribeChangeSetOutput {
		return &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusFailed, StatusReason: &reason}
	}
}

// Nothing to change is a change set that failed with one of two reasons; it is deleted, and the outcome is unchanged.
func TestTrap20NoChanges(t *testing.T) {
	for _, reason := range []string{
		"The submitted information didn't contain changes. Submit different information to create a change set.",
		"No updates are to be performed.",
	} {
		bubble(reason[:10], t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			w.changeSet = failedSet(reason)
			res, err := w.open().deploy(t, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Unchanged)
			if len(w.sets) != 0 || w.count("ExecuteChangeSet") != 0 {
				t.Errorf("change sets left: %d", len(w.sets))
			}
		})
		bubble("at once "+reason[:10], t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			w.On("CloudFormation.CreateChangeSet", fakeaws.Fails("ValidationError", reason))
			res, err := w.open().deploy(t, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, report.Unchanged)
		})
	}
	// A change set of outputs alone lists no changes, and is executed.
	bubble("no changes listed", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Updated)
	})
}

// A change set that failed for another reason leaves nothing behind: no change set, and no empty stack that it made.
func TestFailedChangeSetLeavesNothing(t *testing.T) {
	const reason = "Template error: instance of Fn::GetAtt references undefined resource X"
	for name, c := range map[string]struct {
		world  *world
		stacks string
	}{
		"first create":     {newWorld(), "DELETE_COMPLETE"},
		"found empty":      {newWorld().having("REVIEW_IN_PROGRESS"), "REVIEW_IN_PROGRESS"},
		"update":           {newWorld().having("CREATE_COMPLETE"), "CREATE_COMPLETE"},
		"after a rollback": {newWorld().having("UPDATE_ROLLBACK_COMPLETE"), "UPDATE_ROLLBACK_COMPLETE"},
	} {
		bubble(name, t, func(t *testing.T) {
			w := c.world
			w.changeSet = failedSet(reason)
			res, err := w.open().deploy(t, stack.Consents{})
			p := mustProblem(t, err, report.ExitFailed)
			if !strings.Contains(p.Message, "references undefined resource X") {
				t.Errorf("message %q", p.Message)
			}
			mustStatus(t, res, report.Failed)
			if got := string(w.stacks[0].StackStatus); got != c.stacks || len(w.sets) != 0 {
				t.Errorf("left: the stack %s, %d change sets", got, len(w.sets))
			}
		})
	}
}

// A create that has nothing to change is a template without resources, not an outcome.
func TestNoChangesOfACreate(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld()
		w.changeSet = failedSet("The submitted information didn't contain changes.")
		_, err := w.open().deploy(t, stack.Consents{})
		mustProblem(t, err, report.ExitFailed)
		if w.stacks[0].StackStatus != types.StackStatusDeleteComplete {
			t.Errorf("left: the stack %s", w.stacks[0].StackStatus)
		}
	})
}

// Somebody else puts the empty stack to work while this run gives up: then it must not be deleted.
func TestAStackAtWorkIsNotDiscarded(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld()
		w.changeSet = func(int) *cloudformation.DescribeChangeSetOutput {
			w.stacks[0].StackStatus = types.StackStatusCreateInProgress
			return failedSet("no")(0)
		}
		_, err := w.open().deploy(t, stack.Consents{})
		mustProblem(t, err, report.ExitFailed)
		if w.count("DeleteStack") != 0 {
			t.Error("a stack that somebody else creates was deleted")
		}
	})
}

// The details of early validation are in DescribeEvents alone, by the change set's ARN.
func TestEarlyValidation(t *testing.T) {
	const reason = "The following hook(s)/validation failed: [AWS::EarlyValidation::ResourceExistenceCheck]. To " +
		"troubleshoot Early Validation errors, use the DescribeEvents API for detailed failure information."
	bubble("said", t, func(t *testing.T) {
		w := newWorld()
		w.changeSet = failedSet(reason)
		failed := types.OperationEvent{
			LogicalResourceId: aws.String("Role"), ResourceType: aws.String("AWS::IAM::Role"),
			ValidationStatus: types.ValidationStatusFailed, ValidationFailureMode: types.HookFailureModeFail,
			ValidationStatusReason: aws.String("Required property [X] not found"),
			ValidationPath:         aws.String("/Resources/Role/Properties"),
		}
		warned := failed
		warned.ValidationFailureMode, warned.LogicalResourceId = types.HookFailureModeWarn, aws.String("Table")
		w.On("CloudFormation.DescribeEvents", fakeaws.Always(&cloudformation.DescribeEventsOutput{
			OperationEvents: []types.OperationEvent{failed, warned},
		}))
		_, err := w.open().deploy(t, stack.Consents{})
		p := mustProblem(t, err, report.ExitFailed)
		want := "CloudFormation refuses the change of the stack plldb: Role (AWS::IAM::Role) is not valid: " +
			"Required property [X] not found (at /Resources/Role/Properties)"
		if p.Message != want {
			t.Errorf("message %q", p.Message)
		}
		in := input[*cloudformation.DescribeEventsInput](w)
		if id := aws.ToString(in.ChangeSetName); !strings.Contains(id, ":changeSet/") {
			t.Errorf("asked for %q, not an ARN", id)
		}
	})
	bubble("not allowed", t, func(t *testing.T) {
		w := newWorld()
		w.changeSet = failedSet(reason)
		w.On("CloudFormation.DescribeEvents", fakeaws.Fails("Throttling", "Rate exceeded"))
		_, err := w.open().deploy(t, stack.Consents{})
		if p := mustProblem(t, err, report.ExitFailed); !strings.Contains(p.Message, "EarlyValidation") {
			t.Errorf("message %q", p.Message)
		}
		if n := w.count("DescribeEvents"); n != 1 {
			t.Errorf("DescribeEvents was tried %d times", n)
		}
	})
}

func tableChange(action types.ChangeAction, replacement types.Replacement, policy types.PolicyAction) []types.Change {
	return []types.Change{{ResourceChange: &types.ResourceChange{
		Action: action, Replacement: replacement, PolicyAction: policy,
		LogicalResourceId: aws.String("Table"), ResourceType: aws.String("AWS::DynamoDB::Table"),
	}}}
}

// A change set that would lose a table, surely or perhaps, is refused and deleted. All its pages count.
func TestTrap62DataLoss(t *testing.T) {
	function := []types.Change{{ResourceChange: &types.ResourceChange{
		Action: types.ChangeActionModify, Replacement: types.ReplacementTrue, LogicalResourceId: aws.String("Function"),
		ResourceType: aws.String("AWS::Lambda::Function"),
	}}, {}}
	for name, c := range map[string]struct {
		change []types.Change
		refuse string
	}{
		"removed":             {tableChange("Remove", "", "Delete"), "removes"},
		"removed, but kept":   {tableChange("Remove", "", "Retain"), "removes"},
		"replaced":            {tableChange("Modify", "True", "ReplaceAndDelete"), "replaces"},
		"perhaps replaced":    {tableChange("Modify", "Conditional", ""), "may replace"},
		"not known":           {tableChange("Dynamic", "", ""), "may replace"},
		"by its policy alone": {tableChange("Modify", "", "ReplaceAndRetain"), "replaces"},
		"gone by its policy":  {tableChange("Modify", "", "Delete"), "removes"},
		"changed in place":    {tableChange("Modify", "False", ""), ""},
		"added":               {tableChange("Add", "", ""), ""},
	} {
		two := func(n int) *cloudformation.DescribeChangeSetOutput {
			out := &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete, Changes: c.change}
			if n == 1 {
				out.Changes, out.NextToken = function, aws.String("2")
			}
			return out
		}
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
			w.changeSet = two
			_, err := w.open().deploy(t, stack.Consents{})
			if c.refuse == "" {
				if err != nil || w.count("ExecuteChangeSet") != 1 {
					t.Fatalf("not executed: %v", err)
				}
				return
			}
			p := mustProblem(t, err, report.ExitFailed)
			if !strings.Contains(p.Message, c.refuse+" the table Table") || !strings.Contains(p.Hint, "--allow-data-loss") {
				t.Errorf("problem %+v", *p)
			}
			if len(w.sets) != 0 || w.count("ExecuteChangeSet") != 0 || w.count("DescribeChangeSet") != 2 {
				t.Errorf("left %d change sets after %v", len(w.sets), w.Operations())
			}
		})
		bubble(name+", allowed", t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
			w.changeSet = two
			_, err := w.open().deploy(t, stack.Consents{AllowDataLoss: true})
			if err != nil || w.count("DescribeChangeSet") != 1 {
				t.Errorf("%v after %v", err, w.Operations())
			}
		})
	}
}

// A create has no table to lose, so its other pages are not read.
func TestCreateIsNotGuarded(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", creates())
		w.changeSet = func(int) *cloudformation.DescribeChangeSetOutput {
			return &cloudformation.DescribeChangeSetOutput{
				Status: types.ChangeSetStatusCreateComplete, NextToken: aws.String("2"),
			}
		}
		if _, err := w.open().deploy(t, stack.Consents{}); err != nil || w.count("DescribeChangeSet") != 1 {
			t.Errorf("%v after %v", err, w.Operations())
		}
	})
}

// The guard reads on; when the change set goes meanwhile, the stack is busy, and other errors are the SDK's own.
func TestGuardCannotReadOn(t *testing.T) {
	first := &cloudformation.DescribeChangeSetOutput{
		Status: types.ChangeSetStatusCreateComplete, NextToken: aws.String("2"),
	}
	last := &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete}
	bubble("it is gone", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
		w.On("CloudFormation.DescribeChangeSet", fakeaws.InTurn(fakeaws.Always(first),
			fakeaws.Fails("ChangeSetNotFound", "it does not exist"), fakeaws.Always(last)))
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Updated)
	})
	bubble("it is denied", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE")
		w.On("CloudFormation.DescribeChangeSet", fakeaws.InTurn(fakeaws.Always(first), fakeaws.Fails("AccessDenied", "no")))
		_, err := w.open().deploy(t, stack.Consents{})
		if err == nil || len(w.sets) != 0 || w.count("ExecuteChangeSet") != 0 {
			t.Errorf("%v; %d change sets left", err, len(w.sets))
		}
	})
}
