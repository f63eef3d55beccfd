package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/plldb/plldb/cmd/plldb/changes"
	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/screen"
)

// waiting is how many lines of traffic may wait to be shown: some megabytes at most.
const waiting = 4096

// serving is `plldb local` at work.
type serving struct {
	*served
	show  *screen.Screen
	cloud *targets.Local
	tree  *changes.Tree // nil without --watch
	began time.Time
	last  report.Outcome // of the last deployment that went well
	told  string         // where the WebSocket API answers, as it was last told
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
	v.cloud.Serve = &targets.Served{Addr: o.addr, Watch: tail.Tell}
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
	if v.reset {
		if err := targets.ResetLocal(ctx, v.local.state); err != nil {
			return v.failed(ctx, err)
		}
	}
	first := v.deploy(ctx, terse{v.show, v.options})
	if first.Problem != nil && (v.tree == nil || v.cloud.URL() == "" || ctx.Err() != nil) {
		return first
	}
	if first.Problem == nil {
		v.deployed(first)
	} else {
		v.last = first
		v.show.Tell(report.Deployment{Status: first.Status, Took: first.Took, Problem: first.Problem})
	}
	v.follow(ctx)
	v.show.Tell(report.Notice{Text: "ending: connections are closed; once more leaves at once"})
	end := v.last
	end.Command, end.Status, end.Problem, end.Took = string(localCommand), report.Served, nil, time.Since(v.began)
	return end
}

// prepare says what is to be known before anything is done.
func (v *serving) prepare() {
	if text := v.exposed(); text != "" {
		v.show.Tell(report.Warning{Text: text})
	}
	if platform, yes := targets.RunsLinked(); yes {
		v.show.Tell(report.Notice{
			Text: "functions run as the handlers linked into plldb, not from the zip (which is for " + platform + ")",
		})
	}
	if v.watch {
		v.tree = changes.Look(v.root, rollout.RealClock{}.Sleep)
	}
}

// failed is the outcome where not even a deployment was begun.
func (v *serving) failed(ctx context.Context, err error) report.Outcome {
	r := rollout.New(v.settings(streams{}, v.show), v.cloud.Open, v.show, rollout.RealClock{})
	end := r.Outcome(ctx, rollout.Setup, err)
	end.Command = string(localCommand)
	return end
}

// deploy brings the stack to what the source is now.
func (v *serving) deploy(ctx context.Context, sink report.Sink) report.Outcome {
	ctx, end := rollout.EndAfter(ctx, v.timeout)
	defer end()
	r := rollout.New(v.settings(streams{}, v.show), v.cloud.Open, sink, rollout.RealClock{})
	outcome := r.Outcome(ctx, rollout.Setup, targets.Bootstrap{}.Setup(targets.In(ctx, r)))
	outcome.Command = string(localCommand)
	return outcome
}

// deployed keeps what was deployed, and tells where it is if that is new.
func (v *serving) deployed(outcome report.Outcome) {
	v.last = outcome
	at := v.cloud.WebSocket(outcome.Outputs)
	if v.told != "" && at == v.told {
		return
	}
	v.told = at
	v.show.Tell(report.Serving{Endpoint: v.cloud.URL(), WebSocket: at, Region: outcome.Region, AccessKey: v.cloud.Key()})
	if v.tree != nil {
		v.show.Tell(report.Notice{Text: "watching functions/, cloudformation/, go.mod and go.sum in " + v.root})
	}
}

// follow waits for the end, and deploys what changes until then. What changes while it deploys it finds afterwards.
func (v *serving) follow(ctx context.Context) {
	ctx, release := withReader(ctx, v.show.Left())
	defer release()
	if v.tree == nil {
		<-ctx.Done()
		return
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
		v.show.Tell(deployment(changed, outcome))
		if outcome.Problem == nil {
			v.deployed(outcome)
		}
	}
}

// deployment is what became of a change.
func deployment(changed []string, end report.Outcome) report.Deployment {
	d := report.Deployment{Status: end.Status, Changed: changed, Took: end.Took, Problem: end.Problem}
	for _, f := range end.Functions {
		if f.Uploaded && d.Problem == nil {
			d.Sent = append(d.Sent, f.Name)
		}
	}
	return d
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
