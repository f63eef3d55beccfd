package bench

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/websocket"
)

// answering is a WebSocket server whose connections answer "OK" to every short message, and which counts.
type answering struct {
	connections, messages atomic.Int64
	answer                string
}

func (a *answering) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	conn, both, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer func() { _ = conn.Close() }()
	a.connections.Add(1)
	_, _ = io.WriteString(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Accept: "+websocket.Accept(r.Header.Get("Sec-WebSocket-Key"))+"\r\n\r\n")
	for {
		head := make([]byte, 2)
		if _, err := io.ReadFull(both, head); err != nil || head[0] == 0x88 {
			return
		}
		_, _ = both.Discard(4 + int(head[1]&0x7F)) // mask and text
		a.messages.Add(1)
		_, _ = conn.Write(append([]byte{0x81, byte(len(a.answer))}, a.answer...))
	}
}

func serve(t *testing.T, a *answering) string {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	return "ws" + strings.TrimPrefix(server.URL, "http")
}

func TestATrialSaysWhatItIsMeantTo(t *testing.T) {
	a := &answering{answer: "OK"}
	got, err := talked(t.Context(), serve(t, a))
	if err != nil {
		t.Fatal(err)
	}
	if len(got.trips) != sequential || got.rate <= 0 || got.opens <= 0 {
		t.Errorf("there are %d trips, %v messages and %v openings a second", len(got.trips), got.rate, got.opens)
	}
	if n := a.connections.Load(); n != 1+talkers+openings {
		t.Errorf("%d connections were opened", n)
	}
	if n := a.messages.Load(); n != warmUp+sequential+talkers*(warmUp/10+each) {
		t.Errorf("%d messages were sent", n)
	}
}

func TestATrialWithAnotherAnswerIsAnError(t *testing.T) {
	_, err := talked(t.Context(), serve(t, &answering{answer: "no"}))
	if err == nil || !strings.Contains(err.Error(), `the answer is "no", not OK`) {
		t.Errorf("the error is %v", err)
	}
}

func TestAFamilyIsAProcessAndWhatItStarted(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux says so in files")
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "cat")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Skip("there is no cat:", err)
	}
	defer func() { _, _ = in.Close(), cmd.Wait() }()

	head, children, err := family(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if head.pid != int64(os.Getpid()) || head.resident == 0 || head.peak < head.resident {
		t.Errorf("this process is %+v", head)
	}
	for _, child := range children {
		if child.pid == int64(cmd.Process.Pid) && child.parent == head.pid {
			return
		}
	}
	t.Errorf("of what it started there is %+v", children)
}
