package targets

import (
	"context"
	"os"
	"sync"
	"syscall"

	"github.com/plldb/plldb/pkg/need"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

type (
	runKey   struct{}
	askedKey struct{}
)

// asking returns a context whose target is called for what it finds: that belongs on standard output.
func asking(ctx context.Context) context.Context { return context.WithValue(ctx, askedKey{}, true) }

func asked(ctx context.Context) bool { return ctx.Value(askedKey{}) != nil }

// In returns a context whose targets work on run. The binary makes it; under mage the run comes from the environment.
func In(ctx context.Context, run *rollout.Run) context.Context {
	return need.In(context.WithValue(ctx, runKey{}, run), run.Scope())
}

// step first needs the targets before it, then asks the run for its own step. The values do not pass through mage: the
// run keeps them, and a step asks it for what it is made of.
func step[T any](
	ctx context.Context, do func(*rollout.Run, context.Context) (T, error), needs ...func(context.Context) error,
) error {
	run, ok := ctx.Value(runKey{}).(*rollout.Run)
	if !ok {
		return fromMage(ctx, func(ctx context.Context) error { return step(ctx, do, needs...) })
	}
	if err := need.All(ctx, needs...); err != nil {
		return err
	}
	_, err := do(run, ctx)
	return err
}

// environment is what the variables of a mage process say, read once.
var environment = sync.OnceValues(openEnvironment)

// fromMage is the door by which mage comes in: it brings the run, and turns the error into words and an exit code. mage
// itself cancels at SIGINT and leaves after five seconds; SIGTERM is ours to catch.
func fromMage(ctx context.Context, target func(context.Context) error) error {
	ours, err := environment()
	if err != nil {
		return spoken{report.AsProblem(err)}
	}
	run, show := ours.begin(asked(ctx))
	defer show.Close()
	ctx, release := rollout.StopOn(ctx, os.Exit, syscall.SIGTERM)
	defer release()
	ctx, forget := withParent(ctx, os.Getppid, parentPoll)
	defer forget()
	ctx, end := rollout.EndAfter(ctx, ours.timeout)
	defer end()

	if err := target(In(ctx, run)); err != nil {
		return spoken{report.AsProblem(run.Explain(ctx, err))}
	}
	if command, ok := run.Ended(); ok {
		show.Tell(run.Outcome(ctx, command, nil))
	}
	return nil
}

// spoken is a problem as mage prints it: after "Error: ", whole, and with its exit code.
type spoken struct{ *report.Problem }

// Error adds the hint, which mage does not know of.
func (s spoken) Error() string {
	if s.Hint == "" {
		return s.Message
	}
	return s.Message + "\nhint: " + asVariables(s.Hint)
}
