package rollout

import (
	"context"
	"errors"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Explain turns whatever a step returned into words and an exit code.
func (r *Run) Explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	return r.explain(ctx, err)
}

func (r *Run) explain(ctx context.Context, err error) *report.Problem {
	if p, ok := errors.AsType[*report.Problem](err); ok {
		return r.following(p)
	}
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx))) {
		return r.stopped(ctx, err)
	}
	return r.following(report.AsProblem(account.Explain(err)))
}

// following gives a stack that goes on without us the command that takes it up again, with this run's own flags.
func (r *Run) following(p *report.Problem) *report.Problem {
	if p.Code != report.ExitRunning || r.settings.Watch == "" {
		return p
	}
	again := *p
	again.Hint = r.settings.Watch
	return &again
}

// stopped says what a signal has left behind. Where AWS goes on without us, the stack's own step has answered before.
func (r *Run) stopped(ctx context.Context, err error) *report.Problem {
	s := signalOf(ctx)
	end, _ := r.ended.peek()
	p := &report.Problem{
		Message: s.Error() + " before the stack was touched",
		Hint:    "run the same command again to go on; what was uploaded stays and is not sent twice",
		Code:    s.Code,
		Err:     err,
	}
	switch {
	case errors.Is(err, stack.ErrHalfWay):
		p.Message = s.Error() + " half-way: " + stack.ErrHalfWay.Error()
		p.Hint = "nothing goes on at AWS; run the same command again to finish it"
	case end.command == Destroy:
		p.Hint = "nothing was deleted; run the same command again to go on"
	case end.command == Watch:
		p.Message, p.Hint = s.Error()+" while looking at the stack", "nothing was changed; run the same command again to go on"
	}
	return p
}

// stoppedPurging says that a signal ended the run when the stack was gone, and not yet all that a purge removes.
func stoppedPurging(ctx context.Context, err error) *report.Problem {
	s := signalOf(ctx)
	return &report.Problem{
		Message: s.Error() + " while purging: the stack is deleted, and not all of the bucket is",
		Hint:    "run the same command again: the purge goes on where it was stopped",
		Code:    s.Code,
		Err:     err,
	}
}

// signalOf is the signal that cancelled ctx. mage cancels without saying why: at SIGINT, the only one it knows.
func signalOf(ctx context.Context) Stopped {
	if s, ok := errors.AsType[Stopped](context.Cause(ctx)); ok {
		return s
	}
	return Stopped{Signal: "SIGINT", Code: report.ExitInterrupt}
}
