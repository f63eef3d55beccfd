package execution_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// told is what becomes of a call, later.
func told(ctx context.Context, p *execution.Pool, f execution.Function, e execution.Event) <-chan error {
	err := make(chan error, 1)
	go func() {
		_, why := p.Invoke(ctx, f, e)
		err <- why
	}()
	return err
}

// reached expects an error that tells whether a process had the event.
func reached(t *testing.T, err, want error, had bool) {
	t.Helper()
	if !errors.Is(err, want) || errors.Is(err, execution.ErrNotRun) == had {
		t.Errorf("got %v", err)
	}
}

func TestErrorsTellWhetherAProcessHadTheEvent(t *testing.T) {
	p, b := linked(t, execution.Config{Processes: 1, Concurrency: 3})
	ctx, cancel := context.WithCancel(t.Context())
	had := told(ctx, p, does("lambda"), do("hang", 0))
	until(t, func() bool { return strings.Contains(b.text(), "START") })
	waits := told(ctx, p, does("lambda"), do("done", 0))
	until(t, func() bool { return p.UnderWay() == 2 })
	waitsLonger := told(t.Context(), p, does("lambda"), do("done", 0))
	until(t, func() bool { return p.UnderWay() == 3 })
	_, err := p.Invoke(t.Context(), does("lambda"), do("done", 0))
	reached(t, err, execution.ErrTooMany, false)
	cancel()
	reached(t, <-had, context.Canceled, true)
	reached(t, <-waits, context.Canceled, false)
	_, err = p.Invoke(ctx, does("lambda"), do("done", 0))
	reached(t, err, context.Canceled, false)
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	reached(t, <-waitsLonger, execution.ErrClosed, false)
	_, err = p.Invoke(t.Context(), does("lambda"), do("done", 0))
	reached(t, err, execution.ErrClosed, false)
}

func TestClosingTellsWhetherAProcessHadTheEvent(t *testing.T) {
	p, b := linked(t, execution.Config{})
	had := told(t.Context(), p, does("lambda"), do("hang", 0))
	until(t, func() bool { return strings.Contains(b.text(), "START") })
	starts := told(t.Context(), p, does("never asks"), do("x", 0))
	until(t, func() bool { return p.Processes() == 2 })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	reached(t, <-had, execution.ErrClosed, true)
	reached(t, <-starts, execution.ErrClosed, false)
}

func TestCodeThatIsNotThereNeverGetsTheEvent(t *testing.T) {
	p := execution.New(execution.Config{Dir: t.TempDir(), Code: code(nil)})
	defer p.Close()
	_, err := p.Invoke(t.Context(), does("unknown"), do("x", 0))
	if !errors.Is(err, execution.ErrNotRun) {
		t.Errorf("got %v", err)
	}
}
