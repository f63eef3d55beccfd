package websocket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/coder/websocket"
)

// connection is one client's. While it is idle it has one goroutine, Serve's, which reads.
type connection struct {
	config  Config
	opening Opening
	base    context.Context // that never ends: coder/websocket starts a function a frame for one that can
	work    context.Context // of Message
	cancel  func()

	tap    tap
	ws     *websocket.Conn // nil if there was no upgrade; written before opened is closed
	opened chan struct{}   // closed when the upgrade was answered
	turn   chan struct{}   // full while somebody sends
	tasks  sync.WaitGroup  // the goroutines beside Serve's: one that delivers, one that closes

	mu           sync.Mutex
	queue        [][]byte // messages that wait
	queued       int      // their bytes
	room         sync.Cond
	delivering   bool
	born, active time.Time
	ending       bool
	ended        Ending
}

func newConnection(ctx context.Context, config Config, o Opening) *connection {
	now := config.Clock.Now()
	c := &connection{
		config: config, opening: o, base: context.WithoutCancel(ctx), born: now, active: now,
		opened: make(chan struct{}), turn: make(chan struct{}, 1),
	}
	c.tap.frames = frames{frame: uint64(config.Frame), message: uint64(config.Message)}
	c.work, c.cancel = context.WithCancel(c.base)
	c.room.L = &c.mu
	return c
}

// accept answers 101. API Gateway was seen to negotiate permessage-deflate
// (https://github.com/python-websockets/websockets/issues/1065); a server may always decline it, and how its limits
// count compressed frames is unknown, so it is declined here. Origins are not looked at: that is for the door.
func (c *connection) accept(w http.ResponseWriter, r *http.Request) error {
	defer close(c.opened)
	if c.opening.Subprotocol != "" {
		w.Header().Set("Sec-WebSocket-Protocol", c.opening.Subprotocol)
	}
	options := &websocket.AcceptOptions{InsecureSkipVerify: true, CompressionMode: websocket.CompressionDisabled}
	ws, err := websocket.Accept(&taker{w, &c.tap}, r, options)
	if err != nil {
		return err
	}
	ws.SetReadLimit(-1) // the tap counts
	c.ws = ws
	return nil
}

// read reads until the end, or until somebody else reads because he ends the connection.
func (c *connection) read() {
	for {
		_, text, err := c.ws.Read(c.base)
		switch {
		case err != nil:
			c.stopped(err)
			return
		case !utf8.Valid(text):
			c.end(Ending{notText, "The text is not UTF-8"})
			return
		case !c.enqueue(text):
			return
		}
	}
}

// stopped ends a connection from which nothing more can be read.
func (c *connection) stopped(err error) {
	var rule *refusal
	var broken *broke
	var frame websocket.CloseError
	switch {
	case errors.As(err, &rule):
		c.end(rule.Ending)
		return
	case errors.As(err, &frame): // it was answered, and all is closed
		c.note(received(frame))
	case errors.As(err, &broken), errors.Is(err, net.ErrClosed), errors.Is(err, context.DeadlineExceeded):
		c.note(Ending{Code: lost})
	default: // coder/websocket has complained of the frame that closes, and said so to the client
		c.note(Ending{protocolError, "The close frame is not valid"})
	}
	_ = c.ws.CloseNow() // it is over, whatever it says
}

// received is the end by the client. The words for a close frame without a code are API Gateway's, in the $disconnect
// events that people keep as samples, beside disconnectStatusCode 1005.
func received(frame websocket.CloseError) Ending {
	if frame.Code == noCode {
		return Ending{noCode, "Client-side close frame status not set"}
	}
	return Ending{int(frame.Code), strings.ToValidUTF8(frame.Reason, "\uFFFD")}
}

// note writes down how the connection ends. The first to say so is right.
func (c *connection) note(e Ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(e)
}

// end ends the connection with a close frame, beside the caller; false if it is ending already. Serve waits for it:
// tasks does not grow any more once Serve's goroutine has seen the end.
func (c *connection) end(e Ending) bool { return c.endWithin(parting, e) }

// endWithin is end for a client that has so long for its answer.
func (c *connection) endWithin(patience time.Duration, e Ending) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.settle(e) {
		return false
	}
	c.tasks.Go(func() { c.part(patience, e) })
	return true
}

func (c *connection) settle(e Ending) bool {
	if c.ending {
		return false
	}
	c.ending, c.ended = true, e
	return true
}

// part sends a close frame and reads until the client has answered it. The deadline is for a client that does not: the
// one that coder/websocket has for that does not hold within a frame.
func (c *connection) part(patience time.Duration, e Ending) {
	<-c.opened
	if c.ws == nil || c.tap.SetReadDeadline(time.Now().Add(patience)) != nil {
		return
	}
	_ = c.ws.Close(websocket.StatusCode(e.Code), e.Reason) // a client that has gone ends it too
}

// cut ends everything at once.
func (c *connection) cut() {
	c.cancel()
	select {
	case <-c.opened:
	default:
		return // it is no connection yet, and its end was ordered
	}
	if c.ws != nil {
		_ = c.tap.Conn.Close() // Serve finds out
	}
}
