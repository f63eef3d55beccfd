package stack

import (
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/semver"

	"github.com/plldb/plldb/pkg/report"
)

// Action is what is done about the stack next.
type Action string

// The actions. The words are those of a plan.
const (
	Create           Action = "create"
	Update           Action = "update"
	Unchanged        Action = "leave unchanged"
	Delete           Action = "delete"
	ForceDelete      Action = "delete, leaving behind what cannot be deleted"
	DeleteThenCreate Action = "delete, then create"
	Follow           Action = "follow to its end"
	RollBack         Action = "roll back"
	ContinueRollback Action = "continue the rollback"
	ForceContinue    Action = "continue the rollback, skipping what cannot be rolled back"
	Absent           Action = "nothing: there is no stack"
	Settled          Action = "nothing: its state is the answer" // of watch only
	Refuse           Action = "refuse"
)

// Decision is one action and why.
type Decision struct {
	Action  Action
	Reason  string          // a sentence for the plan and the story
	Problem *report.Problem // of Refuse only
}

// Decide says what to do about the stack as it was seen. It is pure: the whole table of DESIGN.md is the rows below, of
// which the first that matches wins.
func Decide(verb Verb, seen Seen, want Wanted, c Consents) Decision {
	f := facts{seen: seen, want: want, consents: c}
	for _, r := range rows(verb) {
		if r.found(f) {
			return r.then(f)
		}
	}
	return refuse(stateProblem)(f)
}

// facts is what a row may look at.
type facts struct {
	seen     Seen
	want     Wanted
	consents Consents
}

// row is one line of the table.
type row struct {
	found func(facts) bool
	then  func(facts) Decision
}

func rows(verb Verb) []row {
	switch verb {
	case Destroy:
		return destroyRows()
	case Watch:
		return watchRows()
	}
	return setupRows()
}

func setupRows() []row {
	neverWorked := is(createFailed, rollbackFailed)
	updatable := either(is(updateFailed), is(updateRollbackFailed), complete)
	return []row{
		{absent, do(Create, "there is no stack %s yet")},
		{foreign, refuse(foreignProblem)},
		{is(reviewInProgress), do(Create, "the stack %s is empty: an earlier create was never begun")},
		{working, follow},
		{is(deleteFailed), refuse(heldProblem)},
		{strange, refuse(stateProblem)},
		{newer, refuse(newerProblem)},
		{all(mustDelete, protected), refuse(protectedProblem)},
		{is(rollbackComplete), do(DeleteThenCreate, "the stack %s could not be created when it was tried, and never worked")},
		{all(neverWorked, losesTable), refuse(tableStaysProblem)},
		{neverWorked, startAnew},
		{all(is(updateFailed), neverStable, losesTable), refuse(neverStableProblem)},
		{all(updatable, dropsTable), refuse(droppedProblem)},
		{is(updateFailed), do(RollBack, "the stack %s stands half-way in an update that failed")},
		{all(is(updateRollbackFailed), forced), do(ForceContinue, "the stack %s could not be rolled back")},
		{is(updateRollbackFailed), do(ContinueRollback, "the stack %s could not be rolled back")},
		{equal, do(Unchanged, "the stack %s is as it should be")},
		{complete, do(Update, "the stack %s differs from what it should be")},
	}
}

func destroyRows() []row {
	return []row{
		{absent, do(Absent, "there is no stack %s")},
		{foreign, refuse(foreignProblem)},
		{is(reviewInProgress), do(Delete, "the stack %s is empty: its create was never begun")},
		{protected, refuse(protectedProblem)},
		{working, follow},
		{strange, refuse(stateProblem)},
		{all(is(deleteFailed), force), do(ForceDelete, "the stack %s could not be deleted")},
		{is(deleteFailed), do(Delete, "the stack %s could not be deleted; trying again")},
		{exists, do(Delete, "the stack %s is there")},
	}
}

func watchRows() []row {
	return []row{
		{absent, do(Absent, "there is no stack %s")},
		{is(reviewInProgress), do(Absent, "the stack %s is empty: its create was never begun")},
		{working, follow},
		{exists, do(Settled, "nothing goes on with the stack %s")},
	}
}

// do makes a decision whose reason names the stack.
func do(a Action, reason string) func(facts) Decision {
	return func(f facts) Decision { return Decision{Action: a, Reason: fmt.Sprintf(reason, f.seen.Name)} }
}

// refuse makes a decision to stop with a problem.
func refuse(problem func(facts) *report.Problem) func(facts) Decision {
	return func(f facts) Decision {
		p := problem(f)
		return Decision{Action: Refuse, Reason: p.Message, Problem: p}
	}
}

func follow(f facts) Decision {
	return Decision{Action: Follow, Reason: fmt.Sprintf("the stack %s %s", f.seen.Name, said(f.seen.Status))}
}

// startAnew says what is still there of a stack that never worked.
func startAnew(f facts) Decision {
	reason := fmt.Sprintf("the stack %s %s", f.seen.Name, said(f.seen.Status))
	if left := list(f.seen.Resources); left != "" {
		reason += "; still there: " + left
	}
	return Decision{Action: DeleteThenCreate, Reason: reason}
}

func absent(f facts) bool    { return !f.seen.Exists || f.seen.Status == deleteComplete }
func exists(f facts) bool    { return f.seen.Exists }
func working(f facts) bool   { return inProgress(f.seen.Status) }
func protected(f facts) bool { return f.seen.Protected }
func forced(f facts) bool    { return f.consents.ForceRollback }
func force(f facts) bool     { return f.consents.Force }
func complete(f facts) bool  { return strings.HasSuffix(f.seen.Status, "_COMPLETE") }

// foreign is a stack that plldb did not make. What tags a stack in REVIEW_IN_PROGRESS shows is not known, and nothing
// is in it (trap 60).
func foreign(f facts) bool {
	return f.seen.Tags[TagKey] != TagValue && f.seen.Status != reviewInProgress && !f.consents.Adopt
}

// strange is a state that no row below can go on from.
func strange(f facts) bool {
	_, known := words(f.seen.Status)
	return !known || strings.HasPrefix(f.seen.Status, "IMPORT_ROLLBACK_")
}

// newer is the stack of a newer plldb. A version that is none compares as the oldest.
func newer(f facts) bool {
	return !f.consents.AllowDowngrade && semver.Compare("v"+f.seen.Outputs[VersionOutput], "v"+f.want.Version) > 0
}

// mustDelete says that setup could only go on by deleting the stack.
func mustDelete(f facts) bool {
	return is(createFailed, rollbackFailed, rollbackComplete)(f) || f.seen.Status == updateFailed && neverStable(f)
}

func neverStable(f facts) bool { return !f.seen.EverStable }

func losesTable(f facts) bool { return !f.consents.AllowDataLoss && len(tables(f.seen.Resources)) > 0 }
func dropsTable(f facts) bool { return !f.consents.AllowDataLoss && len(f.lost()) > 0 }

// lost names the tables that the new template removes, or replaces since their keys differ.
func (f facts) lost() []string {
	if f.want.Lost == nil {
		return nil
	}
	return f.want.Lost(f.seen.Template)
}

// equal says that an update would do nothing. After a rollback the template that CloudFormation gives is not what is
// there for certain, so a change set has to tell. Tags that plldb did not set stay, and do not count.
func equal(f facts) bool {
	return complete(f) && !strings.Contains(f.seen.Status, "ROLLBACK") &&
		f.want.Text != nil && f.seen.Template == string(f.want.Text) &&
		f.seen.Tags[TagKey] == TagValue && len(f.seen.Parameters) == 0
}

func is(among ...string) func(facts) bool {
	return func(f facts) bool { return slices.Contains(among, f.seen.Status) }
}

func all(tests ...func(facts) bool) func(facts) bool {
	return func(f facts) bool {
		return !slices.ContainsFunc(tests, func(test func(facts) bool) bool { return !test(f) })
	}
}

func either(tests ...func(facts) bool) func(facts) bool {
	return func(f facts) bool {
		return slices.ContainsFunc(tests, func(test func(facts) bool) bool { return test(f) })
	}
}
