package websocket

import (
	"context"
	"time"
)

// reap starts the reaper: one goroutine for all connections, while there are any. The hub is locked. A new connection
// need not wake it: it is never due before the ones that are there, which began to be idle before.
func (h *Hub) reap(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	before, done := h.reaped, make(chan struct{})
	h.stop, h.reaped = cancel, done
	go func() {
		defer close(done)
		defer cancel()
		if before != nil {
			<-before // that has nothing to do any more
		}
		for {
			next, ok := h.endDue(ctx)
			if !ok || h.config.Clock.Wait(ctx, next) != nil {
				return
			}
		}
	}()
}

// unreap stops the reaper, if there is one, and returns what is closed once it has ended. The hub is locked.
func (h *Hub) unreap() <-chan struct{} {
	if h.stop != nil {
		h.stop()
	}
	done := h.reaped
	h.stop, h.reaped = nil, nil
	return done
}

// endDue ends the connections whose time is over, and returns when the next one's is; false if there is none, or if the
// reaper was stopped.
func (h *Hub) endDue(ctx context.Context) (time.Time, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ctx.Err() != nil {
		return time.Time{}, false
	}
	var next time.Time
	now := h.config.Clock.Now()
	for _, c := range h.open {
		due, ok := c.due()
		if ok && !due.After(now) {
			ok = !c.end(away())
		}
		if ok && (next.IsZero() || due.Before(next)) {
			next = due
		}
	}
	if next.IsZero() {
		h.stop = nil // enter starts another one
	}
	return next, !next.IsZero()
}
