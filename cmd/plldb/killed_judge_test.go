//go:build unix

package main

import (
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/plldb/plldb/pkg/report"
)

const codeRunning = report.ExitRunning

// judge holds a process that a signal has stopped to what was promised.
func (p plot) judge(t *testing.T, s *scene, b blow, e ended) {
	t.Helper()
	signal, stopped := "SIGINT", report.ExitInterrupt
	if b.signal == syscall.SIGTERM {
		signal, stopped = "SIGTERM", report.ExitTerminate
	}
	if b.twice {
		if e.code != stopped || strings.Contains(e.story, "error:") {
			t.Errorf("two signals: it left with %d, and last words", e.code)
		}
		return
	}
	if noise := insides.FindString(e.out + e.story); noise != "" {
		t.Errorf("the screen shows %q", noise)
	}
	if err := storyFits(e.story, e.code); err != nil {
		t.Error(err)
	}
	if err := answerFits(e.out, e.code); err != nil {
		t.Error(err)
	}
	switch e.code {
	case stopped:
		p.leftBehind(t, s, e, "error: stopped by "+signal)
	case codeRunning:
		if !e.did(p.begins) {
			t.Errorf("exit code %d before %s", e.code, p.begins)
		}
		says(t, e, "error: stopped here, while ")
	case 0:
		p.endedWell(t, s, e)
	default:
		t.Errorf("exit code %d", e.code)
	}
}

// leftBehind: before the stack was touched it is as it was, and no change set is left; an empty one that a first setup
// has made is gone, or about to be. But a purge may be stopped when it has deleted the stack.
func (p plot) leftBehind(t *testing.T, s *scene, e ended, stopped string) {
	t.Helper()
	stacks := ""
	for _, st := range s.stacks(t) {
		stacks += string(st.StackStatus)
	}
	if p.runs == purges && e.did(p.begins) {
		says(t, e, stopped+" while purging: the stack is deleted, and perhaps not all of the bucket\n"+
			"hint: run the same command again")
		if stacks != "" {
			t.Errorf("the stack is %s", stacks)
		}
		return
	}
	if e.did(p.begins) {
		t.Errorf("exit code %d after %s", e.code, p.begins)
	}
	says(t, e, stopped+" before the stack was touched\nhint: ")
	asItWas := stacks == "CREATE_COMPLETE"
	if p.empty {
		asItWas = stacks == "" || stacks == "DELETE_IN_PROGRESS"
	}
	if left := s.changeSets(t); !asItWas || len(left) > 0 {
		t.Errorf("it left the stack %q, and change sets %v", stacks, left)
	}
}

// endedWell: a run that a signal did not stop had seen its end when the signal came, and asked for nothing after it but
// what cannot change the end: the last events, and whether the bucket is there.
func (p plot) endedWell(t *testing.T, s *scene, e ended) {
	t.Helper()
	for _, op := range e.after {
		if !slices.Contains(p.last, op) {
			t.Errorf("after the signal it asked for %q, and yet it ended well", e.after)
			break
		}
	}
	for _, st := range s.stacks(t) {
		if strings.HasSuffix(string(st.StackStatus), "_IN_PROGRESS") {
			t.Errorf("it ended well, and the stack is %s", st.StackStatus)
		}
	}
}

// takesUp: the last line is the command that takes it up again, with this run's flags, and that command does.
func (s *scene) takesUp(t *testing.T, e ended) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(e.story, "\n"), "\n")
	last := lines[len(lines)-1]
	if want := "plldb " + strings.Join(s.command("watch"), " "); last != want {
		t.Errorf("the last line is %q, and not %q", last, want)
		return
	}
	watch := s.run(t, s.newer, strings.Fields(last)[1:]...)
	if watch.code != 0 || !outcomes.MatchString(watch.out) || slices.ContainsFunc(watch.calls, writes) {
		t.Errorf("watch left with %d after %q: %s%s", watch.code, watch.calls, watch.out, watch.story)
	}
}

var outcomes = regexp.MustCompile(`(?m), (was created|was updated|was deleted|is at rest: \w+|is not there)$`)

func says(t *testing.T, e ended, text string) {
	t.Helper()
	if !strings.Contains("\n"+e.story, "\n"+text) {
		t.Errorf("it does not say %q", text)
	}
}
