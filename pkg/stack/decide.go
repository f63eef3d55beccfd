package stack

import (
	"fmt"
	"maps"
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
	Check            Action = "ask CloudFormation whether anything is left to do"
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

	row string // the name of the row of the table that it comes of
}

// Decide says what to do about the stack as it was seen. It is pure: the whole table of DESIGN.md is the rows below, of
// which the first that matches wins.
func Decide(verb Verb, seen Seen, want Wanted, c Consents) Decision {
	f := facts{seen: seen, want: want, consents: c}
	for _, r := range rows(verb) {
		if r.found(f) {
			d := r.then(f)
			d.row = r.name
			return d
		}
	}
	return refuse(stateProblem)(f)
}

// decide is Decide for this stack.
func (s *Stack) decide(verb Verb, seen Seen, want Wanted, c Consents) Decision {
	d := Decide(verb, seen, want, c)
	if s.decided != nil {
		s.decided(verb, d.row)
	}
	return d
}

// facts is what a row may look at.
type facts struct {
	seen     Seen
	want     Wanted
	consents Consents
}

// row is one line of the table.
type row struct {
	name  string
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
		{"absent", absent, do(Create, "there is no stack %s yet")},
		{"foreign", foreign, refuse(foreignProblem)},
		{"empty", is(reviewInProgress), do(Create, "the stack %s is empty: an earlier create was never begun")},
		{"working", working, follow},
		{"held", is(deleteFailed), refuse(heldProblem)},
		{"strange", strange, refuse(stateProblem)},
		{"newer", newer, refuse(newerProblem)},
		{"protected", all(mustDelete, protected), refuse(protectedProblem)},
		{"rolled back", is(rollbackComplete), do(DeleteThenCreate,
			"the stack %s could not be created when it was tried, and never worked")},
		{"half made, with a table", all(neverWorked, losesTable), refuse(tableStaysProblem)},
		{"half made", neverWorked, startAnew},
		{"never stable, with a table", all(is(updateFailed), neverStable, losesTable), refuse(neverStableProblem)},
		{"drops a table", all(updatable, dropsTable), refuse(droppedProblem)},
		{"half-way", is(updateFailed), do(RollBack, "the stack %s stands half-way in an update that failed")},
		{"stuck, by force", all(is(updateRollbackFailed), forced), do(ForceContinue,
			"the stack %s could not be rolled back")},
		{"stuck", is(updateRollbackFailed), do(ContinueRollback, "the stack %s could not be rolled back")},
		{"equal", equal, do(Unchanged, "the stack %s is as it should be")},
		{"equal, rolled back", all(complete, alike), do(Check, "the last update of the stack %s was rolled back")},
		{"differs", complete, differs},
	}
}

func destroyRows() []row {
	return []row{
		{"absent", absent, do(Absent, "there is no stack %s")},
		{"foreign", foreign, refuse(foreignProblem)},
		{"empty", is(reviewInProgress), do(Delete, "the stack %s is empty: its create was never begun")},
		{"protected", protected, refuse(protectedProblem)},
		{"working", working, follow},
		{"strange", strange, refuse(stateProblem)},
		{"held, by force", all(is(deleteFailed), force), do(ForceDelete, "the stack %s could not be deleted")},
		{"held", is(deleteFailed), do(Delete, "the stack %s could not be deleted; trying again")},
		{"there", exists, do(Delete, "the stack %s is there")},
	}
}

func watchRows() []row {
	return []row{
		{"absent", absent, do(Absent, "there is no stack %s")},
		{"empty", is(reviewInProgress), do(Absent, "the stack %s is empty: its create was never begun")},
		{"working", working, follow},
		{"settled", exists, do(Settled, "nothing goes on with the stack %s")},
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
// is in it (trap 60). Nor is it known of one that is being deleted, which may have been as empty, by a run that gave
// up; to follow that harms nobody, and what is left of it is decided about anew.
func foreign(f facts) bool {
	return f.seen.Tags[TagKey] != TagValue && !is(reviewInProgress, deleteInProgress)(f) && !f.consents.Adopt
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
// there for certain, so a change set has to tell.
func equal(f facts) bool {
	return alike(f) && complete(f) && !strings.Contains(f.seen.Status, "ROLLBACK")
}

// alike says that all that can be compared is as it should be.
func alike(f facts) bool { return len(f.differences()) == 0 }

// differs says what an update is for.
func differs(f facts) Decision {
	reason := fmt.Sprintf("the stack %s differs from what it should be: %s", f.seen.Name, strings.Join(f.differences(), ", "))
	return Decision{Action: Update, Reason: reason}
}

// differences names what is not as it should be. Tags that nobody asks for stay, and do not count.
func (f facts) differences() []string {
	var list []string
	if f.want.Text == nil || f.seen.Template != string(f.want.Text) {
		list = append(list, "its template")
	}
	want := maps.Clone(f.want.Tags)
	if want == nil {
		want = map[string]string{}
	}
	want[TagKey] = TagValue
	for _, key := range slices.Sorted(maps.Keys(want)) {
		switch got, there := f.seen.Tags[key]; {
		case !there:
			list = append(list, "it has no tag "+key)
		case got != want[key]:
			list = append(list, fmt.Sprintf("its tag %s is %s, not %s", key, got, want[key]))
		}
	}
	if len(f.seen.Parameters) > 0 {
		list = append(list, "it has parameters")
	}
	return list
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
