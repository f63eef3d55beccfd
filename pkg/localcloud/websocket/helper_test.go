package websocket_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	client "github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC) }

// record keeps what happens to a connection.
type record struct {
	mu       sync.Mutex
	messages []string
	endings  []websocket.Ending
	ended    chan struct{}
}

func newRecord() *record { return &record{ended: make(chan struct{})} }

func (r *record) opening(id string) websocket.Opening {
	return websocket.Opening{ID: id, Message: r.message, Ended: r.end}
}

func (r *record) message(_ context.Context, text []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, string(text))
}

func (r *record) end(e websocket.Ending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.endings = append(r.endings, e)
	if len(r.endings) == 1 {
		close(r.ended)
	}
}

func (r *record) got() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.messages
}

// ending waits for the end, of which there must be one.
func (r *record) ending(t *testing.T) websocket.Ending {
	t.Helper()
	<-r.ended
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.endings) != 1 {
		t.Fatalf("it ended %d times: %v", len(r.endings), r.endings)
	}
	return r.endings[0]
}

func request(t *testing.T) *http.Request {
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
	r.Header.Set("Connection", "Upgrade")
	r.Header.Set("Upgrade", "websocket")
	r.Header.Set("Sec-WebSocket-Version", "13")
	r.Header.Set("Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA==")
	return r
}

// answer is an answer whose connection is one end of a pipe. The 101 is not written into it.
type answer struct {
	*httptest.ResponseRecorder
	conn  net.Conn
	early []byte // read already when the connection is taken
}

func (a *answer) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	reader := bufio.NewReader(io.MultiReader(bytes.NewReader(a.early), a.conn))
	if len(a.early) > 0 {
		if _, err := reader.Peek(len(a.early)); err != nil {
			return nil, nil, err
		}
	}
	return a.conn, bufio.NewReadWriter(reader, bufio.NewWriter(a.conn)), nil
}

// pipe serves a connection, and returns the client's end of it.
func pipe(t *testing.T, hub *websocket.Hub, o websocket.Opening, early ...byte) net.Conn {
	near, far := net.Pipe()
	served := make(chan error, 1)
	before := hub.Len()
	go func() {
		served <- hub.Serve(&answer{httptest.NewRecorder(), far, early}, request(t), o)
	}()
	t.Cleanup(func() {
		_ = near.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	for hub.Len() == before {
		time.Sleep(time.Millisecond) // of the test's own time: pipes are for synctest
	}
	return near
}

// frame is a client's frame, masked with a key that is not 0.
func frame(first byte, payload []byte) []byte {
	b := []byte{first}
	switch n := len(payload); {
	case n < 126:
		b = append(b, 0x80|byte(n))
	case n <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), uint64(n))
	}
	key := []byte{1, 2, 3, 4}
	b = append(b, key...)
	for i, c := range payload {
		b = append(b, c^key[i%4])
	}
	return b
}

func text(s string) []byte { return frame(0x81, []byte(s)) }

func closing(code uint16, reason string) []byte {
	return frame(0x88, append(binary.BigEndian.AppendUint16(nil, code), reason...))
}

// receive reads a frame of the server's that is shorter than 64 KB.
func receive(t *testing.T, r io.Reader) (first byte, payload []byte) {
	t.Helper()
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal("reading a frame:", err)
	}
	n := int(head[1])
	if n == 126 {
		more := make([]byte, 2)
		if _, err := io.ReadFull(r, more); err != nil {
			t.Fatal(err)
		}
		n = int(binary.BigEndian.Uint16(more))
	}
	payload = make([]byte, n)
	if _, err := io.ReadFull(r, payload); err != nil {
		t.Fatal(err)
	}
	return head[0], payload
}

// receiveClose reads a close frame.
func receiveClose(t *testing.T, r io.Reader) websocket.Ending {
	t.Helper()
	first, payload := receive(t, r)
	if first != 0x88 || len(payload) < 2 {
		t.Fatalf("got the frame %x %q", first, payload)
	}
	return websocket.Ending{Code: int(binary.BigEndian.Uint16(payload)), Reason: string(payload[2:])}
}

// listen serves a hub on the loopback. What a connection's path names is its id.
func listen(t testing.TB, hub *websocket.Hub, open func(id string) websocket.Opening) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = hub.Serve(w, r, open(r.URL.Path[1:])) // the client was told
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { _ = hub.Close(context.WithoutCancel(t.Context())) })
	return server
}

func dial(t testing.TB, server *httptest.Server, id string) *client.Conn {
	t.Helper()
	conn, answer, err := client.Dial(t.Context(), server.URL+"/"+id, nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Header.Get("Sec-WebSocket-Extensions") != "" {
		t.Error("an extension was agreed upon")
	}
	t.Cleanup(func() { _ = conn.CloseNow() })
	conn.SetReadLimit(-1)
	return conn
}
