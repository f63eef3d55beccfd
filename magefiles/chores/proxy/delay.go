package proxy

import (
	"context"
	"net"
	"sync"
	"time"
)

// Delay is a line of a given round trip: what comes in leaves half of it later, in both directions, and a new
// connection waits one whole round trip first, as it would for the handshake of TCP. It joins each of the listener's
// connections to one that dial makes, until ctx ends, and returns when all of them are closed.
func Delay(ctx context.Context, l net.Listener, dial Dial, roundTrip time.Duration) {
	var open sync.WaitGroup
	defer open.Wait()
	defer context.AfterFunc(ctx, func() { _ = l.Close() })()

	for {
		near, err := l.Accept()
		if err != nil {
			return
		}
		open.Go(func() { carry(ctx, near, dial, roundTrip) })
	}
}

// Dial makes a connection to the far end of the line.
type Dial func(context.Context) (net.Conn, error)

// To dials a TCP address.
func To(addr string) Dial {
	return func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, "tcp", addr) }
}

// carry joins one connection to a new one, until either side has closed both ways or ctx ends.
func carry(ctx context.Context, near net.Conn, dial Dial, roundTrip time.Duration) {
	defer func() { _ = near.Close() }()
	if wait(ctx, roundTrip) != nil {
		return
	}
	far, err := dial(ctx)
	if err != nil {
		return
	}
	defer func() { _ = far.Close() }()
	defer context.AfterFunc(ctx, func() { _, _ = near.Close(), far.Close() })()

	var ways sync.WaitGroup
	ways.Go(func() { pass(ctx, far, near, roundTrip/2) })
	ways.Go(func() { pass(ctx, near, far, roundTrip/2) })
	ways.Wait()
}

// parcel is what was read at once, and when it is due on the other side.
type parcel struct {
	due  time.Time
	data []byte
}

// pass copies one direction, each parcel the lag after it came. The queue is long enough that reading never waits for
// writing: a line has no limit on what is under way.
func pass(ctx context.Context, to, from net.Conn, lag time.Duration) {
	queue := make(chan parcel, 1<<14)
	go func() {
		defer close(queue)
		for {
			data := make([]byte, 64<<10)
			n, err := from.Read(data)
			if n > 0 {
				queue <- parcel{time.Now().Add(lag), data[:n]}
			}
			if err != nil {
				return
			}
		}
	}()

	for p := range queue {
		if wait(ctx, time.Until(p.due)) != nil {
			break
		}
		if _, err := to.Write(p.data); err != nil {
			break
		}
	}
	hangUp(to)
	for range queue { // a reader that still fills it must not be left standing
	}
}

// hangUp says that no more comes, and leaves the other direction open.
func hangUp(c net.Conn) {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
		return
	}
	_ = c.Close()
}
