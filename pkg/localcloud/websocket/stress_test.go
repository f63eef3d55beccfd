package websocket_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	client "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

// storm counts what happens to connections that end in every way at once.
type storm struct {
	hub            *websocket.Hub
	hand           *clock.Hand
	working, ended [storms]atomic.Int32
	late, twice    atomic.Int32
}

const storms = 120

func (s *storm) opening(id string) websocket.Opening {
	var n int
	_, _ = fmt.Sscan(id, &n)
	return websocket.Opening{
		ID: id,
		Message: func(ctx context.Context, text []byte) {
			if s.working[n].Add(1) > 1 {
				s.twice.Add(1)
			}
			_ = s.hub.Send(ctx, id, text) // it may be gone
			if s.ended[n].Load() > 0 {
				s.late.Add(1)
			}
			s.working[n].Add(-1)
		},
		Ended: func(websocket.Ending) {
			if s.working[n].Load() > 0 {
				s.late.Add(1)
			}
			s.ended[n].Add(1)
		},
	}
}

// die ends a connection in one of the ways, from the client's side or from the hub's.
func (s *storm) die(ctx context.Context, conn *client.Conn, id string) {
	switch rand.IntN(6) {
	case 0:
		_ = conn.Close(client.StatusNormalClosure, "")
	case 1:
		_ = conn.CloseNow()
	case 2:
		_ = conn.Write(ctx, client.MessageBinary, nil)
	case 3:
		_ = conn.Write(ctx, client.MessageText, make([]byte, 33<<10))
	case 4:
		_ = s.hub.Drop(id, 1000, "")
	case 5:
		s.hand.Turn(time.Minute)
	}
}

func TestEndedExactlyOnceWhoeverEndsIt(t *testing.T) {
	h := clock.NewHand(start())
	s := &storm{hand: h, hub: websocket.NewHub(websocket.Config{Clock: h, Idle: 20 * time.Minute})}
	server := listen(t, s.hub, s.opening)
	conns := make([]*client.Conn, storms)
	for i := range conns {
		conns[i] = dial(t, server, fmt.Sprint(i))
	}
	var wait, first sync.WaitGroup
	first.Add(storms / 3)
	for i, conn := range conns {
		wait.Go(func() { // a client reads, or its end would never come
			for err := error(nil); err == nil; {
				_, _, err = conn.Read(t.Context())
			}
		})
		wait.Go(func() {
			for range rand.IntN(20) {
				_ = conn.Write(t.Context(), client.MessageText, []byte("hello"))
			}
			s.die(t.Context(), conn, fmt.Sprint(i))
			if i%3 == 0 {
				first.Done()
			}
		})
		wait.Go(func() {
			if i%2 == 0 {
				s.die(t.Context(), conn, fmt.Sprint(i))
			}
		})
	}
	first.Wait() // the others end while the hub is closed
	if err := s.hub.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for i := range conns {
		if n := s.ended[i].Load(); n != 1 {
			t.Errorf("connection %d ended %d times", i, n)
		}
	}
	if s.late.Load() > 0 || s.twice.Load() > 0 || s.hub.Len() != 0 {
		t.Errorf("%d after the end, %d beside another, %d are left", s.late.Load(), s.twice.Load(), s.hub.Len())
	}
	wait.Wait()
}
