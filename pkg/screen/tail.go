package screen

import (
	"sync"

	"github.com/plldb/plldb/pkg/report"
)

// Tail shows what happens in a local cloud without holding up those to whom it happens: lines wait for one writer, so
// many of them, and what comes when there is no room is counted and told as that. Close it once nobody tells any more.
type Tail struct {
	screen *Screen
	lines  chan report.Event
	ended  chan struct{}

	mu     sync.Mutex
	missed int
	closed bool
}

// NewTail begins one in which so many lines have room.
func NewTail(s *Screen, room int) *Tail {
	t := &Tail{screen: s, lines: make(chan report.Event, room), ended: make(chan struct{})}
	go t.write()
	return t
}

func (t *Tail) write() {
	defer close(t.ended)
	for e := range t.lines {
		t.screen.Tell(e)
	}
}

// Tell shows one thing that happened, soon. It does not wait. After Close it does nothing.
func (t *Tail) Tell(e report.Traffic) {
	if !t.screen.wants(e) {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	if t.missed > 0 && !t.put(report.Omitted{Lines: t.missed}) || !t.put(e) {
		t.missed++
		return
	}
}

// put has a line wait for the writer, if there is room. Where one was left out, the next says so.
func (t *Tail) put(e report.Event) bool {
	select {
	case t.lines <- e:
		if _, said := e.(report.Omitted); said {
			t.missed = 0
		}
		return true
	default:
		return false
	}
}

// Close ends it when everything is written that had room.
func (t *Tail) Close() {
	t.mu.Lock()
	first := !t.closed
	if first {
		t.closed = true
		close(t.lines)
	}
	missed := t.missed
	t.mu.Unlock()
	<-t.ended
	if first && missed > 0 {
		t.screen.Tell(report.Omitted{Lines: missed})
	}
}
