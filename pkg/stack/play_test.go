package stack_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// play sets what the next writes of an operation lead to.
func (w *world) play(operation string, plays ...[]scene) *world {
	w.plays[operation] = plays
	return w
}

// clock is the time of the bubble in which a test runs: testing/synctest turns it.
type clock struct{}

func (clock) Now() time.Time { return time.Now() }

func (clock) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// story is a Sink that keeps what it is told.
type story struct {
	mu     sync.Mutex
	events []report.Event
}

func (s *story) Tell(e report.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// lines returns the story in short lines.
func (s *story) lines() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var lines []string
	for _, e := range s.events {
		switch e := e.(type) {
		case report.StackEvent:
			lines = append(lines, strings.TrimSpace(e.LogicalID+" "+e.Status+" "+e.Reason))
		case report.Notice:
			lines = append(lines, "notice: "+e.Text)
		case report.Warning:
			lines = append(lines, "warning: "+e.Text)
		}
	}
	return lines
}

// play is a stack in a world, and the story it tells.
type play struct {
	*stack.Stack
	world *world
	story *story
}

func (w *world) open() play {
	s := &story{}
	return play{stack.New(cloudformation.NewFromConfig(w.Config()), "plldb", s, clock{}), w, s}
}

// look is the look of a test in which looking is not what is tested.
func (p play) look(t *testing.T) stack.Seen {
	t.Helper()
	seen, err := p.Look(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return seen
}

// wanted is a template that differs from what a world has.
func wanted() stack.Wanted {
	return stack.Wanted{
		Text:    []byte("new"),
		Version: "0.1.0",
		URL:     func(context.Context) (string, error) { return "https://bucket/key?versionId=1", nil },
	}
}

func (p play) deploy(t *testing.T, c stack.Consents) (stack.Result, error) {
	t.Helper()
	return p.Deploy(t.Context(), p.look(t), wanted(), c)
}

func (p play) destroy(t *testing.T, c stack.Consents) (stack.Result, error) {
	t.Helper()
	return p.Destroy(t.Context(), p.look(t), c)
}

// operations names the calls without their service, those of the first look left out.
func (w *world) after(n int) []string {
	var names []string
	for _, name := range w.Operations()[n:] {
		names = append(names, strings.TrimPrefix(name, "CloudFormation."))
	}
	return names
}

// count says how often an operation was called.
func (w *world) count(operation string) int {
	n := 0
	for _, name := range w.Operations() {
		if name == "CloudFormation."+operation {
			n++
		}
	}
	return n
}

// input returns the input of the last call of an operation.
func input[T any](w *world) T {
	var last T
	for _, call := range w.Calls() {
		if in, ok := call.Input.(T); ok {
			last = in
		}
	}
	return last
}

// creates, updates and deletes are plays that go well at once.
func creates() []scene { return []scene{at("CREATE_COMPLETE", told("Table CREATE_COMPLETE"))} }

func updates() []scene { return []scene{at("UPDATE_COMPLETE", told("Function UPDATE_COMPLETE"))} }

func deletes() []scene { return []scene{at("DELETE_COMPLETE", told("Table DELETE_COMPLETE"))} }

// mustProblem checks the code of the problem that an error is, and returns it.
func mustProblem(t *testing.T, err error, code int) *report.Problem {
	t.Helper()
	p, ok := err.(*report.Problem)
	if !ok {
		t.Fatalf("%v is no problem", err)
	}
	if p.Code != code || p.Message == "" || p.Hint == "" {
		t.Fatalf("problem %+v, want code %d, a message and a hint", *p, code)
	}
	return p
}

func mustStatus(t *testing.T, res stack.Result, want report.Status) {
	t.Helper()
	if res.Status != want {
		t.Fatalf("status %s, want %s", res.Status, want)
	}
}
