package screen

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/report"
)

const (
	mostBytes = 8 << 20 // of all lines that wait
	mostText  = 8 << 10 // bytes of a text for people, of which no terminal shows more
	mostName  = 256     // bytes of each other field: AWS's own names are shorter
	overhead  = 256     // about what a line takes beside what it says
)

// Tail shows what happens in a local cloud without holding up those to whom it happens: lines wait for one writer, so
// many of them and so many bytes, and what comes when there is no room is counted and told as that. Lines of logs leave a
// quarter of the room to the others. Close it once nobody tells any more.
type Tail struct {
	screen *Screen
	room   int // lines
	ended  chan struct{}

	mu     sync.Mutex
	come   *sync.Cond // there is a line, or the end
	lines  []report.Event
	bytes  int  // of them
	full   bool // there was no room for the last of all kinds but logs
	logs   bool // there was none for the last of a log
	missed int
	closed bool
}

// NewTail begins one in which so many lines have room.
func NewTail(s *Screen, room int) *Tail {
	t := &Tail{screen: s, room: room, ended: make(chan struct{})}
	t.come = sync.NewCond(&t.mu)
	go t.write()
	return t
}

func (t *Tail) write() {
	defer close(t.ended)
	for {
		e, ok := t.next()
		if !ok {
			return
		}
		t.screen.Tell(e)
	}
}

// next waits for a line, and takes it out. Where none is left, what was left out is told.
func (t *Tail) next() (report.Event, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for len(t.lines) == 0 && t.missed == 0 && !t.closed {
		t.come.Wait()
	}
	if len(t.lines) == 0 {
		missed := t.missed
		t.missed = 0
		return report.Omitted{Lines: missed}, missed > 0
	}
	e := t.lines[0]
	t.lines[0] = nil // the array lives on
	t.lines, t.bytes = t.lines[1:], t.bytes-weight(e)
	return e, true
}

// Tell shows one thing that happened, soon. It does not wait. After Close it does nothing.
func (t *Tail) Tell(e report.Traffic) {
	if !t.screen.wants(e) {
		return
	}
	e = t.kept(e)
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return
	}
	t.ease()
	if !t.fits(e) {
		t.missed++
		return
	}
	if t.missed > 0 && !t.logs && !t.full { // the burst is over
		t.put(report.Omitted{Lines: t.missed})
		t.missed = 0
	}
	t.put(e)
}

// ease makes room again once half of it is free: a burst is left out in one piece, and not line by line as the writer gets
// on.
func (t *Tail) ease() {
	free := len(t.lines) <= t.room/2 && t.bytes <= mostBytes/2
	t.full, t.logs = t.full && !free, t.logs && !free
}

// fits tells whether there is room.
func (t *Tail) fits(e report.Traffic) bool {
	lines, bytes, full := t.room, mostBytes, &t.full
	if e.Kind == report.KindLogged {
		lines, bytes, full = lines-lines/4, bytes-bytes/4, &t.logs
	}
	*full = *full || len(t.lines) > 0 && (len(t.lines) >= lines || t.bytes+weight(e) > bytes)
	return !*full
}

func (t *Tail) put(e report.Event) {
	t.lines, t.bytes = append(t.lines, e), t.bytes+weight(e)
	t.come.Signal()
}

// weight is about how many bytes a line takes while it waits.
func weight(e report.Event) int {
	if e, ok := e.(report.Traffic); ok {
		return overhead + len(e.Text) + len(e.Connection) + len(e.Route) + len(e.Function)
	}
	return overhead
}

// kept is an event that holds on to nothing but what is shown of it. Programs are shown every text whole.
func (t *Tail) kept(e report.Traffic) report.Traffic {
	most := mostText
	if t.screen.o.JSON {
		most = len(e.Text)
	}
	e.Text = begun(e.Text, most)
	e.Connection, e.Route, e.Function = begun(e.Connection, mostName), begun(e.Route, mostName), begun(e.Function, mostName)
	return e
}

// begun is a copy of the beginning of a text.
func begun(s string, most int) string {
	if len(s) <= most {
		return strings.Clone(s)
	}
	for most > 0 && !utf8.RuneStart(s[most]) {
		most--
	}
	return s[:most] + "…"
}

// Close ends it when everything is written that had room.
func (t *Tail) Close() {
	t.mu.Lock()
	t.closed = true
	t.come.Broadcast()
	t.mu.Unlock()
	<-t.ended
}
