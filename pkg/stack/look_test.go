package stack_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/fakeaws"
)

func TestLookIsTwoRequests(t *testing.T) {
	w := newWorld().having("CREATE_COMPLETE", func(st *fakeStack) {
		st.Outputs = []types.Output{{OutputKey: aws.String("Version"), OutputValue: aws.String("0.1.0")}}
		st.Parameters = []types.Parameter{{ParameterKey: aws.String("P"), ParameterValue: aws.String("v")}}
		st.RoleARN = aws.String("arn:role")
		st.EnableTerminationProtection = aws.Bool(true)
		st.StackStatusReason = aws.String("because")
		st.LastOperations = []types.OperationEntry{{OperationId: aws.String("op-new")}, {OperationId: aws.String("op-old")}}
	})
	seen := w.open().look(t)
	calls := w.after(0)
	slices.Sort(calls)
	if !slices.Equal(calls, []string{"DescribeStacks", "GetTemplate"}) {
		t.Errorf("calls %v", calls)
	}
	if in := input[*cloudformation.GetTemplateInput](w); in.TemplateStage != types.TemplateStageOriginal {
		t.Errorf("template of the stage %s", in.TemplateStage)
	}
	if !seen.Exists || seen.Status != "CREATE_COMPLETE" || seen.Template != "old" || seen.Reason != "because" ||
		seen.Outputs["Version"] != "0.1.0" || seen.Parameters["P"] != "v" || seen.Tags["plldb:stack"] != "bootstrap" ||
		seen.Role != "arn:role" || !seen.Protected || seen.LastOperation != "op-new" || seen.ID == "" ||
		seen.Name != "plldb" {
		t.Errorf("seen %+v", seen)
	}
}

// A stack that is not there is known by the text of a ValidationError, and is no error.
func TestTrap19AbsentByText(t *testing.T) {
	for name, message := range map[string]string{
		"AWS and moto": "Stack with id plldb does not exist",
		"by ARN":       "Stack [arn:aws:cloudformation:x] does not exist",
		"older":        "Stack:plldb does not exist",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.On("CloudFormation.DescribeStacks", fakeaws.Fails("ValidationError", message))
			if seen := w.open().look(t); seen.Exists || seen.Name != "plldb" || len(w.Calls()) != 2 {
				t.Errorf("seen %+v after %v", seen, w.Operations())
			}
		})
	}
	for name, answer := range map[string]fakeaws.Answer{
		"another ValidationError": fakeaws.Fails("ValidationError", "1 validation error detected"),
		"another code":            fakeaws.Fails("AccessDenied", "Stack with id plldb does not exist"),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld()
			w.On("CloudFormation.DescribeStacks", answer)
			_, err := w.open().Look(t.Context())
			if _, ok := errors.AsType[smithy.APIError](err); !ok {
				t.Errorf("error %v, want AWS's own in its chain", err)
			}
		})
	}
}

// An endpoint that still finds a deleted stack by its name has none.
func TestLookADeletedStackIsAbsent(t *testing.T) {
	w := newWorld()
	w.On("CloudFormation.DescribeStacks", fakeaws.Always(&cloudformation.DescribeStacksOutput{
		Stacks: []types.Stack{{StackId: aws.String("arn:x"), StackStatus: types.StackStatusDeleteComplete}},
	}))
	w.On("CloudFormation.GetTemplate", fakeaws.Fails("ValidationError", "no"))
	if seen := w.open().look(t); seen.Exists {
		t.Errorf("seen %+v", seen)
	}
}

func TestLookNeedsTheTemplate(t *testing.T) {
	w := newWorld().having("CREATE_COMPLETE")
	w.On("CloudFormation.GetTemplate", fakeaws.Fails("AccessDenied", "not you"))
	if _, err := w.open().Look(t.Context()); err == nil {
		t.Error("a template that could not be read was taken for none")
	}
}

// An empty stack exists, and has no template to give.
func TestTrap18ReviewInProgressIsSeen(t *testing.T) {
	seen := newWorld().having("REVIEW_IN_PROGRESS").open().look(t)
	if !seen.Exists || seen.Status != "REVIEW_IN_PROGRESS" || seen.Template != "" {
		t.Errorf("seen %+v", seen)
	}
}

func TestLookInsideABrokenStack(t *testing.T) {
	summary := func(id, status string) types.StackResourceSummary {
		return types.StackResourceSummary{
			LogicalResourceId: aws.String(id), PhysicalResourceId: aws.String(id + "-1"),
			ResourceType: aws.String(typeOf(id)), ResourceStatus: types.ResourceStatus(status),
		}
	}
	for _, status := range []string{"CREATE_FAILED", "ROLLBACK_FAILED", "UPDATE_FAILED", "DELETE_FAILED"} {
		t.Run(status, func(t *testing.T) {
			w := newWorld().having(status, func(st *fakeStack) {
				st.resources = []types.StackResourceSummary{
					summary("Gone", "DELETE_COMPLETE"),
					summary("Function", "CREATE_COMPLETE"), summary("Table", "DELETE_FAILED"),
				}
			})
			w.pageSize = 1
			seen := w.open().look(t)
			last := seen.Resources[len(seen.Resources)-1]
			if len(seen.Resources) != 2 || last.LogicalID != "Table" || last.Type != "AWS::DynamoDB::Table" {
				t.Errorf("resources %+v", seen.Resources)
			}
			if n := w.count("ListStackResources"); n != 3 {
				t.Errorf("%d pages of resources", n)
			}
			if asked := w.count("DescribeStackEvents") > 0; asked != (status == "UPDATE_FAILED") {
				t.Errorf("events asked: %v", asked)
			}
		})
	}
}

// RollbackStack would delete a stack without a stable state: its own events tell, those of resources do not.
func TestTrap51EverStable(t *testing.T) {
	many := append([]string{"plldb CREATE_COMPLETE"}, slices.Repeat([]string{"Function UPDATE_FAILED"}, 9)...)
	for name, c := range map[string]struct {
		events []string
		want   bool
	}{
		"created once":       {[]string{"plldb CREATE_COMPLETE", "plldb UPDATE_FAILED"}, true},
		"rolled back once":   {[]string{"plldb UPDATE_ROLLBACK_COMPLETE", "plldb UPDATE_FAILED"}, true},
		"never":              {[]string{"plldb CREATE_FAILED", "Function CREATE_COMPLETE", "plldb UPDATE_FAILED"}, false},
		"ROLLBACK_COMPLETE":  {[]string{"plldb ROLLBACK_COMPLETE", "plldb UPDATE_FAILED"}, false},
		"behind many events": {many, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld().having("UPDATE_FAILED", func(st *fakeStack) { st.events = nil })
			w.pageSize = 2
			for _, h := range c.events {
				w.happen(w.stacks[0], told(h))
			}
			if seen := w.open().look(t); seen.EverStable != c.want {
				t.Errorf("ever stable: %v", seen.EverStable)
			}
		})
	}
}

func TestLookInsideFails(t *testing.T) {
	for _, operation := range []string{"ListStackResources", "DescribeStackEvents"} {
		w := newWorld().having("UPDATE_FAILED")
		w.On("CloudFormation."+operation, fakeaws.Fails("AccessDenied", "not you"))
		if _, err := w.open().Look(t.Context()); err == nil {
			t.Errorf("a broken stack was decided about without %s", operation)
		}
	}
}
