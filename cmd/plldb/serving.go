package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/plldb/plldb/cmd/plldb/changes"
	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/screen"
)

// waiting is how many lines of traffic may wait to be shown: 8 MB of them at most.
const waiting = 4096

// serving is `plldb local` at work.
type serving struct {
	*served
	show  *screen.Screen
	cloud *targets.Local
	tree  *changes.Tree // nil without --watch
	began time.Time
	last  report.Outcome // the stack as it was last seen
	told  report.Serving // where it is, as that was last told
	heard atomic.Bool    // a stack is about to be another: look
}

// serve serves until it is told to end, and returns the exit code.
func (o *served) serve(ctx context.Context, s streams) int {
	debug.SetGCPercent(100) // it lives for hours: main's setting is for what is soon over
	show := screen.New(screen.Options{
		Out: s.out, Err: s.err, JSON: o.output == "json", Verbose: o.verbose, Width: screen.WidthOf(s.out),
		Color:    !o.noColor && screen.ColorFits(s.err, os.Getenv),
		OutColor: !o.noColor && screen.ColorFits(s.out, os.Getenv),
	})
	defer show.Close()
	ctx, release := rollout.StopOn(ctx, os.Exit, os.Interrupt, syscall.SIGTERM)
	defer release()

	tail := screen.NewTail(show, waiting)
	v := &serving{served: o, show: show, cloud: o.inside(show), began: time.Now()}
	v.cloud.Serve = &targets.Served{
		Addr: o.addr, Reset: o.reset, Watch: tail.Tell, Changed: func() { v.heard.Store(true) },
	}
	outcome := v.run(ctx)
	if err := v.cloud.Close(); err != nil {
		show.Tell(report.Warning{Text: err.Error()})
	}
	tail.Close() // after those who tell
	show.Tell(outcome)
	if err := show.Lost(); err != nil && outcome.Problem == nil {
		fmt.Fprintf(s.err, "error: what happened could not all be written: %v\nhint: nothing else was lost\n", err)
		return report.ExitFailed
	}
	return o.code(outcome)
}

// run serves until ctx ends or nobody reads what is shown. Before anything is served it ends as a setup does.
func (v *serving) run(ctx context.Context) report.Outcome {
	v.prepare()
	first := v.deploy(ctx, terse{v.show, v.options})
	if first.Problem != nil && (v.tree == nil || v.cloud.URL() == "" || ctx.Err() != nil) {
		return first
	}
	v.last = first
	if first.Problem != nil {
		v.undeployed(ctx, first)
	}
	v.tell()
	v.follow(ctx)
	v.show.Tell(report.Notice{Text: "ending: connections are closed; once more leaves at once"})
	v.look(context.WithoutCancel(ctx))
	end := v.last
	end.Command, end.Status, end.Problem, end.Took = string(localCommand), report.Served, nil, time.Since(v.began)
	return end
}

// prepare says what is to be known before anything is done.
func (v *serving) prepare() {
	if platform, yes := targets.RunsLinked(); yes {
		v.show.Tell(report.Notice{
			Text: "functions run as the handlers linked into plldb, not from the zip (which is for " + platform + ")",
		})
	}
	if v.watch {
		v.tree = changes.Look(v.root, v.pause)
	}
}

// deploy brings the stack to what the source is now.
func (v *serving) deploy(ctx context.Context, sink report.Sink) report.Outcome {
	ctx, end := rollout.EndAfter(ctx, v.timeout)
	defer end()
	r := v.newRun(sink)
	outcome := r.Outcome(ctx, rollout.Setup, targets.Bootstrap{}.Setup(targets.In(ctx, r)))
	outcome.Command = string(localCommand)
	return outcome
}

// newRun is one that works in the cloud. Where the stack goes on without this process, `plldb local` takes it up.
func (v *serving) newRun(sink report.Sink) *rollout.Run {
	settings := v.settings(streams{}, v.show)
	settings.Watch = v.onward()
	return rollout.New(settings, v.cloud.Open, sink, rollout.RealClock{})
}

// follow waits for the end, and deploys what changes until then. What changes while it deploys it finds afterwards.
func (v *serving) follow(ctx context.Context) {
	ctx, release := withReader(ctx, v.show.Left())
	defer release()
	for v.tree == nil {
		if v.pause(ctx, changes.Interval) != nil {
			return
		}
	}
	for {
		changed, err := v.tree.Wait(ctx)
		if err != nil {
			return
		}
		outcome := v.deploy(ctx, brief{v.show, v.options})
		if ctx.Err() != nil {
			return
		}
		if outcome.Problem != nil {
			v.look(ctx)
		} else {
			v.last = outcome
		}
		v.show.Tell(v.deployment(changed, outcome))
		v.tell()
	}
}

// withReader is a context that ends when whoever reads has left.
func withReader(ctx context.Context, left <-chan struct{}) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-left:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(); <-done }
}
