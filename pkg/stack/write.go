package stack

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// grace is how long an interrupted run may take to know the answer to a write and to tidy up: mage leaves five seconds
// after a SIGINT, and CI runners seven and a half after a SIGTERM (trap 33).
const grace = 3 * time.Second

// outlive returns a context that goes on for at most the grace after ctx is cancelled, and the function that ends it.
func outlive(ctx context.Context, clock Clock) (context.Context, context.CancelFunc) {
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = clock.Sleep(late, grace)
		cancel()
	})
	return late, func() {
		stop()
		cancel()
	}
}

// token identifies one intent to CloudFormation: the SDK's retries repeat it, and are not carried out twice (trap 24).
// It is a letter and digits, as the names of change sets must be.
func token() string { return tokenPrefix + rand.Text() }

const tokenPrefix = "plldb-"

// write makes a call that changes something at AWS. Before it, a cancelled ctx stops the run; once begun it is not cut
// off by an interrupt, only limited by the grace, so that what became of it is known.
func (r *run) write(ctx context.Context, call func(context.Context) error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", errNotBegun, context.Cause(ctx))
	}
	return call(r.late)
}

// inDoubt says whether nobody knows what became of a write.
func inDoubt(err error) bool {
	return !errors.Is(err, errNotBegun) && isUnanswered(err)
}

// unsent sorts out a write that failed: somebody else was faster, or nobody knows what became of it, or it was refused.
func (r *run) unsent(ctx context.Context, seen Seen, doing string, err error) (Result, error) {
	switch {
	case isBusy(err):
		return r.busy(ctx, seen)
	case inDoubt(err):
		return running(seen, because(ctx, err), "whether %s the stack %s has begun is not known", doing, r.stack.name)
	}
	if code, message := answer(err); code == incapable {
		return Result{Seen: seen}, r.refused(message)
	}
	return Result{Seen: seen}, fmt.Errorf("%s the stack %s: %w", doing, r.stack.name, err)
}

// busy waits a little, longer each time, and has the stack looked at again.
func (r *run) busy(ctx context.Context, seen Seen) (Result, error) {
	r.stack.sink.Tell(report.Notice{Text: "somebody else is at work on the stack " + r.stack.name + ": looking again"})
	wait := time.Second << min(r.waits, 3)
	r.waits++
	if r.stack.clock.Sleep(ctx, wait) != nil {
		return Result{Seen: seen}, context.Cause(ctx)
	}
	return Result{}, errAgain
}

// running is the end of a run that leaves the stack to AWS.
func running(seen Seen, err error, format string, args ...any) (Result, error) {
	return Result{Status: report.Running, Seen: seen}, &report.Problem{
		Message: fmt.Sprintf(format, args...),
		Hint:    watchCommand,
		Code:    report.ExitRunning,
		Err:     err,
	}
}

// left is the end of a run that was following an operation when it was interrupted or lost its credentials.
func (s *Stack) left(ctx context.Context, seen Seen, err error) (Result, error) {
	why := "stopped here"
	if ctx.Err() == nil {
		why = account.Explain(err).Error()
	}
	state := ""
	if inProgress(seen.Status) {
		state = fmt.Sprintf(": it %s (%s)", said(seen.Status), seen.Status)
	}
	if errors.Is(err, errBlind) {
		state += ", when it could last be looked at"
	}
	return running(seen, because(ctx, err), "%s, while the stack %s goes on%s", why, s.name, state)
}

// because adds the cause of an interrupt to what it led to, which may not hold it: a write has a context of its own.
func because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		return errors.Join(cause, err)
	}
	return err
}

// carry follows what a write of this run began, and hands its end on. An interrupt leaves the stack to AWS.
func (r *run) carry(ctx context.Context, j *journal, then func(Seen, *journal) (Result, error)) (Result, error) {
	r.begun = true
	st, err := r.stack.follow(ctx, j)
	end := r.stack.seenOf(st)
	if err != nil {
		return r.stack.left(ctx, end, err)
	}
	j.leftovers(end.Status)
	return then(end, j)
}
