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

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// changeLines are changes in short lines.
func changeLines(changes []report.ResourceChange) []string {
	var lines []string
	for _, c := range changes {
		lines = append(lines, fmt.Sprintf("%s %s %s replacement=%s loses=%s", c.Action, c.LogicalID, c.ResourceType,
			c.Replacement, c.Loses))
		for _, p := range c.Properties {
			lines = append(lines, fmt.Sprintf("  %s %q -> %q %s", p.Path, p.Before, p.After, p.Recreation))
		}
	}
	return lines
}

// Before a change set is executed, every change in it is shown with its values, and executed only when agreed to.
func TestReviewInTheCloud(t *testing.T) {
	const left = "the stack plldb was left as it is: its change set was not agreed to"
	for _, agreed := range []bool{true, false} {
		inCloud(fmt.Sprint("agreed ", agreed), t, func(t *testing.T, c *cloud) {
			var shown []string
			setup := func(text string) (stack.Result, error) {
				c.calls, shown = nil, nil
				want := c.wanted(text)
				want.Review = func(_ context.Context, changes []report.ResourceChange) (bool, error) {
					if c.count("ExecuteChangeSet") != 0 {
						t.Error("executed before it was shown")
					}
					shown = changeLines(changes)
					return agreed, nil
				}
				return c.stack.Deploy(t.Context(), c.look(), want, stack.Consents{})
			}
			_, err := setup(first)
			if want := []string{
				"Add Group AWS::Logs::LogGroup replacement= loses=",
				`  /Properties/RetentionInDays "" -> "7" `,
				"Add Table AWS::DynamoDB::Table replacement= loses=",
				`  /Properties/AttributeDefinitions "" -> "[{\"AttributeName\":\"id\",\"AttributeType\":\"S\"}]" `,
				`  /Properties/BillingMode "" -> "PAY_PER_REQUEST" `,
				`  /Properties/KeySchema "" -> "[{\"AttributeName\":\"id\",\"KeyType\":\"HASH\"}]" `,
			}; !slices.Equal(shown, want) {
				t.Errorf("shown %q", shown)
			}
			if !agreed {
				if p := mustProblem(t, err, report.ExitFailed); p.Message != left {
					t.Errorf("message %q", p.Message)
				}
				if c.look().Exists {
					t.Error("the empty stack is left")
				}
				c.deployed(first, report.Created)
			} else if err != nil {
				t.Fatal(err)
			}
			res, err := setup(second)
			if want := []string{
				"Modify Group AWS::Logs::LogGroup replacement=False loses=",
				`  /Properties/RetentionInDays "7" -> "30" Never`,
				"Modify Table AWS::DynamoDB::Table replacement=False loses=",
				`  /Properties/DeletionProtectionEnabled "" -> "true" Never`,
			}; !slices.Equal(shown, want) {
				t.Errorf("shown\n%s", strings.Join(shown, "\n"))
			}
			if agreed {
				if err != nil || res.Status != report.Updated {
					t.Fatalf("%s, %v", res.Status, err)
				}
				// That there is nothing to change is told without values only.
				res, err = setup(second + "# a comment\n")
				if err != nil || res.Status != report.Unchanged || shown != nil {
					t.Fatalf("%s, %v, shown %v", res.Status, err, shown)
				}
				return
			}
			mustProblem(t, err, report.ExitFailed)
			c.status("CREATE_COMPLETE")
			if sets := c.them.sets(); len(sets) != 0 {
				t.Errorf("left %v", sets)
			}
		})
	}
}

// What the guard refuses is shown, and nobody is asked about it.
func TestRefusedChangesAreShown(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		complete(c)
		c.begin()
		want := c.wanted(rekeyed)
		want.Review = func(context.Context, []report.ResourceChange) (bool, error) {
			t.Error("asked")
			return true, nil
		}
		_, err := c.stack.Deploy(t.Context(), c.look(), want, stack.Consents{})
		mustProblem(t, err, report.ExitFailed)
		var shown []report.ResourceChange
		for _, e := range c.story.events {
			if change, is := e.(report.ResourceChange); is {
				shown = append(shown, change)
			}
		}
		if lines := changeLines(shown); len(shown) != 1 || !strings.HasSuffix(lines[0], "replacement=True loses=replaces") ||
			!strings.Contains(strings.Join(lines, "\n"), "/Properties/KeySchema") {
			t.Errorf("shown %q", lines)
		}
	})
}

// While somebody thinks about it a signal ends the run as it would before: nothing is left. So does an error of the
// review, which stays what it is.
func TestReviewEndsEarly(t *testing.T) {
	problem := &report.Problem{Message: "there is no terminal to ask on", Code: report.ExitUsage}
	for name, signal := range map[string]bool{"by a signal": true, "by an error": false} {
		for kind, start := range map[string]func() *world{
			"create": newWorld,
			"update": func() *world { return newWorld().having("CREATE_COMPLETE") },
		} {
			bubble(kind+" "+name, t, func(t *testing.T) {
				w := start()
				p := w.open()
				ctx, cancel := context.WithCancelCause(t.Context())
				want := wanted()
				want.Review = func(ctx context.Context, _ []report.ResourceChange) (bool, error) {
					if !signal {
						return false, problem
					}
					time.AfterFunc(time.Hour, func() { cancel(errSignal) })
					<-ctx.Done()
					return true, nil
				}
				res, err := p.Deploy(ctx, p.look(t), want, stack.Consents{})
				if signal {
					mustStatus(t, res, report.Stopped)
				}
				if signal && !errors.Is(err, errSignal) || !signal && err != error(problem) {
					t.Errorf("error %v", err)
				}
				w.untouched(t)
			})
		}
	}
}

// untouched holds that a run left nothing behind.
func (w *world) untouched(t *testing.T) {
	t.Helper()
	status := w.stacks[len(w.stacks)-1].StackStatus
	if len(w.sets) != 0 || w.count("ExecuteChangeSet") != 0 ||
		!slices.Contains([]types.StackStatus{"DELETE_COMPLETE", "CREATE_COMPLETE"}, status) {
		t.Errorf("left: the stack %s, %d change sets, after %v", status, len(w.sets), w.after(2))
	}
}

// All pages are shown, each property once with what any detail knows of it; an endpoint that tells no values will do.
func TestReviewOfManyDetails(t *testing.T) {
	detail := func(t types.ResourceTargetDefinition) types.ResourceChangeDetail {
		return types.ResourceChangeDetail{Target: &t}
	}
	page := func(id string, details ...types.ResourceChangeDetail) types.Change {
		return types.Change{ResourceChange: &types.ResourceChange{
			Action: types.ChangeActionModify, LogicalResourceId: &id, ResourceType: aws.String("AWS::Lambda::Function"),
			Details: details,
		}}
	}
	property := types.ResourceTargetDefinition{Attribute: "Properties", Name: aws.String("Role"), RequiresRecreation: "Never"}
	valued := property
	valued.Path, valued.AfterValue = aws.String("/Properties/Role"), aws.String("new")
	again := valued
	again.AfterValue, again.BeforeValue, again.RequiresRecreation = nil, aws.String("old"), "Conditionally"
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
		w.changeSet = func(n int) *cloudformation.DescribeChangeSetOutput {
			out := &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete}
			if n%2 == 1 {
				out.NextToken = aws.String("2")
				out.Changes = []types.Change{page("A", detail(valued), types.ResourceChangeDetail{}, detail(again)), {}}
				return out
			}
			out.Changes = []types.Change{page("B", detail(property), detail(types.ResourceTargetDefinition{Attribute: "Metadata"}))}
			return out
		}
		var shown []string
		want := wanted()
		want.Review = func(_ context.Context, changes []report.ResourceChange) (bool, error) {
			shown = changeLines(changes)
			return true, nil
		}
		p := w.open()
		if _, err := p.Deploy(t.Context(), p.look(t), want, stack.Consents{AllowDataLoss: true}); err != nil {
			t.Fatal(err)
		}
		if want := []string{
			"Modify A AWS::Lambda::Function replacement= loses=", `  /Properties/Role "old" -> "new" Conditionally`,
			"Modify B AWS::Lambda::Function replacement= loses=", `  Role "" -> "" Never`, `  Metadata "" -> "" `,
		}; !slices.Equal(shown, want) {
			t.Errorf("shown\n%s", strings.Join(shown, "\n"))
		}
		var valued []bool // what is decided from has none: it would say less
		for _, call := range w.Calls() {
			if in, is := call.Input.(*cloudformation.DescribeChangeSetInput); is {
				valued = append(valued, aws.ToBool(in.IncludePropertyValues))
			}
		}
		if want := []bool{false, false, true, true}; !slices.Equal(valued, want) {
			t.Errorf("pages with values: %v", valued)
		}
	})
}

// Tags are put on the stack beside those that are there; one more of them is an update, the same ones are none.
func TestTagsInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		setup := func(tags map[string]string, want report.Status) map[string]string {
			t.Helper()
			w := c.wanted(first)
			w.Tags = tags
			res, err := c.stack.Deploy(t.Context(), c.look(), w, stack.Consents{})
			if err != nil {
				t.Fatal(err)
			}
			mustStatus(t, res, want)
			return c.look().Tags
		}
		setup(map[string]string{"team": "a"}, report.Created)
		setup(map[string]string{"team": "a"}, report.Unchanged)
		setup(nil, report.Unchanged)
		got := setup(map[string]string{"team": "b", "cost": "1"}, report.Updated)
		if want := fmt.Sprint(map[string]string{"team": "b", "cost": "1", stack.TagKey: stack.TagValue}); fmt.Sprint(got) != want {
			t.Errorf("tags %v, want %s", got, want)
		}
	})
}
