package localcloud_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// Of many connections' messages none is lost, none overtakes another, and none goes to somebody else.
func TestManyConnections(t *testing.T) {
	leavesNothing(t)
	const clients, messages = 200, 10
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "echo"}, wide())
	conns := s.connectMany(clients)
	var mu sync.Mutex
	ids := map[string]bool{}
	s.each(conns, func(i int, conn *websocket.Conn) error {
		id, err := s.exchange(i, conn, messages)
		mu.Lock()
		defer mu.Unlock()
		ids[id] = true
		return err
	})
	if len(ids) != clients {
		t.Errorf("%d connections have %d ids", clients, len(ids))
	}
	eventually(t, "all messages are told", func() bool { return len(s.watched.of(traffic.Sent)) == clients*messages })
}

// exchange sends numbered messages without waiting, and takes their answers, all of one connection, whose id it gives.
func (s *site) exchange(client int, conn *websocket.Conn, messages int) (id string, err error) {
	text := func(n int) string { return fmt.Sprintf("%d of %d", n, client) }
	for n := range messages {
		if err := conn.Write(s.Context(), websocket.MessageText, []byte(text(n))); err != nil {
			return "", err
		}
	}
	for n := range messages {
		_, data, err := conn.Read(s.Context())
		if err != nil {
			return "", fmt.Errorf("answer %d to client %d: %w", n, client, err)
		}
		from, got, _ := strings.Cut(string(data), " ")
		if got != text(n) || n > 0 && from != id {
			return "", fmt.Errorf("client %d (%s) got %q for message %d", client, id, data, n)
		}
		id = from
	}
	return id, nil
}

// The stage's throttle lets a burst through, and then as many a second as its rate says.
func TestThrottle(t *testing.T) {
	leavesNothing(t)
	hand := clock.NewHand(time.Now())
	s := newSite(t, localcloud.Options{Functions: hand}, nil, throttled(1, 5))
	url := s.url()
	s.connectMany(5)
	s.throttled(url)
	hand.Turn(time.Second)
	conn := s.connect(url)
	s.throttled(url)
	hand.Turn(time.Second)
	s.answers(conn, "messages count too", "OK")
	s.throttled(url)
}

func (s *site) throttled(url string) {
	s.Helper()
	conn, status, err := s.dial(s.Context(), url)
	if err == nil {
		_ = conn.CloseNow()
	}
	if status != 429 {
		s.Errorf("beyond the throttle: %d, %v", status, err)
	}
}

// A connection on which nothing is said lives 10 minutes, any other 2 hours.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
func TestLifeOfConnections(t *testing.T) {
	leavesNothing(t)
	hand := clock.NewHand(time.Now())
	s := newSite(t, localcloud.Options{Connections: hand}, map[string]string{"ws_api_disconnect_handler": "notes"})
	url := s.url()
	idle, busy := s.connect(url), s.connect(url)
	hand.Turn(9 * time.Minute)
	s.answers(busy, "still there", "OK")
	if ended := s.watched.of(traffic.Disconnected); len(ended) > 0 {
		t.Errorf("ended too soon: %+v", ended)
	}
	hand.Turn(time.Minute)
	if code := ending(t.Context(), idle); code != websocket.StatusGoingAway {
		t.Errorf("the idle connection was closed with %d", code)
	}
	for range 12 {
		s.answers(busy, "still there", "OK")
		hand.Turn(9 * time.Minute)
	}
	s.answers(busy, "still there", "OK")
	hand.Turn(2 * time.Minute)
	if code := ending(t.Context(), busy); code != websocket.StatusGoingAway {
		t.Errorf("the old connection was closed with %d", code)
	}
	eventually(t, "both ends are noted", func() bool {
		times, _ := s.noted("DisconnectLogGroup", "DISCONNECT")
		return len(times) == 2
	})
	s.notedOnce("DisconnectLogGroup", "DISCONNECT", 2)
}
