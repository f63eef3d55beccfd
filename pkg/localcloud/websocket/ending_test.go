package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

func TestTheClientEndsIt(t *testing.T) {
	silent := websocket.Ending{Code: 1005, Reason: "Client-side close frame status not set"}
	cases := map[string]struct {
		bytes     []byte
		delivered int
		want      websocket.Ending
	}{
		"with a code and a reason":     {closing(4001, "enough"), 0, websocket.Ending{Code: 4001, Reason: "enough"}},
		"with a code":                  {closing(1001, ""), 0, websocket.Ending{Code: 1001}},
		"without a code":               {frame(0x88, nil), 0, silent},
		"with a reason not UTF-8":      {closing(1000, "\xff"), 0, websocket.Ending{Code: 1000, Reason: "\uFFFD"}},
		"by vanishing":                 {nil, 0, websocket.Ending{Code: 1006}},
		"by vanishing after a message": {text("whole"), 1, websocket.Ending{Code: 1006}},
		"by vanishing in a header":     {text("whole")[:4], 0, websocket.Ending{Code: 1006}},
		"by vanishing after a header":  {text("whole")[:6], 0, websocket.Ending{Code: 1006}},
		"by vanishing in a payload":    {text("whole")[:8], 0, websocket.Ending{Code: 1006}},
		"by vanishing between frames":  {frame(0x01, []byte("half")), 0, websocket.Ending{Code: 1006}},
		"by vanishing in a close":      {closing(1000, "x")[:7], 0, websocket.Ending{Code: 1006}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecord()
				conn := pipe(t, websocket.NewHub(websocket.Config{}), r.opening("a"))
				_, _ = conn.Write(test.bytes)
				if test.want.Code != 1006 {
					_, _ = io.ReadAll(conn) // what answers it
				}
				_ = conn.Close()
				if e := r.ending(t); e != test.want || len(r.got()) != test.delivered {
					t.Errorf("got %v, %q", e, r.got())
				}
			})
		})
	}
}

// hand is a hub whose clock the test turns, and a connection.
func hand(t *testing.T) (*clock.Hand, *websocket.Hub, *record, net.Conn) {
	h := clock.NewHand(start())
	hub := websocket.NewHub(websocket.Config{Clock: h})
	r := newRecord()
	return h, hub, r, pipe(t, hub, r.opening("a"))
}

func TestTheHubEndsIt(t *testing.T) {
	away := websocket.Ending{Code: 1001, Reason: "Going away"}
	cases := map[string]struct {
		end  func(t *testing.T, h *clock.Hand, hub *websocket.Hub)
		want websocket.Ending
	}{
		"idle": {func(_ *testing.T, h *clock.Hand, _ *websocket.Hub) { h.Turn(10 * time.Minute) }, away},
		"dropped": {func(t *testing.T, _ *clock.Hand, hub *websocket.Hub) {
			if err := hub.Drop("a", 1000, "Connection Closed Normally"); err != nil {
				t.Error(err)
			}
			if err := hub.Drop("a", 1000, ""); !errors.Is(err, websocket.ErrGone) {
				t.Errorf("twice: %v", err)
			}
		}, websocket.Ending{Code: 1000, Reason: "Connection Closed Normally"}},
		"closed": {func(t *testing.T, _ *clock.Hand, hub *websocket.Hub) {
			go func() { _ = hub.Close(t.Context()) }()
		}, away},
	}
	for name, test := range cases {
		for answer, sent := range map[string][]byte{
			"it answers": closing(1000, "bye"), "it is silent": nil, "it is silent in a frame": text("abc")[:7],
			"it sends and answers": join(text("late"), frame(0x01, []byte("x")), closing(1000, "bye")),
		} {
			t.Run(name+", "+answer, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h, hub, r, conn := hand(t)
					test.end(t, h, hub)
					if seen := receiveClose(t, conn); seen != test.want {
						t.Errorf("the client saw %v", seen)
					}
					if err := hub.Send(t.Context(), "a", nil); !errors.Is(err, websocket.ErrGone) {
						t.Errorf("sending to it: %v", err)
					}
					if _, err := hub.Active("a"); !errors.Is(err, websocket.ErrGone) {
						t.Errorf("asking for it: %v", err)
					}
					_, _ = conn.Write(sent)
					from := time.Now()
					if _, err := io.ReadAll(conn); err != nil || time.Since(from) > 5*time.Second {
						t.Errorf("the pipe ended with %v after %v", err, time.Since(from))
					}
					if e := r.ending(t); e != test.want {
						t.Errorf("got %v", e)
					}
				})
			})
		}
	}
}

func TestIdleIsSinceTheLastMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, hub, r, conn := hand(t)
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		at := start()
		step := func(act func()) {
			h.Turn(9 * time.Minute)
			act()
			synctest.Wait()
			if act != nil {
				at = h.Now()
			}
			if got, err := hub.Active("a"); err != nil || got != at {
				t.Fatalf("active at %v, %v", got, err)
			}
		}
		step(func() { _, _ = conn.Write(text("in")) })
		step(func() {
			if err := hub.Send(t.Context(), "a", []byte("out")); err != nil {
				t.Error(err)
			}
		})
		h.Turn(9 * time.Minute)
		_, _ = conn.Write(frame(0x89, []byte("a ping is no message")))
		synctest.Wait()
		h.Turn(time.Minute - 1)
		synctest.Wait()
		if hub.Len() != 1 {
			t.Fatal("too early")
		}
		h.Turn(1)
		if e := r.ending(t); e.Code != 1001 {
			t.Errorf("got %v", e)
		}
	})
}

func TestEachIsIdleForItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many = 5
		h := clock.NewHand(start())
		hub := websocket.NewHub(websocket.Config{Clock: h})
		for i := range many {
			conn := pipe(t, hub, newRecord().opening(fmt.Sprint(i)))
			go func() { _, _ = io.Copy(io.Discard, conn); _ = conn.Close() }()
			h.Turn(time.Minute)
		}
		h.Turn((10-many)*time.Minute - 1)
		for i := range many {
			time.Sleep(time.Minute) // of the test's own time, for those that do not answer the close frame
			if n := hub.Len(); n != many-i {
				t.Errorf("a moment before minute %d there are %d", 10+i, n)
			}
			h.Turn(time.Minute)
		}
		time.Sleep(time.Minute)
		if n := hub.Len(); n != 0 {
			t.Errorf("%d are left", n)
		}
	})
}

func TestOneThatComesWhileTheLastOneEndsIsIdleToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := clock.NewHand(start())
		hub := websocket.NewHub(websocket.Config{Clock: h})
		o, let := blocked(newRecord(), "old")
		old := pipe(t, hub, o)
		_, _ = old.Write(text("works"))
		synctest.Wait()
		h.Turn(10 * time.Minute)
		if seen := receiveClose(t, old); seen.Code != 1001 {
			t.Errorf("got %v", seen)
		}
		r := newRecord()
		conn := pipe(t, hub, r.opening("new"))
		h.Turn(10 * time.Minute)
		if seen := receiveClose(t, conn); seen.Code != 1001 {
			t.Errorf("got %v", seen)
		}
		close(let)
		r.ending(t)
	})
}

func TestALifeIsTwoHours(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, hub, r, conn := hand(t)
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		for range 23 {
			h.Turn(5 * time.Minute)
			if err := hub.Send(t.Context(), "a", nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		young := newRecord()
		other := pipe(t, hub, young.opening("b"))
		go func() { _, _ = io.Copy(io.Discard, other) }()
		h.Turn(5 * time.Minute)
		if e := r.ending(t); e.Code != 1001 || h.Now().Sub(start()) != 2*time.Hour {
			t.Errorf("got %v", e)
		}
		h.Turn(5*time.Minute - 1)
		synctest.Wait()
		if hub.Len() != 1 {
			t.Error("the young one has ended with the old one")
		}
		h.Turn(1)
		young.ending(t)
	})
}

// blocked is an opening whose messages do not return before the test lets them, or their ctx ends.
func blocked(r *record, id string) (o websocket.Opening, let chan struct{}) {
	let = make(chan struct{})
	o = r.opening(id)
	o.Message = func(ctx context.Context, text []byte) {
		select {
		case <-let:
			r.message(ctx, text)
		case <-ctx.Done():
			r.message(ctx, []byte(context.Cause(ctx).Error()))
		}
	}
	return o, let
}

func TestWhatWasReceivedIsDeliveredAfterTheEnd(t *testing.T) {
	ends := map[string]func(*testing.T, net.Conn, *websocket.Hub){
		"closed by the client": func(_ *testing.T, c net.Conn, _ *websocket.Hub) { _, _ = c.Write(closing(1000, "")) },
		"vanished":             func(_ *testing.T, c net.Conn, _ *websocket.Hub) { _ = c.Close() },
		"dropped":              func(_ *testing.T, _ net.Conn, h *websocket.Hub) { _ = h.Drop("a", 1000, "") },
		"broken":               func(_ *testing.T, c net.Conn, _ *websocket.Hub) { _, _ = c.Write(frame(0x82, nil)) },
		"closed": func(t *testing.T, _ net.Conn, h *websocket.Hub) {
			go func() { _ = h.Close(t.Context()) }()
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hub, r := websocket.NewHub(websocket.Config{}), newRecord()
				o, let := blocked(r, "a")
				conn := pipe(t, hub, o)
				_, _ = conn.Write(join(text("1"), text("2"), text("3")))
				go func() { _, _ = io.Copy(io.Discard, conn) }()
				synctest.Wait()
				end(t, conn, hub)
				time.Sleep(time.Minute) // of the test's own time
				if got := r.got(); len(got) > 0 || hub.Len() != 1 {
					t.Fatalf("got %q", got)
				}
				close(let)
				r.ending(t)
				if got := r.got(); strings.Join(got, "") != "123" {
					t.Errorf("got %q", got)
				}
			})
		})
	}
}

func TestCloseGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, r := websocket.NewHub(websocket.Config{}), newRecord()
		o, _ := blocked(r, "a")
		conn := pipe(t, hub, o)
		_, _ = conn.Write(text("hangs"))
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := hub.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if e := r.ending(t); e.Code != 1001 || len(r.got()) != 1 || r.got()[0] != context.Canceled.Error() {
			t.Errorf("got %v, %q", e, r.got())
		}
		if err := hub.Close(t.Context()); err != nil {
			t.Errorf("once more: %v", err)
		}
	})
}
