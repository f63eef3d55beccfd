package websocket_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/magefiles/chores/websocket"
)

// The pair of the RFC's own example (section 1.3).
func TestAcceptIsTheRFCsExample(t *testing.T) {
	if got := websocket.Accept("dGhlIHNhbXBsZSBub25jZQ=="); got != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Errorf("Accept gave %q", got)
	}
}

func TestMessagesGoThereAndBack(t *testing.T) {
	for _, size := range []int{0, 5, 125, 126, 32 << 10} {
		c := dial(t, echo(t, nil))
		sent := strings.Repeat("x", size)
		if err := c.Send(sent); err != nil {
			t.Fatal(err)
		}
		if got, err := c.Receive(); err != nil || got != sent {
			t.Errorf("of %d bytes came back %d, %v", size, len(got), err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestWithoutTLS(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(echoing(t, nil)))
	t.Cleanup(server.Close)
	c, err := websocket.Dial(t.Context(), "ws"+strings.TrimPrefix(server.URL, "http"), nil, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Send("text"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Receive(); err != nil || got != "text" {
		t.Errorf("received %q, %v", got, err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}

func TestAPingIsAnsweredAndNotAMessage(t *testing.T) {
	ping := []byte{0x89, 2, 'h', 'i'}
	c := dial(t, echo(t, ping))
	if err := c.Send("text"); err != nil {
		t.Fatal(err)
	}
	if got, err := c.Receive(); err != nil || got != "text" {
		t.Fatalf("received %q, %v", got, err)
	}
	if got, err := c.Receive(); err != nil || got != "hi" { // the echo of the pong
		t.Errorf("the server got %q for a pong, %v", got, err)
	}
}

func TestWhatTheServerSaysAgainstUsIsAnError(t *testing.T) {
	for _, c := range []struct {
		name  string
		frame []byte
		want  string
	}{
		{"closed", []byte{0x88, 5, 0x03, 0xF1, 'b', 'i', 'g'}, "1009 big"},
		{"a masked frame", []byte{0x81, 0x80, 0, 0, 0, 0}, "begins 0x81, 0x80"},
		{"a binary frame", []byte{0x82, 0}, "opcode 0x2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := dial(t, echo(t, c.frame)).Receive()
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestAServerThatRefusesIsAnError(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	_, err := websocket.Dial(t.Context(), "wss"+strings.TrimPrefix(server.URL, "https"), trust(server), time.Minute)
	if err == nil || !strings.Contains(err.Error(), "403") {
		t.Errorf("the error is %v, want one with 403", err)
	}
}

// echo is a server that first sends the frame, and then gives back every message and every pong as a message.
func echo(t *testing.T, first []byte) *httptest.Server {
	server := httptest.NewTLSServer(http.HandlerFunc(echoing(t, first)))
	t.Cleanup(server.Close)
	return server
}

func echoing(t *testing.T, first []byte) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		conn, both, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer func() { _ = conn.Close() }()
		_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: "+websocket.Accept(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
		_, _ = conn.Write(first)
		for {
			payload, err := unmask(both.Reader)
			if err != nil {
				return
			}
			_, _ = conn.Write(append(header(len(payload)), payload...))
		}
	}
}

func header(n int) []byte {
	if n < 126 {
		return []byte{0x81, byte(n)}
	}
	return binary.BigEndian.AppendUint16([]byte{0x81, 126}, uint16(n))
}

// unmask reads one frame of a client; one that closes is an end.
func unmask(r *bufio.Reader) ([]byte, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	if head[0] == 0x88 || head[1]&0x80 == 0 {
		return nil, io.EOF
	}
	n := int(head[1] & 0x7F)
	if n == 126 {
		long := make([]byte, 2)
		if _, err := io.ReadFull(r, long); err != nil {
			return nil, err
		}
		n = int(binary.BigEndian.Uint16(long))
	}
	mask := make([]byte, 4)
	if _, err := io.ReadFull(r, mask); err != nil {
		return nil, err
	}
	payload := make([]byte, n)
	_, err := io.ReadFull(r, payload)
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return payload, err
}

func dial(t *testing.T, server *httptest.Server) *websocket.Conn {
	t.Helper()
	c, err := websocket.Dial(t.Context(), "wss"+strings.TrimPrefix(server.URL, "https"), trust(server), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func trust(server *httptest.Server) *tls.Config {
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return &tls.Config{RootCAs: roots}
}
