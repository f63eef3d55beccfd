package screen

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// The commands that only look: "nothing to do" says nothing of them.
const (
	watch  = "watch"
	diff   = "diff"
	status = "status"
)

// say writes one line of the answer. A stream that cannot be written to ends no run.
func (s *Screen) say(line string) { _, _ = fmt.Fprintln(s.o.Out, line) }

// answer writes what a run was for: how it ended, and the stack's outputs; before it what was found, where that was
// asked for.
func (s *Screen) answer(e report.Event) {
	if o, ok := e.(report.Outcome); ok {
		s.end(o)
	} else if s.o.Answer {
		s.found(e)
	}
}

// found writes what was found. Drift waits for the outcome, to stand below the stack that it is of.
func (s *Screen) found(e report.Event) {
	switch e := e.(type) {
	case report.Planned:
		s.planned++
		s.refused = s.refused || e.Refused
	case report.Drifted:
		s.drifted = append(s.drifted, e)
		return
	}
	for _, line := range s.bright.findings(e) {
		s.say(line)
	}
}

// end writes how a run ended. Of a stack that failed it writes the state and nothing more, so that the state is the last
// line; every other failure is told in the story alone.
func (s *Screen) end(o report.Outcome) {
	switch {
	case o.Status == report.Served: // what happened was the answer
	case o.Problem == nil && o.Command == diff:
		s.say(s.verdict(o))
	case o.Problem == nil:
		s.say(sentence(o))
		s.outputs(o)
		if o.Status == report.Present {
			s.functions(o)
			s.drift(o)
		}
	case o.Problem.Code == report.ExitStack:
		s.say(sentence(o))
	}
}

func (s *Screen) outputs(o report.Outcome) {
	wide := 0
	for name := range o.Outputs {
		wide = max(wide, len(name))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		s.say(fmt.Sprintf("%-*s  %s", wide, name, o.Outputs[name]))
	}
}

func (s *Screen) functions(o report.Outcome) {
	wide := 0
	for _, f := range o.Functions {
		wide = max(wide, len(f.Name))
	}
	for _, f := range o.Functions {
		s.say(fmt.Sprintf("function %-*s  %s, version %s", wide, f.Name, short(f.Digest, 12), f.VersionID))
	}
}

// drift says what is no longer as the template has it, if that was asked for.
func (s *Screen) drift(o report.Outcome) {
	switch {
	case o.Drift == "":
		return
	case o.Drift == "IN_SYNC":
		s.say("drift: none")
	case o.Drift == "NOT_CHECKED":
		s.say("drift: not looked for in this state")
	case o.Drift == "UNKNOWN":
		s.say("drift: not known: some of the stack could not be looked at")
	case len(s.drifted) == 1:
		s.say("drift: 1 resource differs")
	default:
		s.say(fmt.Sprintf("drift: %d resources differ", len(s.drifted)))
	}
	for _, d := range s.drifted {
		for _, line := range s.bright.findings(d) {
			s.say("  " + line)
		}
	}
}

// verdict is the last sentence of diff.
func (s *Screen) verdict(o report.Outcome) string {
	where := fmt.Sprintf("in account %s, region %s", o.Account, o.Region)
	switch {
	case s.refused:
		return "a setup " + where + ", would be refused"
	case o.Status == report.Unchanged:
		return "a setup would change nothing: the stack plldb " + where + ", is as it should be"
	case s.planned == 1:
		return "a setup would write 1 thing " + where
	}
	return fmt.Sprintf("a setup would write %d things %s", s.planned, where)
}

// sentence says how a command ended.
func sentence(o report.Outcome) string {
	text := fmt.Sprintf("the stack plldb in account %s, region %s", o.Account, o.Region)
	if o.Status == report.Present {
		return text + ": " + present(o)
	}
	text += ", " + became(o)
	looks := o.Command == watch || o.Command == status
	switch {
	case o.BucketDeleted:
		return text + "; the bucket " + o.Bucket + " was deleted"
	case !looks && (o.Status == report.Unchanged || o.Status == report.Absent):
		return "nothing to do: " + text
	}
	return text
}

// present is the state that a stack is in. The plldb that made it what it is stands among its outputs.
func present(o report.Outcome) string {
	text := o.StackStatus
	if words := meaning(o.StackStatus); words != "" {
		text += " (" + words + ")"
	}
	if version := o.Outputs["Version"]; version != "" {
		text += ", plldb " + version
	}
	return text
}

// meaning puts a state into words, where it is not simply one of success.
func meaning(state string) string {
	for _, m := range []struct{ ending, words string }{
		{"REVIEW_IN_PROGRESS", "it is empty: its first change set was never executed"},
		{"_CLEANUP_IN_PROGRESS", "it is being tidied up"},
		{"ROLLBACK_IN_PROGRESS", "it is being rolled back"},
		{"CREATE_IN_PROGRESS", "it is being created"},
		{"UPDATE_IN_PROGRESS", "it is being updated"},
		{"DELETE_IN_PROGRESS", "it is being deleted"},
		{"_IN_PROGRESS", "it is being changed"},
		{"ROLLBACK_FAILED", "its last change failed, and so did taking it back"},
		{"_FAILED", "its last change failed"},
		{"ROLLBACK_COMPLETE", "its last change failed and was taken back"},
	} {
		if strings.HasSuffix(state, m.ending) {
			return m.words
		}
	}
	return ""
}

// became says what became of the stack.
func became(o report.Outcome) string {
	switch o.Status {
	case report.Created, report.Updated:
		if o.Command == watch { // of whichever plldb set it going
			return "was " + string(o.Status)
		}
		return "was " + string(o.Status) + ": plldb " + o.Version
	case report.Unchanged:
		if o.Command == watch {
			return "is at rest: " + o.StackStatus
		}
		return "is as it should be"
	case report.Deleted:
		return "was deleted"
	case report.Absent:
		return "is not there"
	case report.RolledBack:
		return "was rolled back: " + o.StackStatus
	}
	return "was left in the state " + o.StackStatus
}
