package stack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// watchCommand takes up again what was left to AWS.
const watchCommand = "plldb bootstrap watch"

// refusal is a problem that stops a run before it touches the stack.
func refusal(hint, format string, args ...any) *report.Problem {
	return &report.Problem{Message: fmt.Sprintf(format, args...), Hint: hint, Code: report.ExitFailed}
}

func foreignProblem(f facts) *report.Problem {
	return refusal("rename or remove that stack, or run this again with --adopt to go on all the same",
		"the stack %s was not made by plldb: it has no tag %s = %s", f.seen.Name, TagKey, TagValue)
}

func newerProblem(f facts) *report.Problem {
	return refusal("update plldb, or run this again with --allow-downgrade to overwrite the stack",
		"the stack %s was set up by plldb %s, which is newer than this plldb %s",
		f.seen.Name, f.seen.Outputs[VersionOutput], f.want.Version)
}

func protectedProblem(f facts) *report.Problem {
	return refusal("take the protection away, then run this again: aws cloudformation update-termination-protection "+
		"--no-enable-termination-protection --stack-name "+f.seen.Name,
		"the stack %s is protected against termination", f.seen.Name)
}

func tableStaysProblem(f facts) *report.Problem {
	return refusal("save its data if it matters, then run this again with --allow-data-loss, which deletes the stack and makes it anew",
		"the stack %s %s, and deleting it would lose the %s", f.seen.Name, said(f.seen.Status),
		tableWords(tables(f.seen.Resources)))
}

func neverStableProblem(f facts) *report.Problem {
	return refusal("save its data if it matters, then run this again with --allow-data-loss, which deletes the stack and makes it anew",
		"the stack %s was never complete, so rolling it back would delete it and lose the %s", f.seen.Name,
		tableWords(tables(f.seen.Resources)))
}

func droppedProblem(f facts) *report.Problem {
	return refusal("plldb bootstrap diff shows the change; save the data if it matters, then run this again with --allow-data-loss",
		"the new template of the stack %s removes or replaces the %s, whose data would be lost", f.seen.Name, tableWords(f.lost()))
}

func stateProblem(f facts) *report.Problem {
	text, known := words(f.seen.Status)
	if known {
		text += " (" + f.seen.Status + "), and plldb cannot go on from there"
	}
	return refusal("bring the stack to a state that ends in _COMPLETE, in the CloudFormation console, then run this again",
		"the stack %s %s", f.seen.Name, text)
}

// heldProblem says what keeps a stack from being deleted. The stack failed before this run, which did not touch it; its
// state is the answer all the same.
func heldProblem(f facts) *report.Problem {
	p := refusal("mend what holds it, then run plldb bootstrap destroy; plldb bootstrap destroy --force leaves behind what cannot be deleted",
		"the stack %s could not be deleted%s", f.seen.Name, holders(f.seen.Resources))
	p.Code = report.ExitStack
	return p
}

// holders says which resources could not be deleted, the first with its reason.
func holders(resources []Resource) string {
	var names []string
	reason := ""
	for _, r := range resources {
		if r.Status == deleteFailed {
			names = append(names, resourceWords(r.LogicalID, r.Type))
			if reason == "" && r.Reason != "" {
				reason = ": " + clean(r.Reason)
			}
		}
	}
	if names == nil {
		return ""
	}
	return "; held by " + strings.Join(names, ", ") + reason
}

// isTable says whether a resource type holds data that plldb must not lose.
func isTable(resourceType string) bool {
	return resourceType == "AWS::DynamoDB::Table" || resourceType == "AWS::DynamoDB::GlobalTable"
}

// isThere says whether deleting the stack would delete the resource: it was made, and is not kept by its policy.
func isThere(r Resource) bool { return r.PhysicalID != "" && r.Status != deleteSkipped }

// tables names the tables among the resources that are there.
func tables(resources []Resource) []string {
	var names []string
	for _, r := range resources {
		if isTable(r.Type) && isThere(r) {
			names = append(names, r.LogicalID)
		}
	}
	return names
}

// list names the resources that are there.
func list(resources []Resource) string {
	var names []string
	for _, r := range resources {
		if isThere(r) {
			names = append(names, resourceWords(r.LogicalID, r.Type))
		}
	}
	return strings.Join(names, ", ")
}

func resourceWords(logicalID, resourceType string) string {
	return fmt.Sprintf("%s (%s)", logicalID, resourceType)
}

func tableWords(names []string) string {
	names = slices.Clone(names)
	slices.Sort(names)
	if len(names) == 1 {
		return "table " + names[0]
	}
	return "tables " + strings.Join(names, ", ")
}
