package execution_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

func TestIdleProcessesMakeRoom(t *testing.T) {
	p, _ := linked(t, execution.Config{Processes: 2})
	for n := range 6 {
		f := does("echo")
		f.ARN += strconv.Itoa(n)
		invoke(t, p, f, do("x", 0))
		if p.Processes() > 2 {
			t.Fatalf("%d processes", p.Processes())
		}
	}
}

func TestIdleProcessesEndAfterAMinute(t *testing.T) {
	turned := hand()
	p, b := linked(t, execution.Config{Clock: turned})
	invoke(t, p, does("echo"), do("x", 0))
	until(t, p.Idle)
	turned.Turn(59 * time.Second)
	invoke(t, p, does("echo"), do("x", 0))
	until(t, p.Idle)
	turned.Turn(59 * time.Second)
	invoke(t, p, does("echo"), do("x", 0))
	if b.streams() != 1 {
		t.Errorf("%d processes were made", b.streams())
	}
	until(t, p.Idle)
	turned.Turn(time.Minute)
	until(t, func() bool { return p.Processes() == 0 })
	invoke(t, p, does("echo"), do("x", 0))
	if b.streams() != 2 {
		t.Errorf("%d processes were made", b.streams())
	}
}

func TestAnotherRevisionGetsOtherProcesses(t *testing.T) {
	p, b := linked(t, execution.Config{})
	gate := filepath.Join(t.TempDir(), "gate")
	old, queue := does("echo"), line{t: t, p: p}
	queue.add(old, "gate "+gate)
	first := told(t.Context(), p, old, execution.Event{RequestID: "x", Payload: []byte("1")})
	until(t, func() bool { return slices.Contains(echoed(b), "1") && p.Idle() })
	renewed := old
	renewed.Revision = "2"
	invoke(t, p, renewed, do("x", 0))
	open(t, gate)
	queue.wait.Wait()
	if err := <-first; err != nil {
		t.Error(err)
	}
	until(t, func() bool { return p.Processes() == 1 })
	invoke(t, p, renewed, do("x", 0))
	if b.streams() != 3 {
		t.Errorf("%d processes were made", b.streams())
	}
}

func TestClosing(t *testing.T) {
	p, b := linked(t, execution.Config{Processes: 2})
	errs := make(chan error, 6)
	for range 6 {
		go func() {
			_, err := p.Invoke(t.Context(), does("lambda"), do("hang", 0))
			errs <- err
		}()
	}
	until(t, func() bool { return strings.Count(b.text(), "START") == 2 && p.UnderWay() == 6 })
	closed := make(chan error, 2)
	for range cap(closed) {
		go func() { closed <- p.Close() }()
	}
	if err := errors.Join(<-closed, <-closed); err != nil || p.Processes() != 0 {
		t.Errorf("%v, %d processes", err, p.Processes())
	}
	for range 6 {
		if err := <-errs; !errors.Is(err, execution.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
	if _, err := p.Invoke(t.Context(), does("lambda"), do("done", 0)); !errors.Is(err, execution.ErrClosed) {
		t.Errorf("afterwards %v", err)
	}
}

func TestProcessThatEndsWhenIdle(t *testing.T) {
	p, _ := linked(t, execution.Config{})
	for n := range 20 {
		if a := invoke(t, p, does("exit idle"), execution.Event{RequestID: fmt.Sprint(n)}); string(a.Payload) != `"last"` {
			t.Errorf("%d: %s", n, a.Payload)
		}
	}
}

// What a process never saw another one gets.
func TestEventOfAProcessThatHungUpGoesToAnother(t *testing.T) {
	p, b := linked(t, execution.Config{})
	gate := filepath.Join(t.TempDir(), "gate")
	f := does("hangs up")
	f.Environment["GATE"] = gate
	invoke(t, p, f, execution.Event{RequestID: "first"})
	until(t, func() bool { return strings.Contains(b.text(), "hung up") && p.Idle() })
	answer := make(chan string, 1)
	go func() {
		a, err := p.Invoke(t.Context(), f, execution.Event{RequestID: "second", Tail: true})
		answer <- fmt.Sprint(string(a.Payload), a.Failed, err)
	}()
	until(t, func() bool { return p.UnderWay() == 1 && !p.Idle() })
	open(t, gate)
	if got := <-answer; got != `"last"<nil>` || b.streams() != 2 {
		t.Errorf("got %s, from %d processes", got, b.streams())
	}
}
