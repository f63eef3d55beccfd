package websocket

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"
)

// Hub holds connections.
type Hub struct {
	config Config

	mu      sync.Mutex
	open    map[string]*connection // from before the 101 until before Ended
	serving int                    // calls of Serve that have, or had, a connection
	closed  bool                   // no more are taken
	gone    chan struct{}          // closed once the hub is closed and nothing is served
	stop    func()                 // ends the reaper; nil while there is none
	reaped  chan struct{}          // closed when the reaper has ended; nil once that was awaited
}

// NewHub is a hub without connections.
func NewHub(c Config) *Hub {
	return &Hub{config: c.complete(), open: map[string]*connection{}, gone: make(chan struct{})}
}

// Serve answers an upgrade with 101, and serves the connection until it has ended and Ended has returned. If there is
// an error no connection came to be, the client was told, and Ended is not called.
//
// Send finds the connection before its client can know that it is open, so nobody need wait for Serve to come so far.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, o Opening) error {
	status, err := Check(r)
	if err == nil && !hijacks(w) {
		status, err = http.StatusNotImplemented, fmt.Errorf("a connection cannot be taken from a %T", w)
	}
	if err != nil {
		refuse(w, status, err)
		return err
	}
	c, err := h.enter(r.Context(), o)
	if err != nil {
		refuse(w, http.StatusServiceUnavailable, err)
		return err
	}
	defer h.leave()
	err = c.accept(w, r)
	if err == nil {
		c.read()
	} else {
		c.note(Ending{Code: lost})
	}
	c.tasks.Wait()
	h.forget(c)
	if err == nil {
		o.Ended(c.ended)
	}
	return err
}

// Send sends a text message. Messages to one connection go in the order of the calls. ctx bounds the waiting for those
// that were before; once its turn has come, the message goes out whatever becomes of ctx, because half a frame would
// end a connection that is not the caller's. A client that does not read is given up after some seconds.
func (h *Hub) Send(ctx context.Context, id string, text []byte) error {
	c, err := h.find(id)
	if err != nil {
		return err
	}
	return c.send(ctx, text)
}

// Drop ends a connection with a close frame, that must be able to carry the code and the reason. It does not wait for
// the end.
func (h *Hub) Drop(id string, code int, reason string) error {
	if !sendable(code, reason) {
		return fmt.Errorf("a close frame cannot carry the code %d and the reason %q", code, reason)
	}
	c, err := h.find(id)
	if err != nil {
		return err
	}
	if !c.end(Ending{code, reason}) {
		return ErrGone
	}
	return nil
}

// Active is when the connection last carried a message, in either direction.
func (h *Hub) Active(id string) (time.Time, error) {
	c, err := h.find(id)
	if err != nil {
		return time.Time{}, err
	}
	return c.lastActive()
}

// Len is how many connections there are.
func (h *Hub) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.open)
}

// Close ends all connections with 1001, takes no more, and waits for their ends, or for ctx. Then connections are cut,
// and so is the ctx of every Message.
func (h *Hub) Close(ctx context.Context) error {
	for _, c := range h.shut() {
		c.endWithin(leaving, away())
	}
	select {
	case <-h.gone:
		return nil
	case <-ctx.Done():
	}
	for _, c := range h.shut() {
		c.cut()
	}
	return fmt.Errorf("ending the WebSocket connections: %w", ctx.Err())
}

// sendable is for https://www.rfc-editor.org/rfc/rfc6455#section-7.4: a control frame has 125 bytes, two for the code.
func sendable(code int, reason string) bool {
	known := code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)
	return (known || code >= 3000 && code <= 4999) && len(reason) <= 123 && utf8.ValidString(reason)
}

func (h *Hub) find(id string) (*connection, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if c, ok := h.open[id]; ok {
		return c, nil
	}
	return nil, ErrGone
}

// enter makes room for a connection.
func (h *Hub) enter(ctx context.Context, o Opening) (*connection, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	if _, ok := h.open[o.ID]; ok {
		return nil, fmt.Errorf("there is a connection %s already", o.ID)
	}
	c := newConnection(ctx, h.config, o)
	h.open[o.ID] = c
	h.serving++
	if h.stop == nil {
		h.reap(context.WithoutCancel(ctx))
	}
	return c, nil
}

// forget is for a connection that has ended. The last one takes the reaper along.
func (h *Hub) forget(c *connection) {
	c.cancel()
	h.mu.Lock()
	delete(h.open, c.opening.ID)
	last := len(h.open) == 0 && h.reaped != nil
	var done <-chan struct{}
	if last {
		done = h.unreap()
	}
	h.mu.Unlock()
	if last {
		<-done
	}
}

func (h *Hub) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.serving--
	if h.closed && h.serving == 0 {
		close(h.gone)
	}
}

// shut takes no more connections, and returns those that there are.
func (h *Hub) shut() []*connection {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed && h.serving == 0 {
		close(h.gone)
	}
	h.closed = true
	return h.all()
}

func (h *Hub) all() []*connection {
	all := make([]*connection, 0, len(h.open))
	for _, c := range h.open {
		all = append(all, c)
	}
	return all
}
