package proxy_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/magefiles/chores/proxy"
)

const roundTrip = time.Second

// The clock is the bubble's: it stands still but for what waits on it, so the times are exact.
func TestDelayIsALineOfOneRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near := through(t, roundTrip)
		began := time.Now()

		ask(t, near, "hello")
		if took := time.Since(began); took != 2*roundTrip {
			t.Errorf("the first answer on a new connection took %v, want two round trips", took)
		}
		ask(t, near, "again")
		if took := time.Since(began); took != 3*roundTrip {
			t.Errorf("the second answer came after %v, want three round trips", took)
		}
	})
}

func TestDelayEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		near, far := net.Pipe()
		ended := make(chan struct{})
		go func() {
			proxy.Delay(ctx, pipes{ctx, give(near)}, func(context.Context) (net.Conn, error) {
				_, other := net.Pipe()
				return other, nil
			}, roundTrip)
			close(ended)
		}()
		time.Sleep(2 * roundTrip)

		stop()
		<-ended
		if _, err := far.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("the connection is still open: %v", err)
		}
	})
}

// through joins the connection it returns, over a delaying line, to a server that gives back what it gets.
func through(t *testing.T, roundTrip time.Duration) net.Conn {
	near, accepted := net.Pipe()
	ctx, stop := context.WithCancel(t.Context())
	var line sync.WaitGroup
	line.Go(func() {
		proxy.Delay(ctx, pipes{ctx, give(accepted)}, func(context.Context) (net.Conn, error) {
			dialled, server := net.Pipe()
			line.Go(func() { _, _ = io.Copy(server, server) })
			return dialled, nil
		}, roundTrip)
	})
	t.Cleanup(func() { stop(); line.Wait() })

	return near
}

func ask(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
	back := make([]byte, len(text))
	if _, err := io.ReadFull(c, back); err != nil || string(back) != text {
		t.Fatalf("got %q back, %v", back, err)
	}
}

// pipes is a listener whose connections are given.
type pipes struct {
	ctx   context.Context
	conns chan net.Conn
}

func give(c net.Conn) chan net.Conn {
	conns := make(chan net.Conn, 1)
	conns <- c
	return conns
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.ctx.Done():
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return nil }
