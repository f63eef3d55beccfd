package logs

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const (
	writeAfter   = 200 * time.Millisecond // that is how much a process loses that is killed
	mostBuffered = 1 << 20                // bytes
)

// buffer holds lines that are not written yet.
type buffer struct {
	turn chan struct{} // holds one token while lines are written: they stay in order

	mu     sync.Mutex
	lines  []traffic.Line
	bytes  int
	timer  *time.Timer // nil until somebody logs again
	closed bool
	lost   int   // lines that there was no room for while they could not be written
	why    error // of the last of them
}

// Log takes lines that functions print. It does not wait for a disk: they are written together, 200 ms later or before
// somebody reads. Where lines come faster than they can be written, it waits, and so does who prints them. While they
// cannot be written, the last 1 MB of them is kept. Lines for a group that does not exist are dropped, and those that
// come after Close. It is not called within a transaction.
func (s *Service) Log(lines ...traffic.Line) {
	if s.buffer.take(lines, s.flushLater) {
		s.flushLater()
	}
}

// flushLater writes what is there. If that fails the lines wait until somebody logs again, reads or closes; those two
// are told then, if it fails once more.
func (s *Service) flushLater() { _ = s.flush(s.config.Life) }

// take keeps lines, and lets work be called when it is time; true says that there are too many.
func (b *buffer) take(lines []traffic.Line, work func()) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed || len(lines) == 0 {
		return false
	}
	b.lines = append(b.lines, lines...)
	b.bytes += weigh(lines)
	if b.timer == nil {
		b.timer = time.AfterFunc(writeAfter, work)
	}
	return b.bytes > mostBuffered
}

func weigh(lines []traffic.Line) (bytes int) {
	for _, l := range lines {
		bytes += len(l.Text) + perEvent
	}
	return bytes
}

// empty gives what there is.
func (b *buffer) empty() []traffic.Line {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	lines := b.lines
	b.lines, b.bytes = nil, 0
	return lines
}

// giveBack puts lines that could not be written before those that came since. The oldest are lost where there is no
// room, and counted.
func (b *buffer) giveBack(lines []traffic.Line, why error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.lines, b.bytes = append(lines, b.lines...), b.bytes+weigh(lines)
	for b.bytes > mostBuffered {
		b.bytes -= weigh(b.lines[:1])
		b.lines = b.lines[1:]
		b.lost, b.why = b.lost+1, why
	}
}

// unwritten is the error of the lines that are lost, and of those that are left if why is not nil.
func (b *buffer) unwritten(why error) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lost
	if why != nil {
		lines += len(b.lines)
	} else {
		why = b.why
	}
	if why == nil {
		return nil
	}
	return fmt.Errorf("writing %d lines of functions' logs: %w", lines, why)
}

// flush writes what was logged until now, in one transaction.
func (s *Service) flush(ctx context.Context) error {
	select {
	case s.buffer.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.buffer.turn }()
	lines := s.buffer.empty()
	if len(lines) == 0 {
		return nil
	}
	err := s.config.Store.Update(ctx, func(tx *store.Tx) error {
		write(tx, lines)
		return nil
	})
	if err != nil {
		s.buffer.giveBack(lines, err)
	}
	return err
}

// Close writes what was logged. Its error tells how many lines could not be written, in all that time. What is logged
// later is dropped.
func (s *Service) Close(ctx context.Context) error {
	s.buffer.mu.Lock()
	s.buffer.closed = true
	s.buffer.mu.Unlock()
	return s.buffer.unwritten(s.flush(ctx))
}

// target is a stream that lines are for.
type target struct{ account, region, group, stream string }

// write appends lines to their streams, which are made where they are not there.
func write(tx *store.Tx, lines []traffic.Line) {
	var order []target
	events := map[target][]event{}
	for _, l := range lines {
		t := target{l.Account, l.Region, l.Group, l.Stream}
		if events[t] == nil {
			order = append(order, t)
		}
		at := l.Time.UnixMilli()
		events[t] = append(events[t], event{Time: at, Ingested: at, Text: text(l.Text)})
	}
	for _, t := range order {
		p := place{wire.Place{Account: t.account, Region: t.region}}
		g, err := p.find(tx, t.group)
		if err != nil || checkStream(t.stream) != nil {
			continue // nobody makes a group by logging (trap 8)
		}
		st, ok := p.stream(tx, g.Name, t.stream)
		if !ok {
			st = newStream(tx, t.stream, events[t][0].Time)
			st.Logged = true
		}
		p.append(tx, &g, st, events[t])
	}
}

// text is a line as Lambda sends it: with its newline, which SumoLogic/sumologic-aws-lambda#41 shows, and no longer
// than an event may be.
func text(line string) string {
	const room = longestEvent - perEvent - len("\n")
	return strings.ToValidUTF8(line[:min(len(line), room)], "\uFFFD") + "\n"
}
