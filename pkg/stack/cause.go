package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// cancelled is the reason of a resource that was only stopped because another one failed (trap 21).
var cancelled = regexp.MustCompile(`(?i)^resource (creation|update|deletion|import) cancell?ed`)

// firstFailure is the cause of a failure: the first event, in order of time, that failed by itself. The stack's own
// event only sums up, so it counts when no resource's does.
func (s *Stack) firstFailure(id string, events []report.StackEvent) (report.StackEvent, bool) {
	var own report.StackEvent
	for i, e := range events {
		switch {
		case s.isStack(id, e):
			// A rollback that begins says why, in the stack's own event.
			if own.Status == "" && (failed(e) || rollsBack(e)) {
				own = e
			}
		case failed(e) && !cancelled.MatchString(e.Reason) && !wasOvercome(events[i+1:], e):
			return e, true
		}
	}
	return own, own.Status != ""
}

func failed(e report.StackEvent) bool    { return strings.HasSuffix(e.Status, "_FAILED") }
func rollsBack(e report.StackEvent) bool { return strings.HasSuffix(e.Status, "ROLLBACK_IN_PROGRESS") }

// wasOvercome says whether a resource that could not be deleted was deleted after all.
func wasOvercome(later []report.StackEvent, e report.StackEvent) bool {
	return e.Status == deleteFailed && slices.ContainsFunc(later, func(l report.StackEvent) bool {
		return l.Status == deleteComplete && l.LogicalID == e.LogicalID && l.PhysicalID == e.PhysicalID
	})
}

// isStack says whether an event is about the stack itself.
func (s *Stack) isStack(id string, e report.StackEvent) bool {
	return e.PhysicalID == id || e.LogicalID == s.name && e.ResourceType == "AWS::CloudFormation::Stack"
}

// tale is a failed operation, sorted out.
type tale struct {
	causes  []string // what failed by itself
	stopped []string // names of what was cancelled because of it
	undoing []string // what failed during the rollback
	end     string   // what the stack's own event says of it
}

// chain tells a failure in order: its causes, what they stopped, what could not be undone, and what the stack says of
// it. It is nil when a single failure is all there is to tell.
func (s *Stack) chain(id string, events []report.StackEvent) []string {
	t := s.sortOut(id, events)
	if len(t.causes)+len(t.stopped)+len(t.undoing) < 2 {
		return nil
	}
	lines := t.causes
	if t.stopped != nil {
		lines = append(lines, "cancelled because of it: "+strings.Join(t.stopped, ", "))
	}
	lines = append(lines, t.undoing...)
	if t.end != "" {
		lines = append(lines, t.end)
	}
	return lines
}

func (s *Stack) sortOut(id string, events []report.StackEvent) tale {
	var t tale
	undoing := false
	for i, e := range events {
		switch {
		case s.isStack(id, e):
			undoing = undoing || rollsBack(e)
			if e.Reason != "" && (failed(e) || rollsBack(e)) {
				t.end = fmt.Sprintf("the stack %s %s: %s", s.name, said(e.Status), clean(e.Reason))
			}
		case !failed(e), wasOvercome(events[i+1:], e):
		case cancelled.MatchString(e.Reason):
			t.stopped = addNew(t.stopped, e.LogicalID)
		case undoing:
			t.undoing = addNew(t.undoing, "during the rollback: "+failureWords(e))
		default:
			t.causes = addNew(t.causes, failureWords(e))
		}
	}
	return t
}

// addNew adds a line that is not there yet: CloudFormation tries a deletion three times.
func addNew(lines []string, line string) []string {
	if slices.Contains(lines, line) {
		return lines
	}
	return append(lines, line)
}

// failureWords says a failed event in a sentence: what, and why.
func failureWords(e report.StackEvent) string {
	text := resourceWords(e.LogicalID, e.ResourceType) + " " + failedTo(e.Status)
	if e.Reason != "" {
		text += ": " + clean(e.Reason)
	}
	return text
}

func failedTo(status string) string {
	switch status {
	case createFailed:
		return "could not be created"
	case updateFailed:
		return "could not be updated"
	case deleteFailed:
		return "could not be deleted"
	case "IMPORT_FAILED":
		return "could not be imported"
	case validationFailed:
		return "is not valid"
	}
	return fmt.Sprintf("failed (%s)", status)
}

// storyHint is for a failure whose reason has no hint of its own.
func (s *Stack) storyHint(reason string) string {
	command := "aws cloudformation describe-stack-events --stack-name " + s.name
	if reason == "" {
		return "read its story: " + command
	}
	return "mend that, then try again; all of the story: " + command
}
