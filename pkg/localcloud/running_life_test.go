package localcloud_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// connectMany opens so many connections side by side.
func (s *site) connectMany(n int) []*websocket.Conn {
	s.Helper()
	var group errgroup.Group
	url, conns := s.url(), make([]*websocket.Conn, n)
	for i := range conns {
		group.Go(func() error {
			conn, status, err := s.dial(s.Context(), url)
			if err != nil {
				return fmt.Errorf("client %d, status %d: %w", i, status, err)
			}
			conns[i] = conn
			s.Cleanup(func() { _ = conn.CloseNow() })
			return nil
		})
	}
	s.must(group.Wait())
	return conns
}

// each does the same with all connections side by side.
func (s *site) each(conns []*websocket.Conn, do func(i int, conn *websocket.Conn) error) {
	s.Helper()
	var group errgroup.Group
	for i, conn := range conns {
		group.Go(func() error { return do(i, conn) })
	}
	s.must(group.Wait())
}

// says is a connection that answers everything with a text.
func (s *site) says(want string) func(int, *websocket.Conn) error {
	return func(i int, conn *websocket.Conn) error {
		got, err := ask(s.Context(), conn, "what do you say")
		if err == nil && got != want {
			err = fmt.Errorf("client %d was answered %q, not %q", i, got, want)
		}
		return err
	}
}

// ends is a connection that ends with a code.
func (s *site) ends(want websocket.StatusCode) func(int, *websocket.Conn) error {
	return func(i int, conn *websocket.Conn) error {
		if got := ending(s.Context(), conn); got != want {
			return fmt.Errorf("client %d was closed with %d, not %d", i, got, want)
		}
		return nil
	}
}

// notedOnce sees that an event was noted once for each of so many connections, and gives their codes.
func (s *site) notedOnce(group, event string, want int) map[string]string {
	s.Helper()
	times, codes := s.noted(group, event)
	for id, n := range times {
		if n != 1 {
			s.Errorf("%s of %s was noted %d times", event, id, n)
		}
	}
	if len(times) != want {
		s.Errorf("%s was noted of %d connections, not of %d", event, len(times), want)
	}
	return codes
}

// Connections stay while the code behind them is replaced, and the old code's processes end.
func TestRedeployUnderConnections(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "good-1"}, wide())
	conns := s.connectMany(20)
	s.each(conns, s.says("1"))
	s.become(map[string]string{"ws_api_default_handler": "good-2"}, wide())
	s.each(conns, s.says("2"))
	eventually(t, "the old code's processes end", func() bool { return len(pids("good-1\x00"+s.mark)) == 0 })
	s.each(conns, s.says("2"))
}

// A server that is closed tells its clients so, and lets each one's $disconnect run, once.
func TestCloseWithOpenConnections(t *testing.T) {
	leavesNothing(t)
	const clients = 100
	o := localcloud.Options{State: t.TempDir()}
	s := newSite(t, o, map[string]string{
		"ws_api_connect_handler": "notes", "ws_api_disconnect_handler": "notes",
	}, wide())
	conns := s.connectMany(clients)
	var closing errgroup.Group
	closing.Go(s.server.Close)
	s.each(conns, s.ends(websocket.StatusGoingAway))
	mustDo(t, closing.Wait())
	if left := pids(s.mark); len(left) > 0 {
		t.Errorf("left are the processes %v", left)
	}
	url := localcloud.WebSocketURL(s.server.URL, "abcdefghij", "plldb")
	if _, status, err := s.dial(t.Context(), url); err == nil || status != 0 {
		t.Errorf("a closed server answers: %d, %v", status, err)
	}

	later := openSite(t, o)
	later.notedOnce("ConnectLogGroup", "CONNECT", clients)
	later.notedOnce("DisconnectLogGroup", "DISCONNECT", clients)
}

// A client that does not read does not hold up the end, nor its own $disconnect.
func TestCloseWithAClientThatDoesNotRead(t *testing.T) {
	leavesNothing(t)
	o := localcloud.Options{State: t.TempDir()}
	s := newSite(t, o, map[string]string{"ws_api_disconnect_handler": "notes"})
	s.connect(s.url())
	mustDo(t, s.server.Close())
	openSite(t, o).notedOnce("DisconnectLogGroup", "DISCONNECT", 1)
}

// A client that is gone without a word has its $disconnect too, with the code for that.
func TestAClientThatVanishes(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_disconnect_handler": "notes"})
	conn := s.connect(s.url())
	s.answers(conn, "anything", "OK")
	_ = conn.CloseNow()
	eventually(t, "it is noted", func() bool {
		times, _ := s.noted("DisconnectLogGroup", "DISCONNECT")
		return len(times) > 0
	})
	told := s.watched.of(traffic.Disconnected)
	if len(told) != 1 || told[0].Status != 1006 {
		t.Errorf("told was %+v", told)
	}
	for _, code := range s.notedOnce("DisconnectLogGroup", "DISCONNECT", 1) {
		if code != "1006" {
			t.Errorf("the function was given the code %s", code)
		}
	}
}

// How a connection ended reaches $disconnect as a code.
func TestEndings(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_disconnect_handler": "notes"})
	url := s.url()
	leaves := func(code websocket.StatusCode) func(*websocket.Conn) error {
		return func(c *websocket.Conn) error { return c.Close(code, "for reasons") }
	}
	isClosed := func(kind websocket.MessageType, data []byte, code websocket.StatusCode) func(*websocket.Conn) error {
		return func(c *websocket.Conn) error {
			return errors.Join(c.Write(t.Context(), kind, data), s.ends(code)(0, c))
		}
	}
	for _, c := range []struct {
		end  func(*websocket.Conn) error
		code string
	}{
		{leaves(websocket.StatusNormalClosure), "1000"},
		{leaves(4321), "4321"},
		{isClosed(websocket.MessageBinary, []byte("x"), websocket.StatusUnsupportedData), "1003"},
		{isClosed(websocket.MessageText, make([]byte, 33<<10), websocket.StatusMessageTooBig), "1009"},
	} {
		conn := s.connect(url)
		mustDo(t, c.end(conn))
		told := s.watched.of(traffic.Connected)
		id := told[len(told)-1].Connection
		eventually(t, c.code+" is noted", func() bool {
			_, codes := s.noted("DisconnectLogGroup", "DISCONNECT")
			return codes[id] == c.code
		})
	}
}

// A cloud of which no use is made, and one that was only deployed to, leave nothing either.
func TestOpenAndClose(t *testing.T) {
	leavesNothing(t)
	for _, state := range []string{"", t.TempDir()} {
		cloud, err := localcloud.Open(t.Context(), localcloud.Options{State: state})
		if err != nil {
			t.Fatal(err)
		}
		mustDo(t, cloud.Close())
		mustDo(t, cloud.Close())
		mustDo(t, newSite(t, localcloud.Options{State: state}, nil).server.Close())
	}
}

// Who is just connecting when the server closes is refused or told that it closes, and of whom $connect was let in,
// $disconnect knows.
func TestCloseWhileClientsConnect(t *testing.T) {
	leavesNothing(t)
	const clients = 50
	o := localcloud.Options{State: t.TempDir()}
	s := newSite(t, o, map[string]string{
		"ws_api_connect_handler": "notes", "ws_api_disconnect_handler": "notes",
	}, wide())
	url := s.url()
	var group errgroup.Group
	var first, open atomic.Int32
	begun := make(chan struct{})
	for i := range clients {
		group.Go(func() error {
			conn, _, err := s.dial(context.WithoutCancel(t.Context()), url)
			if first.Add(1) == 1 {
				close(begun)
			}
			if err != nil {
				return nil //nolint:nilerr // refused
			}
			open.Add(1)
			defer func() { _ = conn.CloseNow() }()
			return s.ends(websocket.StatusGoingAway)(i, conn)
		})
	}
	<-begun
	mustDo(t, s.server.Close())
	mustDo(t, group.Wait())
	if left := pids(s.mark); len(left) > 0 {
		t.Errorf("left are the processes %v", left)
	}
	told := s.watched.of(traffic.Connected)
	if len(told) < int(open.Load()) {
		t.Errorf("%d clients were let in, told was of %d", open.Load(), len(told))
	}
	if gone := s.watched.of(traffic.Disconnected); len(gone) != len(told) {
		t.Errorf("told was of %d connections, and of the end of %d", len(told), len(gone))
	}
	openSite(t, o).notedOnce("DisconnectLogGroup", "DISCONNECT", len(told))
}
