package rollout_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// What must be true of every run that met a mishap, whichever it was.

// state is the stack as somebody else sees it.
type state struct {
	id, status, template string
	sets                 int // change sets that nobody has executed
}

func (w *world) state(t *testing.T) state {
	t.Helper()
	st := w.stack(t)
	if st == nil {
		return state{}
	}
	s := state{id: aws.ToString(st.StackId), status: string(st.StackStatus)}
	if s.status != "REVIEW_IN_PROGRESS" { // which has no template yet
		s.template = w.template(t)
	}
	sets, err := w.formation().ListChangeSets(t.Context(), &cfn.ListChangeSetsInput{StackName: stackName})
	for _, c := range must(t, sets, err).Summaries {
		if c.ExecutionStatus == "AVAILABLE" || c.ExecutionStatus == "UNAVAILABLE" {
			s.sets++
		}
	}
	return s
}

// ended is a run that met a mishap, and the stack before it and when nothing goes on any more.
type ended struct {
	mishap
	report.Outcome
	took        time.Duration // from the mishap to the end of the run
	left, quiet bool          // a change set or an empty stack was left behind; nothing went on when the run ended
	before      state
	after       state
}

func (e ended) code() int {
	if e.Problem == nil {
		return report.ExitDone
	}
	return e.Problem.Code
}

// keepsItsPromise holds what the exit code says of the account.
func (e ended) keepsItsPromise(t *testing.T, w *world, s scenario) {
	t.Helper()
	if may := e.codes(); !slices.Contains(may, e.code()) {
		t.Errorf("exit code %d, want one of %v (%+v)", e.code(), may, e.Problem)
	}
	switch e.code() {
	case report.ExitDone:
		wantStatus(t, e.Outcome, s.ends)
		s.right(t, w, e.Outcome)
		e.leftNothing(t, w)
	case report.ExitFailed, report.ExitDenied, report.ExitInterrupt:
		e.leftAsItWas(t)
		e.leftNothing(t, w)
	case report.ExitRunning:
		if e.Problem.Hint != "plldb bootstrap watch" {
			t.Errorf("the hint is %q", e.Problem.Hint)
		}
		w.watches(t)
	}
}

// leftAsItWas holds that the stack is as it was, or that the outcome says what was done about it, and that nothing goes
// on.
func (e ended) leftAsItWas(t *testing.T) {
	t.Helper()
	after := e.after
	after.sets = e.before.sets
	if e.left && e.before.status == "" {
		after = state{}
	}
	said := regexp.MustCompile("half-way|the stack was changed|the stack is deleted").MatchString(e.Problem.Message)
	if after != e.before && !said {
		t.Errorf("the stack was %s and is %s, of which nothing is said: %s",
			e.before.status, e.after.status, e.Problem.Message)
	}
	if !e.quiet {
		t.Errorf("something goes on with the stack, of which nothing is said: %s", e.Problem.Message)
	}
}

// leftNothing holds that a change set or an empty stack that stays behind was told.
func (e ended) leftNothing(t *testing.T, w *world) {
	t.Helper()
	if e.left && !w.story.says("the change set plldb-") && !w.story.says("empty stack plldb") {
		t.Errorf("left, unsaid: the stack %s, %d change sets", e.after.status, e.after.sets)
	}
}

// endsSoon holds that a run that was stopped does not make anybody wait: it is gone at once, and where it must know
// what became of a write it has the grace of three seconds.
func (e ended) endsSoon(t *testing.T) {
	t.Helper()
	most := 200 * time.Millisecond
	if slices.Contains(formationWrites(), e.operation) {
		most = 3 * time.Second
	}
	if e.kind == stops && e.took > most {
		t.Errorf("it ended %s after the signal", e.took)
	}
}

// machine is what no sentence for a person holds.
var machine = regexp.MustCompile(`operation error|response error|StatusCode|RequestID|context (canceled|deadline)|` +
	`\*?[a-z]+\.[A-Z][A-Za-z]+(Error|Exception)\b|&\{|%!|\n|goroutine|<nil>`)

// action is how a refusal names what was not allowed.
var action = regexp.MustCompile(`not allowed: (s3|sts|cloudformation):[A-Z][A-Za-z]+\b`)

// saysWell holds that a run speaks to people, and tells them what they need.
func (e ended) saysWell(t *testing.T, w *world) {
	t.Helper()
	texts := w.story.texts()
	if e.Problem != nil {
		texts = append(texts, e.Problem.Message, e.Problem.Hint)
	}
	for _, text := range texts {
		if found := machine.FindString(text); text == "" || found != "" {
			t.Errorf("%q in: %q", found, text)
		}
	}
	if e.kind != refuses || e.Problem == nil {
		return
	}
	expired := strings.Contains(e.Problem.Message, "expired")
	if e.ill.name == "expired" && !expired || e.ill.name == "denied" && !action.MatchString(e.Problem.Message) {
		t.Errorf("%s: %s", e.ill.name, e.Problem.Message)
	}
}

// texts are the notices and warnings that were told.
func (s *story) texts() (texts []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, e := range s.events {
		switch e := e.(type) {
		case report.Warning:
			texts = append(texts, e.Text)
		case report.Notice:
			texts = append(texts, e.Text)
		}
	}
	return texts
}

// watches holds that a stack which was left to AWS can be watched to the operation's end.
func (w *world) watches(t *testing.T) {
	t.Helper()
	o := w.runs(t.Context(), rollout.Watch, rollout.Settings{})
	status := w.status(t)
	if working(status) {
		t.Errorf("watch ended while the stack is %s", status)
	}
	failed := strings.Contains(status, "ROLLBACK") || strings.HasSuffix(status, "_FAILED")
	if code := (ended{Outcome: o}).code(); failed != (code == report.ExitStack) || !failed && code != report.ExitDone {
		t.Errorf("watch ended with %d (%+v), and the stack is %s", code, o.Problem, status)
	}
}

func working(status string) bool {
	return strings.HasSuffix(status, "_IN_PROGRESS") && status != "REVIEW_IN_PROGRESS"
}
