package apigateway_test

import (
	"context"
	"errors"
	"testing"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// kept is how many connections are written down.
func (f *front) kept() int {
	f.T.Helper()
	n := 0
	err := f.Store.Update(f.T.Context(), func(tx *store.Tx) error {
		store.Each(tx, "apigateway.connections", "", func(string, any) bool { n++; return true })
		return nil
	})
	if err != nil {
		f.T.Fatal(err)
	}
	return n
}

// recovered is what is due for the connections that were left over.
func (f *front) recovered() func(context.Context) error {
	f.T.Helper()
	run, err := f.service.Recover(f.T.Context())
	if err != nil {
		f.T.Fatal(err)
	}
	return run
}

// $disconnect runs once for each way in which a connection ends, and the connection is struck off.
func TestDisconnect(t *testing.T) {
	for name, test := range map[string]struct {
		end    func(f *front, c *client) error
		code   float64
		reason string
	}{
		"closed":             {func(_ *front, c *client) error { return c.Close(4321, "done") }, 4321, "done"},
		"closed with none":   {func(_ *front, c *client) error { return c.Close(ws.StatusNoStatusRcvd, "") }, 1005, "Client-side close frame status not set"},
		"vanished":           {func(_ *front, c *client) error { return c.CloseNow() }, 1006, ""},
		"binary":             {func(f *front, c *client) error { return c.Write(f.T.Context(), ws.MessageBinary, []byte{1}) }, 1003, "*"},
		"ended with the API": {func(f *front, _ *client) error { return f.hub.Close(f.T.Context()) }, 1001, "Going away"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			a := f.make("$request.body.action", "$disconnect")
			c := f.connect(a)
			if n := f.kept(); n != 1 {
				t.Errorf("%d connections are kept", n)
			}
			go func() { _, _, _ = c.Read(context.WithoutCancel(t.Context())) }() // answers what the other side closes
			if err := test.end(f, c); err != nil {
				t.Fatal(err)
			}
			got := f.call("disconnect").context()
			if got["disconnectStatusCode"] != test.code || got["disconnectReason"] != test.reason && test.reason != "*" {
				t.Errorf("got %v", got)
			}
			if e := f.watched(traffic.Disconnected); e.Status != int(test.code) || e.Connection != c.id || f.kept() != 0 {
				t.Errorf("who watches is told %v; %d are kept", e, f.kept())
			}
			_ = c.CloseNow()
			f.quiet()
		})
	}
}

// What $disconnect answers, and that it cannot be called at all, is nobody's business but of who watches.
func TestDisconnectFails(t *testing.T) {
	for name, function := range map[string]function{
		"not permitted": refusing(403, "AccessDeniedException"), "no function": refusing(404, "ResourceNotFoundException"),
		"an error": failing("broken"),
	} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			a := f.make("$request.body.action", "$disconnect")
			f.functions.set("disconnect", function)
			f.connect(a).leave(1000, "")
			if e := f.watched(traffic.Warned); e.Function != "disconnect" || e.Route != "$disconnect" {
				t.Errorf("got %v", e)
			}
			f.watched(traffic.Disconnected)
			f.call("disconnect")
			f.quiet()
			if f.kept() != 0 {
				t.Error("it is kept")
			}
		})
	}
}

// The connections of a killed process end when another process serves the state; those of that one do not.
func TestRecover(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$disconnect")
	f.authorizes(a, "")
	stuck := make(chan struct{})
	f.functions.set("disconnect", func(context.Context, []byte) (traffic.Answer, error) {
		<-stuck // as in a process that was killed
		return traffic.Answer{}, errors.New("killed")
	})
	left := map[any]bool{}
	for range 20 {
		c := f.connect(a)
		left[c.id] = true
		_ = c.CloseNow()
	}
	n := f.again()
	run := n.recovered()
	n.functions.set("authorize", answering(policy("Allow", `"*"`, `"*"`, "")))
	mine := n.connect(a)
	n.call("authorize")
	n.call("connect")
	if n.kept() != 21 {
		t.Fatalf("%d connections are kept", n.kept())
	}
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 20 {
		got := n.call("disconnect").context()
		authorizer, _ := got["authorizer"].(map[string]any)
		if !left[got["connectionId"]] || got["disconnectStatusCode"] != 1006.0 || authorizer["principalId"] != "me" {
			t.Errorf("got %v", got)
		}
		delete(left, got["connectionId"])
	}
	if n.kept() != 1 {
		t.Errorf("%d connections are kept", n.kept())
	}
	n.quiet()
	mine.leave(1000, "")
	n.call("disconnect")
	n.watched(traffic.Disconnected)
	close(stuck)
}

// What could not be told, because there was no time, is told by the next process.
func TestRecoverStops(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$disconnect")
	stuck := make(chan struct{})
	f.functions.set("disconnect", func(context.Context, []byte) (traffic.Answer, error) {
		<-stuck
		return traffic.Answer{}, errors.New("killed")
	})
	_ = f.connect(a).CloseNow()
	n := f.again()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := n.recovered()(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	n.quiet()
	if n.kept() != 1 {
		t.Errorf("%d connections are kept", n.kept())
	}
	close(stuck)
}

// A client that is gone when $connect has let it in has been connected, for the function.
func TestClientVanishesWhileItConnects(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$disconnect")
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan struct{})
	f.functions.set("connect", func(context.Context, []byte) (traffic.Answer, error) {
		cancel()
		<-gone
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	_, _, err := ws.Dial(ctx, f.url(a), nil)
	if err == nil {
		t.Fatal("it is connected")
	}
	close(gone)
	id := f.call("connect").context()["connectionId"]
	if got := f.call("disconnect").context(); got["connectionId"] != id || got["disconnectStatusCode"] != 1006.0 {
		t.Errorf("got %v", got)
	}
	f.watched(traffic.Disconnected)
	if f.kept() != 0 {
		t.Error("it is kept")
	}
}

// A client that $connect let in when no more are taken has been connected, for the function.
func TestConnectWhileNoMoreAreTaken(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$disconnect")
	f.functions.set("connect", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)}, f.hub.Close(ctx)
	})
	if conn, response, _ := f.dial(f.url(a), nil); conn != nil || response.StatusCode != 503 {
		t.Errorf("got %s", response.Status)
	}
	id := f.call("connect").context()["connectionId"]
	if got := f.call("disconnect").context(); got["connectionId"] != id || got["disconnectStatusCode"] != 1006.0 {
		t.Errorf("got %v", got)
	}
	f.watched(traffic.Disconnected)
	if f.kept() != 0 {
		t.Error("it is kept")
	}
}
