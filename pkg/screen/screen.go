// Package screen shows a run. Its rules:
//
// The story (what is being done, warnings, errors) goes to the error stream, the answer (how it ended, the stack's
// outputs) to standard output, so that a pipe carries the answer alone. With JSON, standard output carries every event as
// one object a line, the outcome last, and the story stays where it was.
//
// A line is plain text and is never rewritten. Colour only helps the eye: no meaning is lost without it. After thirty
// seconds without a line one says what is being waited for, because CI systems and people take silence for death. While
// a person is asked there is none: it would stand on the question's line.
//
// An error is one sentence after "error:" and, where something can be done, one after "hint:". A sentence may bring the
// compiler's own lines along.
//
// Where the stack failed the answer is the state that it was left in, and nothing after it.
//
// Of a local cloud that is served, each connection, message and log line is a line of the answer: a pipe carries them alone.
// What clients and functions say is cut to the width of the terminal, and cannot write to it.
//
// What a setup would change, and what differs, is the story of a setup that asks before it goes on; of diff and status,
// which are run for it, it is the answer. Values that are long are cut to where they differ; JSON has them whole.
package screen

import (
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"github.com/plldb/plldb/pkg/report"
)

// silence is how long the story may be without a line.
const silence = 30 * time.Second

// Options choose the streams and what is shown on them.
type Options struct {
	Out, Err io.Writer
	JSON     bool // events as JSON lines on Out
	Verbose  bool // AWS requests and retries, and the whole chain of a failure, too
	Answer   bool // plans, comparisons and drift are what was asked for: on Out, not on Err
	Color    bool // on Err; see ColorFits
	OutColor bool // on Out, for what Answer and Traffic put there; see ColorFits

	// Width is how many columns a line of traffic may have; nil is 120. See WidthOf.
	Width func() int
}

// Screen is a report.Sink that prints. Close it when the run is over.
type Screen struct {
	o      Options
	out    *keeper // Out
	paint  paint   // of Err
	bright paint   // of Out

	mu    sync.Mutex
	step  report.Step // what is being worked at, "" between steps
	since time.Time
	quiet *time.Timer
	turn  int // counts the silences, so that a timer that fired too late to be stopped knows that its own is over
	asked int // questions that wait for their answer

	planned int              // lines of the plan so far
	refused bool             // one of them is that a setup would refuse
	drifted []report.Drifted // what drift found so far
}

var _ report.Sink = (*Screen)(nil)

// New returns a screen on the given streams.
func New(o Options) *Screen {
	out := &keeper{w: o.Out, left: make(chan struct{})}
	o.Out = out
	return &Screen{o: o, out: out, paint: newPaint(o.Color), bright: newPaint(o.OutColor)}
}

// keeper keeps the first error of a stream. It may be written to from several goroutines.
type keeper struct {
	mu   sync.Mutex
	w    io.Writer
	err  error
	left chan struct{} // closed once the reader has left
}

func (k *keeper) Write(p []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, err := k.w.Write(p)
	if k.err == nil && err != nil {
		k.err = err
		if errors.Is(err, syscall.EPIPE) {
			close(k.left)
		}
	}
	return n, err
}

func (k *keeper) lost() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if errors.Is(k.err, syscall.EPIPE) {
		return nil
	}
	return k.err
}

// Lost is why something that stands on Out could not be written; nil if all was, or if the reader had read enough and left
// (plldb … | head).
func (s *Screen) Lost() error { return s.out.lost() }

// Left is closed once the reader of Out has left.
func (s *Screen) Left() <-chan struct{} { return s.out.left }

// Tell shows one event.
func (s *Screen) Tell(e report.Event) {
	if !s.wants(e) {
		return
	}
	if s.passing(e) { // nothing waits for it: its reader may have stopped to read
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()

	s.follow(e)
	s.story(e)
	if s.o.JSON {
		writeJSON(s.o.Out, e)
	} else {
		s.answer(e)
	}
}

// wants says whether an event is shown: requests, and Lambda's own log lines, are for who asks for everything.
func (s *Screen) wants(e report.Event) bool {
	switch e := e.(type) {
	case report.Request:
		return s.o.Verbose
	case report.Traffic:
		return s.o.Verbose || !ofPlatform(e)
	}
	return true
}

// Close ends the watch over silence. The screen prints nothing by itself afterwards.
func (s *Screen) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.step = ""
	s.hush()
}

// Pause keeps the screen from breaking its silence while a person is asked something. resume ends that, and the silence
// begins anew.
func (s *Screen) Pause() (resume func()) {
	s.pause(1)
	return func() { s.pause(-1) }
}

func (s *Screen) pause(by int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked += by
	s.hush()
	s.listen()
}

// follow keeps account of the step that is being worked at, and starts the silence anew.
func (s *Screen) follow(e report.Event) {
	s.hush()
	switch e := e.(type) {
	case report.StepStarted:
		s.step, s.since = e.Step, time.Now()
	case report.StepEnded, report.Outcome:
		s.step = ""
	}
	s.listen()
}

// listen waits for the end of a silence, where there is work that can be silent.
func (s *Screen) listen() {
	if s.step == "" || s.asked > 0 {
		return
	}
	s.turn++
	turn := s.turn
	s.quiet = time.AfterFunc(silence, func() { s.stillThere(turn) })
}

func (s *Screen) hush() {
	s.turn++
	if s.quiet != nil {
		s.quiet.Stop()
		s.quiet = nil
	}
}

// stillThere breaks the silence of that turn, and waits for the next one.
func (s *Screen) stillThere(turn int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if turn != s.turn {
		return
	}
	s.line("%s", s.paint.faint("%s: still at it after %s", s.step, took(time.Since(s.since))))
	s.listen()
}
