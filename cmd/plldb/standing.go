package main

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// How the stack stands while `plldb local` serves it. Others work in the same cloud: what was deployed is not what is.

// lookTakes bounds a look at the stack.
const lookTakes = 2 * time.Second

// look brings what is known of the stack up to the present. Where it cannot be looked at, it stays as it was last seen.
func (v *serving) look(ctx context.Context) (seen bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTakes)
	defer cancel()
	r := v.newRun(report.Discard{})
	now := r.Outcome(ctx, rollout.Status, targets.Bootstrap{}.Status(targets.In(ctx, r)))
	if now.Problem != nil {
		return false
	}
	v.last = since(v.last, now)
	return true
}

// since is a stack as it is now, with what is known from before of one that is the same.
func since(before, now report.Outcome) report.Outcome {
	same := func(a, b report.Function) bool {
		a.Uploaded = b.Uploaded
		return a == b
	}
	for i, f := range now.Functions {
		now.Functions[i].Uploaded = slices.ContainsFunc(before.Functions, func(was report.Function) bool {
			return was.Uploaded && same(was, f)
		})
	}
	if now.StackID == before.StackID && maps.Equal(now.Outputs, before.Outputs) &&
		slices.EqualFunc(now.Functions, before.Functions, same) {
		now.TemplateURL = before.TemplateURL
	}
	return now
}

// pause waits, and then sees to what has become of the stack meanwhile.
func (v *serving) pause(ctx context.Context, d time.Duration) error {
	if err := (rollout.RealClock{}).Sleep(ctx, d); err != nil {
		return err
	}
	if v.heard.Swap(false) {
		v.meanwhile(ctx)
	}
	return nil
}

// meanwhile tells where the stack is, if whoever changed it has made that another place. While it goes on being changed
// there is another look at the next pause.
func (v *serving) meanwhile(ctx context.Context) {
	before := v.last.StackID
	if !v.look(ctx) || goesOn(v.last.StackStatus) {
		v.heard.Store(true)
		return
	}
	switch {
	case before != "" && v.last.StackID == "":
		v.show.Tell(report.Notice{Text: "the stack plldb was deleted: nothing is deployed"})
	case v.serves() != v.told:
		v.show.Tell(report.Notice{Text: "the stack plldb was changed"})
	}
	v.tell()
}

// goesOn tells whether a stack is being changed. One that waits for its first change set is not.
func goesOn(status string) bool {
	return strings.HasSuffix(status, "_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"
}

// serves is where the cloud, and the stack in it, answer now.
func (v *serving) serves() report.Serving {
	return report.Serving{
		Endpoint: v.cloud.URL(), WebSocket: v.cloud.WebSocket(v.last.Outputs), Connections: v.cloud.Connections(v.last.Outputs),
		Region: v.cloud.Region, AccessKey: v.cloud.Key(),
	}
}

// tell tells that if it is new.
func (v *serving) tell() {
	now, first := v.serves(), v.told == report.Serving{}
	if now == v.told {
		return
	}
	v.told = now
	v.show.Tell(now)
	if first && v.tree != nil {
		v.show.Tell(report.Notice{Text: "watching functions/, cloudformation/, go.mod and go.sum in " + v.root})
	}
}

// undeployed says that the first deployment failed, and that this is not the end. What was deployed before, by an earlier
// plldb, goes on.
func (v *serving) undeployed(ctx context.Context, first report.Outcome) {
	v.look(ctx)
	v.show.Tell(v.deployment(nil, first))
}

// deployment is what became of a change.
func (v *serving) deployment(changed []string, end report.Outcome) report.Deployment {
	d := report.Deployment{
		Time: time.Now(), Status: end.Status, Changed: changed, Took: end.Took, Problem: whileWatching(end.Problem),
		Nothing: end.Problem != nil && len(v.last.Outputs)+len(v.last.Functions) == 0,
	}
	for _, f := range end.Functions {
		if f.Uploaded && d.Problem == nil {
			d.Sent = append(d.Sent, f.Name)
		}
	}
	return d
}

// runAgain is what a hint ends with for a command that is over.
var runAgain = regexp.MustCompile(`(?m)(, then|,| and|;) (run this|run the same command|try) again( to go on| to finish it)?([;,]|$)`)

// whileWatching is a problem for who need not run anything again: the next change is deployed.
func whileWatching(p *report.Problem) *report.Problem {
	if p == nil {
		return nil
	}
	own := *p
	own.Hint = runAgain.ReplaceAllString(p.Hint, "$4")
	if p.Code == report.ExitRunning {
		own.Hint = "" // the command that goes on is this one
	}
	return &own
}
