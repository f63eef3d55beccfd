package execution_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/execution"
)

func configured() execution.Config { return execution.Config{} }

// turnUntil turns the clock, a step for each look, until something is so.
func turnUntil(t *testing.T, turned *clock.Hand, step time.Duration, so func() bool) {
	t.Helper()
	until(t, func() bool {
		if so() {
			return true
		}
		turned.Turn(step)
		return false
	})
}

// until looks until something is so.
func until(t *testing.T, so func() bool) {
	t.Helper()
	limit := time.NewTimer(30 * time.Second)
	defer limit.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !so() {
		select {
		case <-look.C:
		case <-limit.C:
			t.Fatal("it does not come about")
		}
	}
}

// many invokes a function at once, and returns the payloads and errors.
func many(
	t *testing.T, p *execution.Pool, n int, f execution.Function, e execution.Event,
) (payloads []string, errs []error) {
	t.Helper()
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			a, err := p.Invoke(t.Context(), f, e)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				errs = append(errs, err)
				return
			}
			payloads = append(payloads, string(a.Payload))
		})
	}
	wait.Wait()
	return payloads, errs
}

func TestBurstOfShortEventsNeedsFewProcesses(t *testing.T) {
	p, b := linked(t, execution.Config{})
	payloads, errs := many(t, p, 1000, does("lambda"), do("done", 0))
	if len(payloads) != 1000 || len(errs) > 0 {
		t.Fatalf("%d answers, %v", len(payloads), errs)
	}
	if n := b.streams(); n > 16 {
		t.Errorf("%d processes were made", n)
	}
}

func TestBurstOfEventsThatHangGetsAllProcesses(t *testing.T) {
	p, _ := linked(t, execution.Config{Processes: 12, Concurrency: 20})
	ctx, cancel := context.WithCancel(t.Context())
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, err := p.Invoke(ctx, does("lambda"), do("hang", 0)); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
	until(t, func() bool { return p.Processes() == 12 })
	if _, err := p.Invoke(t.Context(), does("other"), do("done", 0)); !errors.Is(err, execution.ErrTooMany) {
		t.Errorf("beyond the concurrency: %v", err)
	}
	cancel()
	wait.Wait()
	_, err := p.Invoke(ctx, does("lambda"), do("done", 0))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestCallerThatGoesLeavesItsEventToTheProcess(t *testing.T) {
	turned := hand()
	p, b := linked(t, execution.Config{Clock: turned, Processes: 1})
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		_, err := p.Invoke(ctx, does("lambda"), do("hang", 0))
		gone <- err
	}()
	until(t, func() bool { return strings.Contains(b.text(), "START RequestId: id-hang") })
	cancel()
	if err := <-gone; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	answer := make(chan string, 1)
	go func() {
		a, err := p.Invoke(t.Context(), does("lambda"), do("done", 0))
		answer <- fmt.Sprint(string(a.Payload), err)
	}()
	turned.Turn(59 * time.Second)
	if len(answer) > 0 || strings.Contains(b.text(), "Task timed out") {
		t.Error("the process was not left to its event")
	}
	turned.Turn(time.Second)
	if got := <-answer; got != `"done"<nil>` {
		t.Errorf("got %s", got)
	}
}

// line is a queue of events, each under way before the next comes.
type line struct {
	t    *testing.T
	p    *execution.Pool
	wait sync.WaitGroup
}

func (l *line) add(f execution.Function, payload string) {
	before := l.p.UnderWay()
	l.wait.Go(func() {
		e := execution.Event{RequestID: "x", Payload: []byte(payload), Tail: true}
		if _, err := l.p.Invoke(l.t.Context(), f, e); err != nil {
			l.t.Errorf("%s: %v", payload, err)
		}
	})
	until(l.t, func() bool { return l.p.UnderWay() > before })
}

// open lets events go on that wait for a gate.
func open(t *testing.T, gate string) {
	t.Helper()
	if err := os.WriteFile(gate, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// echoed is the order in which events were dealt with, those that wait for gates left out.
func echoed(b *book) (order []string) {
	for _, text := range strings.Split(b.text(), "\n") {
		if rest, ok := strings.CutPrefix(text, "echo "); ok && !strings.Contains(rest, "gate") {
			order = append(order, rest)
		}
	}
	return order
}

func TestEventsOfAFunctionKeepTheirOrder(t *testing.T) {
	p, b := linked(t, execution.Config{Processes: 1})
	gate := filepath.Join(t.TempDir(), "gate")
	queue := line{t: t, p: p}
	queue.add(does("echo"), "gate "+gate)
	var want []string
	for n := range 30 {
		queue.add(does("echo"), strconv.Itoa(n))
		want = append(want, strconv.Itoa(n))
	}
	open(t, gate)
	queue.wait.Wait()
	if got := echoed(b); !slices.Equal(got, want) {
		t.Errorf("in the order %v", got)
	}
}

func TestFunctionsTakeTurnsWhereThereIsOneProcess(t *testing.T) {
	p, b := linked(t, execution.Config{Processes: 1})
	gate := filepath.Join(t.TempDir(), "gate")
	queue := line{t: t, p: p}
	queue.add(does("echo"), "gate "+gate)
	queue.add(does("echo"), "1")
	queue.add(does("echo too"), "2")
	queue.add(does("echo"), "3")
	open(t, gate)
	queue.wait.Wait()
	if got := echoed(b); !slices.Equal(got, []string{"1", "too 2", "3"}) {
		t.Errorf("in the order %v", got)
	}
}

func TestFunctionWithManyEventsLeavesPlacesToOthers(t *testing.T) {
	p, b := linked(t, execution.Config{Processes: 4})
	dir := t.TempDir()
	queue := line{t: t, p: p}
	for n := range 8 {
		queue.add(does("echo"), "gate "+filepath.Join(dir, strconv.Itoa(n)))
	}
	until(t, func() bool { return strings.Count(b.text(), "START") == 4 })
	queue.add(does("echo too"), "late")
	if strings.Contains(b.text(), "late") {
		t.Error("there was no place")
	}
	open(t, filepath.Join(dir, "0"))
	open(t, filepath.Join(dir, "1"))
	until(t, func() bool { return slices.Contains(echoed(b), "too late") })
	for n := range 8 {
		open(t, filepath.Join(dir, strconv.Itoa(n)))
	}
	queue.wait.Wait()
}
