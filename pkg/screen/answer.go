package screen

import (
	"fmt"
	"maps"
	"slices"

	"github.com/plldb/plldb/pkg/report"
)

// watch is the command that only looks on.
const watch = "watch"

// answer writes what a run was for: how it ended, and the stack's outputs. Of a stack that failed it writes the state and
// nothing more, so that the state is the last line; every other failure is told in the story alone.
func (s *Screen) answer(e report.Event) {
	o, ok := e.(report.Outcome)
	if !ok || o.Problem != nil && o.Problem.Code != report.ExitStack {
		return
	}
	_, _ = fmt.Fprintln(s.o.Out, sentence(o))
	if o.Problem == nil {
		s.outputs(o)
	}
}

func (s *Screen) outputs(o report.Outcome) {
	wide := 0
	for name := range o.Outputs {
		wide = max(wide, len(name))
	}
	for _, name := range slices.Sorted(maps.Keys(o.Outputs)) {
		_, _ = fmt.Fprintf(s.o.Out, "%-*s  %s\n", wide, name, o.Outputs[name])
	}
}

// sentence says how a command ended.
func sentence(o report.Outcome) string {
	text := fmt.Sprintf("the stack plldb in account %s, region %s, %s", o.Account, o.Region, became(o))
	switch {
	case o.BucketDeleted:
		return text + "; the bucket " + o.Bucket + " was deleted"
	case o.Command != watch && (o.Status == report.Unchanged || o.Status == report.Absent):
		return "nothing to do: " + text
	}
	return text
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
