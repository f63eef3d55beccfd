package rollout_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// person answers questions in turn, and keeps them. Asked more often than there are answers, it is an error.
type person struct {
	answers []bool
	asked   []string
}

func (p *person) ask(_ context.Context, question string) (bool, error) {
	p.asked = append(p.asked, question)
	if len(p.asked) > len(p.answers) {
		return false, errors.New("asked too often")
	}
	return p.answers[len(p.asked)-1], nil
}

// A setup that confirms asks before its first write, and again before the stack is changed; what it is told no to is not
// done.
func TestConfirm(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	confirmed := func(answers ...bool) (report.Outcome, *person) {
		p := &person{answers: answers}
		return setup(t, c, rollout.Settings{Dir: untouched, Confirm: true, Ask: p.ask}), p
	}

	o, _ := confirmed(false)
	wantProblem(t, o, report.Failed, report.ExitFailed, "nothing was changed")
	if wrote := c.writes(); len(wrote) > 0 {
		t.Errorf("after a no it wrote %v", wrote)
	}
	o, _ = confirmed(true, false)
	wantProblem(t, o, report.Failed, report.ExitFailed, "not agreed to")
	executed := slices.Contains(c.writes(), "cloudformation.ExecuteChangeSet")
	if c.stack(t) != nil || len(c.versions(t)) == 0 || executed {
		t.Errorf("after a no to the change set: %v", c.writes())
	}
	if len(of[report.ResourceChange](c.story.events)) == 0 {
		t.Error("the change set was not shown")
	}
	o, p := confirmed(true, true)
	wantStatus(t, o, report.Created)
	if len(p.asked) != 2 {
		t.Errorf("asked %q", p.asked)
	}
	o, p = confirmed()
	wantStatus(t, o, report.Unchanged)
	if len(p.asked) != 0 {
		t.Errorf("with nothing to do it asked %q", p.asked)
	}
}

// Where there is nobody, nothing is asked of AWS; with Yes all is shown, and nobody asked.
func TestConfirmWithNobodyThere(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantProblem(t, setup(t, c, rollout.Settings{Dir: untouched, Confirm: true}), report.Failed, report.ExitUsage, "--yes")
	wantProblem(t, destroy(t, c, rollout.Settings{Confirm: true}), report.Failed, report.ExitUsage, "--yes")
	if asked := c.operations(); len(asked) > 0 {
		t.Errorf("asked %v", asked)
	}
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched, Confirm: true, Yes: true}), report.Created)
	if len(of[report.Planned](c.story.events)) == 0 || len(of[report.ResourceChange](c.story.events)) == 0 {
		t.Error("the plan or the change set was not shown")
	}
}

// Destroy says what goes and what stays before anything does, and asks where it shall.
func TestDestroySaysWhatGoes(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	name := c.physical(t, "PLLDBSessions")
	var said []string
	p := &person{answers: []bool{false, true, true}}
	ask := func(ctx context.Context, question string) (bool, error) {
		for _, n := range of[report.Notice](c.story.events) {
			said = append(said, n.Text)
		}
		return p.ask(ctx, question)
	}
	asks := rollout.Settings{Confirm: true, Ask: ask}
	wantProblem(t, destroy(t, c, asks), report.Failed, report.ExitFailed, "nothing was deleted")
	text := strings.Join(said, "\n")
	for _, words := range []string{"goes: the stack plldb with 4 functions", name, "stays: the bucket " + bucket} {
		if !strings.Contains(text, words) {
			t.Errorf("before the question there is no %q in %s", words, text)
		}
	}
	if c.stack(t) == nil || len(c.versions(t)) == 0 {
		t.Error("after a no something is gone")
	}
	wantStatus(t, destroy(t, c, asks), report.Deleted)
	wantStatus(t, destroy(t, c, asks), report.Absent)
	wantStatus(t, destroy(t, c, rollout.Settings{Confirm: true, Purge: true, Ask: ask}), report.Absent)
	if len(p.asked) != 3 || !strings.Contains(p.asked[2], "for good") {
		t.Errorf("asked %q", p.asked)
	}
	if !c.story.says("goes: every version of what plldb put into the bucket " + bucket) {
		t.Error("a purge does not say what goes")
	}
}
