package localcloud_test

import (
	"context"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// goOn lets the program "waits" go on.
func (s *site) goOn() {
	s.Helper()
	s.put("go-on", nil)
}

// A client that leaves while $connect runs was connected, for the functions.
func TestVanishingWhileConnecting(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{
		"ws_api_connect_handler": "waits", "ws_api_disconnect_handler": "notes",
	})
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	var client errgroup.Group
	url := s.url()
	client.Go(func() error {
		conn, _, err := s.dial(ctx, url)
		if err == nil {
			_ = conn.CloseNow()
			t.Error("it was let in before $connect had answered")
		}
		return nil
	})
	s.began("ConnectLogGroup")
	leave()
	mustDo(t, client.Wait())
	s.goOn()
	s.vanished()
}

// vanished waits for the $disconnect of the one connection, which was lost.
func (s *site) vanished() {
	s.Helper()
	eventually(s, "it is noted", func() bool {
		times, _ := s.noted("DisconnectLogGroup", "DISCONNECT")
		return len(times) > 0
	})
	eventually(s, "it is told", func() bool { return len(s.watched.of(traffic.Disconnected)) > 0 })
	for _, code := range s.notedOnce("DisconnectLogGroup", "DISCONNECT", 1) {
		if code != "1006" {
			s.Errorf("$disconnect was given the code %s", code)
		}
	}
}

// A client that leaves while its message is dealt with has its $disconnect when that is over.
func TestVanishingWhileAsking(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{
		"ws_api_default_handler": "waits", "ws_api_disconnect_handler": "notes",
	})
	conn := s.connect(s.url())
	s.must(conn.Write(t.Context(), websocket.MessageText, []byte("a message")))
	s.began("DefaultLogGroup")
	_ = conn.CloseNow()
	s.goOn()
	s.vanished()
	eventually(t, "the message was dealt with", func() bool {
		times, _ := s.noted("DefaultLogGroup", "MESSAGE")
		return len(times) == 1
	})
}

// A quick answer does not overtake a slow one on the same connection, but does on another.
func TestSlowAnswersFirst(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "waits"})
	conn, other := s.connect(s.url()), s.connect(s.url())
	for _, text := range []string{"slow", "next"} {
		s.must(conn.Write(t.Context(), websocket.MessageText, []byte(text)))
	}
	s.began("DefaultLogGroup")
	s.answers(other, "next", "noted: next")
	s.goOn()
	for _, want := range []string{"noted: slow", "noted: next"} {
		if _, got, err := conn.Read(t.Context()); err != nil || string(got) != want {
			t.Errorf("the answer is %q, %v, not %q", got, err, want)
		}
	}
}

// A message that is being dealt with while the code is replaced is answered by the old code.
func TestRedeployWhileAsking(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "waits"})
	conn, other := s.connect(s.url()), s.connect(s.url())
	s.must(conn.Write(t.Context(), websocket.MessageText, []byte("a message")))
	s.began("DefaultLogGroup")
	s.become(map[string]string{"ws_api_default_handler": "good-1"})
	s.answers(other, "anything", "1")
	s.goOn()
	if _, got, err := conn.Read(t.Context()); err != nil || string(got) != "noted: a message" {
		t.Errorf("the answer is %q, %v", got, err)
	}
	s.answers(conn, "anything", "1")
	eventually(t, "the old code's processes end", func() bool { return len(pids("waits\x00"+s.mark)) == 0 })
	eventually(t, "all is logged", func() bool { return complete(s.logged("DefaultLogGroup")) })
}
