package websocket_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"runtime"
	"testing"

	client "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

// BenchmarkIdle tells what an idle connection costs in memory: bytes of the heap, of which net/http's two buffers are 8
// KB, and of goroutines' stacks.
func BenchmarkIdle(b *testing.B) {
	const many = 1000
	for b.Loop() {
		hub := websocket.NewHub(websocket.Config{})
		server := listen(b, hub, newRecord().opening)
		conns := make([]net.Conn, many)
		before := memory()
		for i := range conns {
			conns[i] = raw(b, server.Listener.Addr().String(), fmt.Sprint(i))
		}
		after := memory()
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/many, "heap-B/conn")
		b.ReportMetric(float64(after.StackInuse-before.StackInuse)/many, "stack-B/conn")
		b.ReportMetric(float64(runtime.NumGoroutine())/many, "goroutines/conn")
		for _, conn := range conns {
			_ = conn.Close()
		}
		if err := hub.Close(b.Context()); err != nil {
			b.Error(err)
		}
		server.Close()
	}
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// raw is a client that keeps nothing but its socket, so that only the server's memory counts.
func raw(b *testing.B, addr, id string) net.Conn {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		b.Fatal(err)
	}
	_, err = fmt.Fprintf(conn, "GET /%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", id)
	if err != nil {
		b.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	if err != nil || answer.StatusCode != http.StatusSwitchingProtocols {
		b.Fatal(answer, err)
	}
	return conn
}

func echo(b *testing.B) (*websocket.Hub, func(id string) websocket.Opening) {
	hub := websocket.NewHub(websocket.Config{})
	return hub, func(id string) websocket.Opening {
		o := newRecord().opening(id)
		o.Message = func(ctx context.Context, text []byte) {
			if err := hub.Send(ctx, id, text); err != nil {
				b.Error(err)
			}
		}
		return o
	}
}

// BenchmarkRoundTrip is a message there and back, over the loopback.
func BenchmarkRoundTrip(b *testing.B) {
	for _, size := range []int{100, 32 << 10} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			hub, open := echo(b)
			conn := dial(b, listen(b, hub, open), "a")
			message := make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				if err := conn.Write(b.Context(), client.MessageText, message); err != nil {
					b.Fatal(err)
				}
				if _, _, err := conn.Read(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkConnect is a connection that opens, and is closed by its client.
func BenchmarkConnect(b *testing.B) {
	hub, open := echo(b)
	server := listen(b, hub, open)
	for i := 0; b.Loop(); i++ {
		conn := dial(b, server, fmt.Sprint(i))
		if err := conn.Close(client.StatusNormalClosure, ""); err != nil {
			b.Fatal(err)
		}
	}
}
