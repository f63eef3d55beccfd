package rollout_test

import (
	"flag"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/plldb/plldb/pkg/report"
)

var whole = flag.Bool("whole", false, "try every case of the fault matrix, not every twenty-ninth (-timeout 60m)")

// stride is how many cases lie between two that are tried by default. It divides neither the number of ills nor that of
// ills and spans, so that every ill has its turn at every kind of call.
const stride = 29

// TestFaultMatrix lets every ill befall every call that a setup, a destroy and a purge make: once, and for longer, and
// with a signal at that moment. Whatever happens, a run ends right, or with a true message and exit code; the run
// after it converges, and the one after that finds nothing to do.
func TestFaultMatrix(t *testing.T) {
	signedIn(t)
	var parts []*matrix
	var queue []func()
	n := 0
	for _, s := range scenarios(t) {
		made := s.calls(t)
		x := &matrix{scenario: s, calls: len(made)}
		parts = append(parts, x)
		for _, m := range mishaps(made) {
			x.cases++
			if n++; *whole || n%stride == 0 {
				queue = append(queue, func() { x.try(t, m) })
			}
		}
	}
	sideBySide(queue)
	for _, x := range parts {
		t.Log(x)
	}
	t.Logf("in all: %d cases, %d tried", n, len(queue))
}

// matrix is the part of the matrix that belongs to one scenario.
type matrix struct {
	scenario
	calls, cases  int
	tried, passed atomic.Int64
}

func (x *matrix) String() string {
	return fmt.Sprintf("%s: %d calls x %d ills, once and lasting: %d cases, %d tried, %d passed",
		x.name, x.calls, len(ills()), x.cases, x.tried.Load(), x.passed.Load())
}

func (x *matrix) try(t *testing.T, m mishap) {
	t.Run(x.name+"/"+m.String(), func(t *testing.T) {
		x.tried.Add(1)
		synctest.Test(t, func(t *testing.T) { x.meets(t, m) })
		if !t.Failed() {
			x.passed.Add(1)
		}
	})
}

// sideBySide does the work on all processors. The credentials stand in the environment, so the cases may not be
// parallel tests.
func sideBySide(queue []func()) {
	work := make(chan func())
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() {
			for do := range work {
				do()
			}
		})
	}
	for _, do := range queue {
		work <- do
	}
	close(work)
	all.Wait()
}

// calls are those of a run to which nothing happens.
func (s scenario) calls(t *testing.T) (calls []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w, end := newWorld(t)
		defer end()
		s.begin(t, w)
		o := s.does(t.Context(), w)
		wantStatus(t, o, s.ends)
		s.right(t, w, o)
		calls = w.operations()
		s.settles(t, w)
	})
	return calls
}

// begin brings the account to where the scenario begins.
func (s scenario) begin(t *testing.T, w *world) {
	t.Helper()
	s.prepare(t, w)
	w.pace.begun.Store(true)
	w.forget()
}

// forget forgets what runs have asked and told.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.story.mu.Lock()
	defer w.story.mu.Unlock()
	w.asked, w.story.events = nil, nil
}

// settles holds that the next run finds nothing to do, and writes nothing.
func (s scenario) settles(t *testing.T, w *world) {
	t.Helper()
	w.forget()
	o := s.does(t.Context(), w)
	wantStatus(t, o, s.again)
	var may []string
	if w.status(t) == "UPDATE_ROLLBACK_COMPLETE" { // there only a change set can tell that nothing is to be done
		may = []string{"cloudformation.CreateChangeSet", "cloudformation.DeleteChangeSet"}
	}
	if wrote := w.writes(); !slices.Equal(wrote, may) {
		t.Errorf("a run with nothing to do wrote %v", wrote)
	}
}

// meets runs the scenario with a mishap, and then without.
func (s scenario) meets(t *testing.T, m mishap) {
	w, end := newWorld(t)
	defer end()
	s.begin(t, w)
	e := w.through(t, s, m)
	e.saysWell(t, w)
	e.endsSoon(t)
	e.keepsItsPromise(t, w, s)
	w.forget()
	if e.code() != report.ExitDone {
		next := s.does(t.Context(), w)
		if next.Problem != nil {
			t.Fatalf("after %d, the next run does not converge: %+v", e.code(), next.Problem)
		}
		if next.Status != s.ends && next.Status != s.again { // the first may have left nothing to do
			t.Errorf("after %d, the next run ends %s", e.code(), next.Status)
		}
		s.right(t, w, next)
	}
	s.settles(t, w)
	if sets := w.state(t).sets; sets > 0 && !e.left { // what was left was told
		t.Errorf("%d change sets were left behind for good", sets)
	}
}

// through runs the scenario through a mishap.
func (w *world) through(t *testing.T, s scenario, m mishap) ended {
	t.Helper()
	e := ended{mishap: m, before: w.state(t)}
	ctx, h, over := w.befalls(t.Context(), m)
	e.Outcome = s.does(ctx, w)
	took, happened := h.since()
	e.took = took
	over()
	if !happened {
		t.Error("the call was never made")
	}
	now := w.status(t)
	e.quiet = !working(now) || now == "DELETE_IN_PROGRESS" // of an empty stack: the codes of a true one are others
	if e.code() != report.ExitRunning {
		w.rests(t)
	}
	e.after = w.state(t)
	e.left = e.after.sets > 0 || e.after.status == "REVIEW_IN_PROGRESS"
	return e
}
