package stack

import (
	"fmt"

	"github.com/plldb/plldb/pkg/report"
)

// ended is the result of an operation that came to its end as seen; the events are the operation's, and tell the cause
// if it did not go well.
func (s *Stack) ended(seen Seen, events []report.StackEvent) (Result, error) {
	res := Result{Status: outcome(seen.Status), Seen: seen}
	if res.Status != report.RolledBack && res.Status != report.Failed {
		return res, nil
	}
	return res, s.failure(seen, events)
}

// failure says in words why the stack is in the state that it was left in, and what to do.
func (s *Stack) failure(seen Seen, events []report.StackEvent) *report.Problem {
	reason := clean(seen.Reason)
	cause, found := s.firstFailure(seen.ID, events)
	message := fmt.Sprintf("the stack %s %s", s.name, said(seen.Status))
	switch {
	case found && s.isStack(seen.ID, cause):
		reason = clean(cause.Reason)
	case found:
		return s.stackProblem(message+": "+failureWords(cause), hintFor(cause.Reason, s.storyHint(cause.Reason)))
	}
	if reason != "" {
		message += ": " + reason
	}
	return s.stackProblem(message, hintFor(reason, s.storyHint(reason)))
}

// stackProblem is a problem whose last line says the state of the stack.
func (s *Stack) stackProblem(message, hint string) *report.Problem {
	return &report.Problem{Message: message, Hint: hint, Code: report.ExitStack}
}
