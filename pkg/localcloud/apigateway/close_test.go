package apigateway_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Close ends what there is, tells each $disconnect, and lets nobody in.
func TestClose(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$disconnect")
	var wait sync.WaitGroup
	for range 100 {
		c := f.connect(a)
		wait.Go(func() {
			_, _, err := c.Read(context.WithoutCancel(t.Context()))
			if ws.CloseStatus(err) != ws.StatusGoingAway {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := f.service.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	wait.Wait()
	told := map[any]bool{}
	for range 100 {
		told[f.call("disconnect").context()["connectionId"]] = true
	}
	if len(told) != 100 || f.kept() != 0 {
		t.Errorf("%d were told, %d are kept", len(told), f.kept())
	}
	if conn, _, _ := f.dial(f.url(a), nil); conn != nil {
		t.Error("a client was let in")
	}
}

// closesUntilCalled closes the service, with no more time once a function is called.
func (f *front) closesUntilCalled(t *testing.T, function string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		f.call(function)
		cancel()
	}()
	if err := f.service.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// A $disconnect that hangs does not hold up the end for ever, and the function is left alone with it.
func TestCloseDoesNotWaitForEver(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$disconnect")
	f.functions.set("disconnect", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
		<-ctx.Done()
		return traffic.Answer{}, ctx.Err()
	})
	c := f.connect(a)
	go func() { _, _, _ = c.Read(context.WithoutCancel(t.Context())) }()
	f.closesUntilCalled(t, "disconnect")
	f.watched(traffic.Disconnected)
}

// A $disconnect that could not be called, because the process was ending, is called by the next one.
func TestCloseLeavesWhatItCouldNotTell(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default", "$disconnect")
	f.functions.set("default", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
		<-ctx.Done()
		return traffic.Answer{}, ctx.Err()
	})
	c := f.connect(a)
	c.say("hello")
	f.call("default")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.service.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for e := range within(t, f.events) {
		if e.Kind == traffic.Warned && e.Route == "$disconnect" {
			break
		}
	}
	f.quiet()
	n := f.again()
	if err := n.recovered()(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.call("disconnect").context(); got["connectionId"] != c.id || n.kept() != 0 {
		t.Errorf("got %v", got)
	}
}

// Who is on his way in when everything ends, and gets in, has his $disconnect.
func TestCloseWaitsForWhoIsOnHisWayIn(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$disconnect")
	f.functions.set("connect", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
		<-ctx.Done() // the function answers at the last moment
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	done := make(chan int, 1)
	go func() {
		_, response, _ := f.dial(f.url(a), nil)
		done <- response.StatusCode
	}()
	id := f.call("connect").context()["connectionId"]
	if err := f.service.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if status := <-done; status != 503 {
		t.Errorf("the client got %d", status)
	}
	if got := f.call("disconnect").context(); got["connectionId"] != id || f.kept() != 0 {
		t.Errorf("%v; %d are kept", got, f.kept())
	}
}

// An event that still waits when there is no more time is for the next process.
func TestCloseLeavesWhatStillWaits(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$disconnect")
	f.functions.set("disconnect", waiting)
	c := f.connect(a)
	go func() { _, _, _ = c.Read(context.WithoutCancel(t.Context())) }()
	f.closesUntilCalled(t, "disconnect")
	const want = "disconnect was not called: the local cloud is being closed"
	if e := f.watched(traffic.Warned); e.Text != want || f.kept() != 1 {
		t.Errorf("who watches is told %v; %d are kept", e, f.kept())
	}
}

// A function that is ended with everything is not one that could not be called.
func TestCloseEndsWhatStillRuns(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default")
	f.functions.set("default", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
		<-ctx.Done()
		return traffic.Answer{}, wire.Errorf(500, "ServiceException", "arn: %v", ctx.Err())
	})
	c := f.connect(a)
	c.say("hello")
	f.call("default")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := f.service.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if e := f.watched(traffic.Warned); e.Text != "default was still running, and was ended" {
		t.Errorf("who watches is told %v", e)
	}
}
