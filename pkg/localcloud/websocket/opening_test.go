package websocket_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

func TestSubprotocol(t *testing.T) {
	hub := websocket.NewHub(websocket.Config{})
	server := listen(t, hub, func(id string) websocket.Opening {
		o := newRecord().opening(id)
		o.Subprotocol = map[string]string{"a": "v2"}[id]
		return o
	})
	for id, want := range map[string]string{"a": "v2", "b": ""} {
		options := &client.DialOptions{Subprotocols: []string{"v1", "v2"}}
		conn, _, err := client.Dial(t.Context(), server.URL+"/"+id, options)
		if err != nil || conn.Subprotocol() != want {
			t.Fatalf("%v, %v", conn, err)
		}
		_ = conn.CloseNow()
	}
}

func TestServeRefuses(t *testing.T) {
	unused := websocket.Opening{ID: "a", Ended: func(e websocket.Ending) { t.Errorf("ended with %v", e) }}
	t.Run("no upgrade", func(t *testing.T) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
		if err := websocket.NewHub(websocket.Config{}).Serve(w, r, unused); err == nil || w.Code != 426 ||
			w.Header().Get("Upgrade") != "websocket" || !strings.Contains(w.Body.String(), "no upgrade") {
			t.Errorf("%v, %v", err, w)
		}
	})
	t.Run("what has no connection", func(t *testing.T) {
		w := httptest.NewRecorder()
		if err := websocket.NewHub(websocket.Config{}).Serve(w, request(t), unused); err == nil || w.Code != 501 {
			t.Errorf("%v, %v", err, w)
		}
	})
	t.Run("an id twice", func(t *testing.T) {
		hub := websocket.NewHub(websocket.Config{})
		server := listen(t, hub, newRecord().opening)
		dial(t, server, "a")
		if _, answer, err := client.Dial(t.Context(), server.URL+"/a", nil); err == nil || answer.StatusCode != 503 {
			t.Errorf("%v", err)
		}
	})
	t.Run("after the close", func(t *testing.T) {
		hub := websocket.NewHub(websocket.Config{})
		server := listen(t, hub, newRecord().opening)
		if err := hub.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if _, answer, err := client.Dial(t.Context(), server.URL+"/a", nil); err == nil || answer.StatusCode != 503 {
			t.Errorf("%v", err)
		}
		w := httptest.NewRecorder()
		err := hub.Serve(&answer{w, nil, nil}, request(t), unused)
		if !errors.Is(err, websocket.ErrClosed) {
			t.Errorf("got %v", err)
		}
	})
}

// slow is an answer that does not begin before the test lets it.
type slow struct {
	*answer
	let chan struct{}
}

func (s *slow) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	<-s.let
	return s.answer.Hijack()
}

func TestBeforeTheUpgradeIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, r := websocket.NewHub(websocket.Config{}), newRecord()
		near, far := net.Pipe()
		w := &slow{&answer{httptest.NewRecorder(), far, nil}, make(chan struct{})}
		served := make(chan error)
		go func() { served <- hub.Serve(w, request(t), r.opening("a")) }()
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := hub.Send(ctx, "a", []byte("given up")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		go func() { _ = hub.Send(t.Context(), "a", []byte("early")) }()
		synctest.Wait()
		close(w.let)
		if _, payload := receive(t, near); string(payload) != "early" {
			t.Errorf("got %q", payload)
		}
		if err := hub.Drop("a", 1000, ""); err != nil {
			t.Error(err)
		}
		if seen := receiveClose(t, near); seen.Code != 1000 {
			t.Errorf("got %v", seen)
		}
		_ = near.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
}

func TestEndedBeforeTheUpgradeIsAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, r := websocket.NewHub(websocket.Config{}), newRecord()
		near, far := net.Pipe()
		w := &slow{&answer{httptest.NewRecorder(), far, nil}, make(chan struct{})}
		served := make(chan error)
		go func() { served <- hub.Serve(w, request(t), r.opening("a")) }()
		synctest.Wait()
		if err := hub.Drop("a", 1000, "early"); err != nil {
			t.Error(err)
		}
		close(w.let)
		if seen := receiveClose(t, near); seen.Reason != "early" {
			t.Errorf("got %v", seen)
		}
		_ = near.Close()
		if err := <-served; err != nil || r.ending(t).Reason != "early" {
			t.Errorf("%v, %v", err, r.ending(t))
		}
	})
}
