package stack

import (
	"context"
	"fmt"

	"github.com/plldb/plldb/pkg/report"
)

// Watch follows what goes on with the stack to its end, or says its state when nothing does. It changes nothing. A
// stack that is rolled back or failed is a *report.Problem with exit code 3; an interrupt while AWS goes on one with 5.
func (s *Stack) Watch(ctx context.Context) (Result, error) {
	seen, err := s.Look(ctx)
	if err != nil {
		return s.unseen(ctx, err)
	}
	switch s.decide(Watch, seen, Wanted{}, Consents{}).Action {
	case Absent:
		return Result{Status: report.Absent, Seen: seen}, nil
	case Follow:
		return s.watch(ctx, seen)
	}
	return s.state(ctx, seen)
}

// unseen is the end of a watch that could not look.
func (s *Stack) unseen(ctx context.Context, err error) (Result, error) {
	if ctx.Err() != nil {
		return Result{Status: report.Stopped}, fmt.Errorf("looking at the stack %s: %w", s.name, context.Cause(ctx))
	}
	return Result{Status: report.Failed}, err
}

// watch follows the operation that goes on, from its first event.
func (s *Stack) watch(ctx context.Context, seen Seen) (Result, error) {
	last, err := s.lastOperation(ctx, seen.ID)
	if err == nil {
		j := s.foreignJournal(seen.ID, last.past)
		st, failure := s.follow(ctx, j)
		if failure == nil {
			end := s.seenOf(st)
			end.Template = seen.Template
			j.leftovers(end.Status)
			return s.ended(end, j.events)
		}
		err = failure
	}
	if ctx.Err() != nil || isLockedOut(err) {
		return s.left(ctx, seen, err)
	}
	return Result{Status: report.Failed, Seen: seen}, fmt.Errorf("reading the events of the stack %s: %w", s.name, err)
}

// state says how the stack stands while nothing goes on, and, if that is not well, why: the events of its last
// operation tell, and when they cannot be read the state alone has to do.
func (s *Stack) state(ctx context.Context, seen Seen) (Result, error) {
	switch outcome(seen.Status) {
	case report.Created, report.Updated:
		return Result{Status: report.Unchanged, Seen: seen}, nil
	}
	last, err := s.lastOperation(ctx, seen.ID)
	if err != nil {
		last = story{}
	}
	return s.ended(seen, last.events)
}
