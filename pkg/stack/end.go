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
	cause, found := s.firstFailure(seen.ID, events)
	message := fmt.Sprintf("the stack %s %s", s.name, said(seen.Status))
	reason := seen.Reason
	if found {
		reason = cause.Reason
	}
	switch {
	case found && !s.isStack(seen.ID, cause):
		message += ": " + failureWords(cause)
	case reason != "":
		message += ": " + clean(reason)
	}
	p := s.stackProblem(message, hintFor(reason, s.storyHint(reason)))
	p.Chain = s.chain(seen.ID, events)
	return p
}

// stackProblem is a problem whose last line says the state of the stack.
func (s *Stack) stackProblem(message, hint string) *report.Problem {
	return &report.Problem{Message: message, Hint: hint, Code: report.ExitStack}
}
