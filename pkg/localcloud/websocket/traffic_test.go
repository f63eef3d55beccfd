package websocket_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	client "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

func TestMessagesGoBothWaysInOrder(t *testing.T) {
	const many = 500
	hub := websocket.NewHub(websocket.Config{})
	r := newRecord()
	server := listen(t, hub, func(id string) websocket.Opening {
		o := r.opening(id)
		o.Message = func(ctx context.Context, text []byte) {
			if err := hub.Send(ctx, id, text); err != nil {
				t.Error(err)
			}
		}
		return o
	})
	conn := dial(t, server, "a")
	go func() {
		for i := range many {
			_ = conn.Write(t.Context(), client.MessageText, []byte(strings.Repeat("ü", i)))
		}
	}()
	for i := range many {
		kind, got, err := conn.Read(t.Context())
		if err != nil || kind != client.MessageText || string(got) != strings.Repeat("ü", i) {
			t.Fatalf("message %d: %v, %d bytes, %v", i, kind, len(got), err)
		}
	}
	if err := conn.Close(client.StatusNormalClosure, "done"); err != nil {
		t.Error(err)
	}
	if e := r.ending(t); e != (websocket.Ending{Code: 1000, Reason: "done"}) {
		t.Errorf("got %v", e)
	}
}

func TestSendersTakeTurns(t *testing.T) {
	const senders, each = 8, 50
	hub := websocket.NewHub(websocket.Config{})
	conn := dial(t, listen(t, hub, newRecord().opening), "a")
	var wait sync.WaitGroup
	for s := range senders {
		wait.Go(func() {
			for i := range each {
				text := fmt.Sprintf("%d %d %s", s, i, strings.Repeat("x", 100*s))
				if err := hub.Send(t.Context(), "a", []byte(text)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	var next [senders]int
	for range senders * each {
		_, got, err := conn.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		var s, i int
		var pad string
		_, err = fmt.Sscanf(string(got)+".", "%d %d %s", &s, &i, &pad)
		if err != nil || i != next[s] || len(pad) != 100*s+1 {
			t.Fatalf("got %.20q, %v", got, err)
		}
		next[s]++
	}
	wait.Wait()
}

func TestSendFindsAConnectionThatItsClientKnows(t *testing.T) {
	hub := websocket.NewHub(websocket.Config{})
	server := listen(t, hub, func(id string) websocket.Opening { return newRecord().opening(id) })
	for i := range 50 {
		conn := dial(t, server, fmt.Sprint(i))
		if err := hub.Send(t.Context(), fmt.Sprint(i), []byte("hi")); err != nil {
			t.Fatal(err)
		}
		if _, _, err := conn.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAClientThatDoesNotReadIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, r := websocket.NewHub(websocket.Config{}), newRecord()
		pipe(t, hub, r.opening("a"))
		from := time.Now()
		var wait sync.WaitGroup
		for range 3 {
			wait.Go(func() {
				if err := hub.Send(t.Context(), "a", make([]byte, 5000)); !errors.Is(err, websocket.ErrGone) {
					t.Errorf("got %v", err)
				}
			})
		}
		wait.Wait()
		if e := r.ending(t); e.Code != 1006 || time.Since(from) != 10*time.Second {
			t.Errorf("%v after %v", e, time.Since(from))
		}
	})
}

func TestACallerThatGivesUpHarmsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := websocket.NewHub(websocket.Config{})
		conn := pipe(t, hub, newRecord().opening("a"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		first := make(chan error)
		go func() { first <- hub.Send(ctx, "a", []byte("first")) }()
		synctest.Wait()
		if err := hub.Send(ctx, "a", []byte("second")); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the one that waits: %v", err)
		}
		if _, payload := receive(t, conn); string(payload) != "first" {
			t.Errorf("got %q", payload)
		}
		if err := <-first; err != nil {
			t.Errorf("the one that has begun: %v", err)
		}
		go func() { _ = hub.Send(t.Context(), "a", []byte("third")) }()
		if _, payload := receive(t, conn); string(payload) != "third" {
			t.Errorf("got %q", payload)
		}
	})
}

func TestAPingIsAnsweredWhileAMessageIsAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, let := blocked(newRecord(), "a")
		conn := pipe(t, websocket.NewHub(websocket.Config{}), o)
		_, _ = conn.Write(join(text("slow"), text("waits"), frame(0x89, []byte("?"))))
		if first, payload := receive(t, conn); first != 0x8a || string(payload) != "?" {
			t.Errorf("got %x %q", first, payload)
		}
		close(let)
	})
}

func TestTheQueueHoldsTheClientBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const many, size = 100, 4000
		hub, r := websocket.NewHub(websocket.Config{}), newRecord()
		o, let := blocked(r, "a")
		conn := pipe(t, hub, o)
		quick := newRecord()
		other := pipe(t, hub, quick.opening("b"))
		written := 0
		go func() {
			for i := range many {
				_, _ = conn.Write(text(fmt.Sprintf("%03d", i) + strings.Repeat("x", size)))
				written++
			}
			_, _ = conn.Write(closing(1000, ""))
			_, _ = io.Copy(io.Discard, conn)
		}()
		synctest.Wait()
		// One at work, 64 that wait, one in the reader's hand.
		if written != 66 {
			t.Errorf("%d messages were taken", written)
		}
		_, _ = other.Write(text("quick"))
		synctest.Wait()
		if len(quick.got()) != 1 || len(r.got()) != 0 {
			t.Errorf("got %d, %d", len(quick.got()), len(r.got()))
		}
		close(let)
		r.ending(t)
		for i, got := range r.got() {
			if got[:3] != fmt.Sprintf("%03d", i) || len(got) != size+3 {
				t.Fatalf("message %d is %.5q", i, got)
			}
		}
		if len(r.got()) != many {
			t.Errorf("got %d", len(r.got()))
		}
	})
}

func TestAFullQueueDoesNotHoldTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, r := websocket.NewHub(websocket.Config{}), newRecord()
		o, let := blocked(r, "a")
		conn := pipe(t, hub, o)
		go func() {
			for range 70 {
				_, _ = conn.Write(text("x"))
			}
			_, _ = conn.Write(text("half")[:8])
		}()
		synctest.Wait()
		if err := hub.Drop("a", 4000, "full"); err != nil {
			t.Error(err)
		}
		if seen := receiveClose(t, conn); seen.Code != 4000 {
			t.Errorf("got %v", seen)
		}
		from := time.Now()
		if _, err := io.ReadAll(conn); err != nil || time.Since(from) > 5*time.Second {
			t.Errorf("it ended with %v after %v", err, time.Since(from))
		}
		close(let)
		if e := r.ending(t); e.Code != 4000 || len(r.got()) != 65 {
			t.Errorf("got %v, %d messages", e, len(r.got()))
		}
	})
}

func TestAPongThatNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecord()
		conn := pipe(t, websocket.NewHub(websocket.Config{}), r.opening("a"))
		_, _ = conn.Write(frame(0x89, nil))
		from := time.Now()
		if e := r.ending(t); e.Code != 1006 || time.Since(from) > 10*time.Second {
			t.Errorf("%v after %v", e, time.Since(from))
		}
	})
}

// Large messages wait in less memory than as many as may wait would take, and one may always wait.
func TestLargeMessagesWaitInFewBytes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub, r := websocket.NewHub(websocket.Config{Frame: 1 << 20, Message: 1 << 20}), newRecord()
		o, let := blocked(r, "a")
		conn := pipe(t, hub, o)
		const size = 100 << 10
		sizes, taken := []int{size, size, size, size, size, 300 << 10, 300 << 10}, 0
		go func() {
			for _, n := range sizes {
				_, _ = conn.Write(text(strings.Repeat("x", n)))
				taken++
			}
			_, _ = conn.Write(closing(1000, ""))
			_, _ = io.Copy(io.Discard, conn)
		}()
		synctest.Wait()
		if taken != 4 { // one at work, two that wait, one in the reader's hand
			t.Errorf("%d messages were taken", taken)
		}
		close(let)
		r.ending(t)
		if len(r.got()) != len(sizes) {
			t.Errorf("got %d", len(r.got()))
		}
	})
}
