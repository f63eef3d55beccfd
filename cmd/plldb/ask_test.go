package main

import (
	"context"
	"os"
	"sync/atomic"
	"testing"
)

// pauses counts how often a screen is kept from speaking now.
type pauses struct{ atomic.Int32 }

func (p *pauses) Pause() (resume func()) {
	p.Add(1)
	return func() { p.Add(-1) }
}

// As long as a question waits for its answer the screen does not say that it is still at it; however the question ends, it
// may again.
func TestTheScreenIsPausedWhileAPersonIsAsked(t *testing.T) {
	for name, end := range map[string]func(person *os.File, leave func()) error{
		"an answer": func(person *os.File, _ func()) error {
			_, err := person.WriteString("y\n")
			return err
		},
		"Ctrl-D":   func(person *os.File, _ func()) error { return person.Close() },
		"a signal": func(_ *os.File, leave func()) error { leave(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			in, person, err := os.Pipe()
			check(t, err)
			shown, story, err := os.Pipe()
			check(t, err)
			for _, f := range []*os.File{in, person, shown, story} {
				defer f.Close()
			}
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			show, left := &pauses{}, make(chan struct{})
			go func() {
				defer close(left)
				_, _ = ask(ctx, streams{in: in, err: story, question: &question{}}, show, "Go on?")
			}()
			_, err = shown.Read(make([]byte, 64)) // the question is there
			check(t, err)
			if n := show.Load(); n != 1 {
				t.Errorf("while it waits, %d pauses", n)
			}
			check(t, end(person, leave))
			<-left
			if n := show.Load(); n != 0 {
				t.Errorf("after its end, %d pauses", n)
			}
		})
	}
}
