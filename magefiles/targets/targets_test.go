package targets_test

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// told keeps what a run tells.
type told struct {
	mu     sync.Mutex
	events []report.Event
}

func (l *told) Tell(e report.Event) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.events = append(l.events, e)
}

// steps are those that began, in order; a step that did not end has a question mark.
func (l *told) steps() string {
	var steps []string
	for _, e := range l.events {
		switch e := e.(type) {
		case report.StepStarted:
			steps = append(steps, string(e.Step)+"?")
		case report.StepEnded:
			if last := len(steps) - 1; last >= 0 && steps[last] == string(e.Step)+"?" {
				steps[last] = string(e.Step)
			} else {
				steps = append(steps, string(e.Step)+" ended out of turn")
			}
		}
	}
	return strings.Join(steps, " ")
}

func all() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		"Build": targets.Build, "Zip": targets.Zip, "Upload": targets.Upload, "Render": targets.Render,
		"Deploy": targets.Deploy, "Destroy": targets.Destroy,
		"Bootstrap.Setup": targets.Bootstrap{}.Setup, "Bootstrap.Destroy": targets.Bootstrap{}.Destroy,
		"Bootstrap.Watch": targets.Bootstrap{}.Watch, "Bootstrap.Diff": targets.Bootstrap{}.Diff,
		"Bootstrap.Status": targets.Bootstrap{}.Status,
	}
}

// R6: "Build, Zip, Upload, Render, Deploy, each depending on the one before it, and Destroy, which depends on none."
// Each alone does what it needs, in its order and once; and a run's first line names the account, of those that need
// one.
func TestATargetAloneRunsItsSteps(t *testing.T) {
	const whole = "build zip upload render deploy"
	for name, want := range map[string]string{
		"Build": "build", "Zip": "build zip", "Upload": "build zip upload", "Render": "build zip upload render",
		"Deploy": whole, "Bootstrap.Setup": whole,
		"Destroy": "destroy", "Bootstrap.Destroy": "destroy", "Bootstrap.Watch": "watch",
		"Bootstrap.Diff": "build zip diff", "Bootstrap.Status": "",
	} {
		t.Run(name, func(t *testing.T) {
			w, log := newWorld(t), &told{}
			run := newRun(t, w, rollout.Settings{Dir: tree(t, compiles)}, log)
			for range 2 {
				mustDo(t, all()[name](targets.In(t.Context(), run)))
			}
			if got := log.steps(); got != want {
				t.Errorf("steps %q, want %q", got, want)
			}
			_, first := log.events[0].(report.Account)
			if needs := name != "Build" && name != "Zip"; first != needs || len(w.asked) > 0 != needs {
				t.Errorf("the first event is %#v, and AWS was asked %v", log.events[0], w.asked)
			}
		})
	}
}

// A step that fails stops what depends on it, and its error is still itself at the end of the graph
// (magefile/mage#371).
func TestAFailedStepStopsTheRest(t *testing.T) {
	const packed, rendered = "build zip ", "build zip upload render "
	for name, c := range map[string]struct {
		denied   string
		function string
		settings rollout.Settings
		steps    string
		wrote    bool
	}{
		"a function that does not compile": {function: broken, steps: "build?"},
		"credentials that are not good":    {denied: "GetCallerIdentity"},
		"another account":                  {settings: rollout.Settings{Account: "999999999999"}},

		"a bucket that cannot be made":         {denied: "CreateBucket", steps: packed + "upload?"},
		"an archive that cannot be sent":       {denied: "PutObject .zip", steps: packed + "upload?", wrote: true},
		"a template that cannot be sent":       {denied: "PutObject .yaml", steps: packed + "upload render?", wrote: true},
		"a change set that cannot be made":     {denied: "CreateChangeSet", steps: rendered + "deploy?", wrote: true},
		"a change set that cannot be executed": {denied: "ExecuteChangeSet", steps: rendered + "deploy?", wrote: true},
	} {
		t.Run(name, func(t *testing.T) {
			w, log := newWorld(t), &told{}
			w.deny(c.denied)
			c.settings.Dir = tree(t, cmp.Or(c.function, compiles))
			err := targets.Deploy(targets.In(t.Context(), newRun(t, w, c.settings, log)))
			if got := log.steps(); got != c.steps {
				t.Errorf("steps %q, want %q", got, c.steps)
			}
			problem, isProblem := errors.AsType[*report.Problem](err)
			answer, isAnswer := errors.AsType[smithy.APIError](err)
			switch {
			case c.denied == "" && (!isProblem || problem.Hint == ""):
				t.Errorf("no Problem: %v", err)
			case c.denied != "" && (!isAnswer || answer.ErrorCode() != "AccessDenied"):
				t.Errorf("not AWS's own error: %v", err)
			}
			if wrote := w.did("CreateBucket") && c.denied != "CreateBucket"; wrote != c.wrote {
				t.Errorf("AWS was asked %v", w.asked)
			}
		})
	}
}

// Wrong credentials are found out before anything is compiled, however long AWS takes to say so and however fast the
// compiler is: it does not begin before the answer is there.
func TestNothingIsCompiledForNobody(t *testing.T) {
	for _, name := range []string{"Upload", "Render", "Deploy", "Bootstrap.Setup", "Bootstrap.Diff"} {
		log, w := &told{}, newWorld(t)
		w.deny("GetCallerIdentity")
		run := newRun(t, w, rollout.Settings{Dir: tree(t, compiles)}, log)
		err := all()[name](targets.In(t.Context(), run))
		begun := slices.ContainsFunc(log.events, func(e report.Event) bool { _, ok := e.(report.StepStarted); return ok })
		if err == nil || begun {
			t.Errorf("%s: %v, after %v", name, err, log.events)
		}
	}
}

// Two runs of one process are two: what the first has done the second does too.
func TestEachRunIsItsOwn(t *testing.T) {
	for range 2 {
		log := &told{}
		run := newRun(t, newWorld(t), rollout.Settings{Dir: tree(t, compiles)}, log)
		mustDo(t, targets.Zip(targets.In(t.Context(), run)))
		if got := log.steps(); got != "build zip" {
			t.Errorf("steps %q", got)
		}
	}
}
