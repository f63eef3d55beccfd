package websocket

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// tap is the connection below coder/websocket, which does not show frames: a message of one frame of 33 KB, and one of
// two frames, look the same above it. API Gateway limits both, so the headers are read here, as their bytes pass; a
// frame that breaks a rule is never seen above, only an error that says how the connection ends.
type tap struct {
	net.Conn
	frames frames
	early  []byte                  // what net/http has read ahead
	broken atomic.Pointer[refusal] // once a rule was broken
}

// broke is the error of the network. It hides io.EOF: for coder/websocket v1.8.15 that is the end of a message, also
// in the middle of it (msgReader.Read), and half a message would be handed on as a whole one.
type broke struct{ cause error }

// Error is the cause's.
func (b *broke) Error() string { return b.cause.Error() }

// Read reads what follows the rules.
func (t *tap) Read(p []byte) (int, error) {
	if broken := t.broken.Load(); broken != nil {
		return 0, broken
	}
	n, err := t.next(p)
	kept, broken := t.frames.pass(p[:n])
	switch {
	case broken != nil:
		t.broken.Store(broken)
		return kept, broken
	case err != nil:
		return n, &broke{err}
	}
	return n, nil
}

func (t *tap) next(p []byte) (int, error) {
	if len(t.early) > 0 {
		n := copy(p, t.early)
		t.early = t.early[n:]
		return n, nil
	}
	return t.Conn.Read(p)
}

// Write bounds how long the client may leave it unread. With a context instead, coder/websocket would start a timer and
// a function for each frame.
func (t *tap) Write(p []byte) (int, error) {
	if err := t.SetWriteDeadline(time.Now().Add(writing)); err != nil {
		return 0, &broke{err}
	}
	n, err := t.Conn.Write(p)
	if err != nil {
		return n, &broke{err}
	}
	return n, nil
}

// Close closes the connection. Where a rule was broken there are bytes that nobody reads, and a system that closes over
// them resets the connection, which takes the close frame from the client. So it says that it is done, and reads until
// the client is done too (https://www.rfc-editor.org/rfc/rfc6455#section-7.1.1).
func (t *tap) Close() error {
	if half, ok := t.Conn.(interface{ CloseWrite() error }); ok && t.broken.Load() != nil && half.CloseWrite() == nil {
		if t.SetReadDeadline(time.Now().Add(parting)) == nil {
			_, _ = io.Copy(io.Discard, t.Conn) // the connection ends, whatever comes
		}
	}
	return t.Conn.Close()
}

// Bytes that are written at once, so that most messages are one packet. The reader is net/http's, 4 KB that stay
// allocated for as long as Serve runs.
const packet = 1 << 10

// taker takes the connection from net/http, and puts the tap into it.
type taker struct {
	http.ResponseWriter
	tap *tap
}

// Hijack takes the connection.
func (t *taker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffers, err := http.NewResponseController(t.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, fmt.Errorf("taking the connection: %w", err)
	}
	early, err := buffers.Reader.Peek(buffers.Reader.Buffered())
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("taking what was read ahead: %w", err), conn.Close())
	}
	t.tap.Conn, t.tap.early = conn, append(t.tap.early, early...)
	buffers.Reader.Reset(t.tap)
	return t.tap, bufio.NewReadWriter(buffers.Reader, bufio.NewWriterSize(t.tap, packet)), nil
}
