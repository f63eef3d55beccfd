package stack

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// maxDecisions bounds a run: the longest way through the table is follow, roll back, continue, delete, create, and a
// stack that somebody else keeps changing must not hold a run for ever.
const maxDecisions = 8

// Deploy brings the stack to what is wanted, from what was seen of it. The error beside the Result is a *report.Problem
// with the exit code 1, 3 or 5; or it wraps the cause of ctx, when the run was interrupted before anything went on at
// AWS or, with ErrHalfWay, between two steps.
func (s *Stack) Deploy(ctx context.Context, seen Seen, want Wanted, c Consents) (Result, error) {
	return s.drive(ctx, &run{stack: s, verb: Setup, want: want, consents: c}, seen)
}

// Destroy takes the stack away, from what was seen of it. Its errors are Deploy's.
func (s *Stack) Destroy(ctx context.Context, seen Seen, c Consents) (Result, error) {
	return s.drive(ctx, &run{stack: s, verb: Destroy, consents: c}, seen)
}

// run is one Deploy or Destroy: what was asked, and the little that must be remembered from one decision to the next.
type run struct {
	stack    *Stack
	verb     Verb
	want     Wanted
	consents Consents
	late     context.Context // outlives the run's own by one grace, which all its writes share

	tried   bool // something that changes the stack was decided and agreed to, at least once
	touched bool // something was repaired, so the outcome is not "unchanged"
	begun   bool // AWS has begun what this run asked for, at least once
	retried bool // a create was tried once more for an object that was not there yet
	waits   int  // how often the stack was busy
	role    bool // the role of the stack was told
	warned  bool // of values that cannot be read
}

// drive decides, acts and looks again, until an action settles the matter. Everything that decides is read anew each
// time: nothing that was true before an action is taken to be true after it.
func (s *Stack) drive(ctx context.Context, r *run, seen Seen) (Result, error) {
	late, end := outlive(ctx, s.clock)
	defer end()
	r.late = late
	seen.Name = s.name
	if r.want.Stale {
		var err error
		if seen, err = s.lookAgain(ctx, seen); err != nil {
			return r.close(ctx, Result{Seen: seen}, err)
		}
	}
	for range maxDecisions {
		d := s.decide(r.verb, seen, r.want, r.consents)
		r.tell(d, seen)
		res, err := r.step(ctx, d, seen)
		if !errors.Is(err, errAgain) {
			return r.close(ctx, res, err)
		}
		if seen, err = s.look(ctx, s.poll); err != nil {
			return r.close(ctx, Result{}, err)
		}
	}
	return r.close(ctx, Result{Seen: seen}, refusal("wait until nobody else works on it, then run this again",
		"the stack %s changed each time it was looked at; last it %s", s.name, lately(seen)))
}

// lately says how the stack was last seen.
func lately(seen Seen) string {
	if !seen.Exists {
		return "was not there"
	}
	return fmt.Sprintf("%s (%s)", said(seen.Status), seen.Status)
}

// step does what was decided, if it is agreed to.
func (r *run) step(ctx context.Context, d Decision, seen Seen) (Result, error) {
	if err := r.agree(ctx, d, seen); err != nil {
		return Result{Seen: seen}, err
	}
	return r.act(ctx, d, seen)
}

// act does what was decided. errAgain has the stack looked at and decided about anew.
func (r *run) act(ctx context.Context, d Decision, seen Seen) (Result, error) {
	switch d.Action {
	case Create:
		return r.change(ctx, seen, types.ChangeSetTypeCreate)
	case Update, Check:
		return r.change(ctx, seen, types.ChangeSetTypeUpdate)
	case Delete, ForceDelete, DeleteThenCreate:
		return r.remove(ctx, seen, d.Action)
	case RollBack, ContinueRollback, ForceContinue:
		return r.repair(ctx, seen, d.Action)
	case Follow:
		return r.wait(ctx, seen, d)
	case Unchanged:
		return r.unchanged(seen)
	case Absent:
		return Result{Status: report.Absent, Seen: seen}, nil
	}
	return Result{Seen: seen}, d.Problem
}

// unchanged is the end of a run that had nothing to update.
func (r *run) unchanged(seen Seen) (Result, error) {
	if r.touched {
		return Result{Status: report.Updated, Seen: seen}, nil
	}
	return Result{Status: report.Unchanged, Seen: seen}, nil
}

// wait follows what somebody else began, and says who that is.
func (r *run) wait(ctx context.Context, seen Seen, d Decision) (Result, error) {
	last, err := r.stack.lastOperation(ctx, seen.ID)
	if err != nil && ctx.Err() != nil {
		return r.stack.left(ctx, seen, err)
	}
	if err != nil {
		return Result{Seen: seen}, fmt.Errorf("reading the events of the stack %s: %w", r.stack.name, err)
	}
	r.notice(d, last.origin())
	j := r.stack.foreignJournal(seen.ID, last.past)
	if st, err := r.stack.follow(ctx, j); err != nil {
		if end := r.stack.seenOf(st); end.Status != "" {
			seen = end
		}
		if r.begun || ctx.Err() != nil { // something goes on, though another began it
			return r.stack.left(ctx, seen, err)
		}
		return Result{Seen: seen}, fmt.Errorf("following the stack %s: %w", r.stack.name, err)
	}
	return Result{}, errAgain
}

// tell says why the run does more than create, update or delete, and, once, whose rights CloudFormation works with: a
// role that was once given to a stack is used for ever (trap 29).
func (r *run) tell(d Decision, seen Seen) {
	switch d.Action {
	case RollBack, ContinueRollback, ForceContinue, ForceDelete, DeleteThenCreate:
		r.notice(d, "")
	case Unchanged, Absent, Refuse, Follow: // whom it follows is told when that is known
		return
	}
	if seen.Role != "" && !r.role {
		r.role = true
		text := "CloudFormation works on the stack " + seen.Name + " with its role " + seen.Role
		r.stack.sink.Tell(report.Notice{Text: text})
	}
}

// notice tells a decision.
func (r *run) notice(d Decision, detail string) {
	r.stack.sink.Tell(report.Notice{Text: d.Reason + detail + ": " + string(d.Action)})
}

// close gives the end of a run its status. An interrupt is told by the context's cause, which the SDK's errors do not
// hold.
func (r *run) close(ctx context.Context, res Result, err error) (Result, error) {
	_, isProblem := errors.AsType[*report.Problem](err)
	switch {
	case err == nil:
	case !isProblem && ctx.Err() != nil:
		res.Status = report.Stopped
		cause := context.Cause(ctx)
		if r.begun {
			cause = fmt.Errorf("%w: %w", ErrHalfWay, cause)
		}
		err = fmt.Errorf("stopped before the next step on the stack %s: %w", r.stack.name, cause)
	default:
		res.Status = cmp.Or(res.Status, report.Failed)
		err = r.halfWay(err)
	}
	return res, err
}

// halfWay is an error after which ErrHalfWay is true. Whoever puts it into words adds that.
type halfWay struct{ error }

func (h halfWay) Unwrap() error { return h.error }

func (halfWay) Is(target error) bool { return target == ErrHalfWay }

// halfWay says of a failure after the stack was changed by this run that it was: a refusal or an error alone sounds as if
// nothing had been done. What ends with the stack's own state, or leaves it to AWS, has said so.
func (r *run) halfWay(err error) error {
	p, isProblem := errors.AsType[*report.Problem](err)
	switch {
	case !r.begun, isProblem && p.Code != report.ExitFailed:
		return err
	case !isProblem:
		return halfWay{err}
	}
	more := *p
	more.Message += "; " + ErrHalfWay.Error()
	return &more
}
