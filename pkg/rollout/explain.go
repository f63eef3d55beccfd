package rollout

import (
	"context"
	"errors"
	"os/exec"
	"strings"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Explain turns whatever a step returned into words and an exit code.
func (r *Run) Explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	end, _ := r.ended.peek()
	return r.explain(ctx, end.command, err)
}

func (r *Run) explain(ctx context.Context, command Command, err error) *report.Problem {
	return r.located(r.problem(ctx, command, err))
}

// located makes the AWS commands of a hint ask where this run has asked: pasted as they are they would find the stack of
// another account or region.
func (r *Run) located(p *report.Problem) *report.Problem {
	who, known := r.identity.peek()
	if !known {
		return p
	}
	flags := " --region " + who.Region
	if who.Endpoint != "" {
		flags += " --endpoint-url " + who.Endpoint
	}
	if r.settings.Profile != "" {
		flags += " --profile " + r.settings.Profile
	}
	there := *p
	there.Hint = strings.ReplaceAll(p.Hint, "--stack-name "+StackName, "--stack-name "+StackName+flags)
	return &there
}

func (r *Run) problem(ctx context.Context, command Command, err error) *report.Problem {
	if p, ok := errors.AsType[*report.Problem](err); ok {
		return r.following(ctx, p)
	}
	if halted(ctx, err) {
		return stopped(haltOf(ctx), command, err)
	}
	p := r.following(ctx, report.AsProblem(account.Explain(err)))
	if errors.Is(err, stack.ErrHalfWay) {
		return saying(p, stack.ErrHalfWay.Error())
	}
	return p
}

// saying is a problem with one thing more in its message.
func saying(p *report.Problem, more string) *report.Problem {
	whole := *p
	whole.Message += "; " + more
	return &whole
}

// halted says whether an error comes of the run's own end. A terminal sends its signal to the compiler too, which may die of
// it before it is stopped.
func halted(ctx context.Context, err error) bool {
	if ctx.Err() == nil {
		return false
	}
	child, ok := errors.AsType[*exec.ExitError](err)
	return errors.Is(err, context.Canceled) || errors.Is(err, context.Cause(ctx)) || ok && !child.Exited()
}

// following gives a stack that goes on without us the command that takes it up again, with this run's own flags, and says
// so if it was a timeout that ended the waiting.
func (r *Run) following(ctx context.Context, p *report.Problem) *report.Problem {
	if p.Code != report.ExitRunning {
		return p
	}
	again := *p
	if r.settings.Watch != "" {
		again.Hint = r.settings.Watch
	}
	if late, ok := errors.AsType[TimedOut](context.Cause(ctx)); ok {
		again.Message = late.Error() + ": " + p.Message
	}
	return &again
}

// halt is why a run's context was cancelled.
type halt struct {
	error
	code int  // exit code, where nothing goes on at AWS
	late bool // a timeout, not a signal
}

// haltOf is the signal or the timeout that cancelled ctx. mage cancels without saying why: at SIGINT, the only one it
// knows.
func haltOf(ctx context.Context) halt {
	cause := context.Cause(ctx)
	if late, ok := errors.AsType[TimedOut](cause); ok {
		return halt{late, report.ExitFailed, true}
	}
	if s, ok := errors.AsType[Stopped](cause); ok {
		return halt{s, s.Code, false}
	}
	return halt{Stopped{Signal: "SIGINT", Code: report.ExitInterrupt}, report.ExitInterrupt, false}
}

// stopped says what a signal or a timeout has left behind. Where AWS goes on without us, the stack's own step has answered
// before.
func stopped(h halt, command Command, err error) *report.Problem {
	const unchanged = "nothing was changed; run the same command again to go on"
	p := &report.Problem{
		Message: h.Error() + " before the stack was touched",
		Hint:    "run the same command again to go on; what was uploaded stays and is not sent twice",
		Code:    h.code,
		Err:     err,
	}
	if h.late {
		p.Message = h.Error() + ", and the stack is not touched"
	}
	switch {
	case errors.Is(err, stack.ErrHalfWay) && h.late:
		p.Message = h.Error() + ": " + stack.ErrHalfWay.Error()
		p.Hint = "nothing goes on at AWS; run the same command again to finish it"
	case errors.Is(err, stack.ErrHalfWay):
		p.Message = h.Error() + " half-way: " + stack.ErrHalfWay.Error()
		p.Hint = "nothing goes on at AWS; run the same command again to finish it"
	case command == Destroy:
		p.Hint = "nothing was deleted; run the same command again to go on"
	case command == Watch, command == Status:
		p.Message, p.Hint = h.Error()+" while looking at the stack", unchanged
	case command == Diff:
		p.Message, p.Hint = h.Error()+" while comparing", unchanged
	}
	if h.late {
		p.Hint += "; a longer --timeout gives it more time"
	}
	return p
}

// stoppedPurging says that the run was ended when the stack was gone, and not yet all that a purge removes.
func stoppedPurging(ctx context.Context, err error) *report.Problem {
	h := haltOf(ctx)
	return &report.Problem{
		Message: h.Error() + " while purging: the stack is deleted, and perhaps not all of the bucket",
		Hint:    "run the same command again: the purge goes on where it was stopped",
		Code:    h.code,
		Err:     err,
	}
}
