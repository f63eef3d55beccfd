package apigateway_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// Who watches is told of everything, with what it took.
func TestWatch(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$default", "$disconnect")
	f.answers(a, "$default")
	takes := func(d time.Duration, payload string) function {
		return func(context.Context, []byte) (traffic.Answer, error) {
			f.pace.Turn(d)
			return traffic.Answer{Payload: []byte(payload)}, nil
		}
	}
	f.functions.set("connect", takes(time.Second, `{"statusCode":200}`))
	f.functions.set("default", takes(2*time.Second, `{"statusCode":201,"body":"answer"}`))
	f.functions.set("disconnect", takes(3*time.Second, `{"statusCode":200}`))
	conn, _, _ := f.dial(f.url(a), nil)
	c := &client{Conn: conn, t: t}
	long := ""
	for range 300 {
		long += "ä"
	}
	c.say(long)
	c.hear()
	c.leave(1000, "bye")
	start := f.Hand.Now()
	want := []traffic.Event{
		{Kind: traffic.Connected, Route: "$connect", Function: "connect", Text: "127.0.0.1", Status: 101, Took: time.Second, Time: start.Add(time.Second)},
		{Kind: traffic.Received, Route: "$default", Function: "default", Text: long[:200] + "…", Bytes: 600, Status: 201, Took: 2 * time.Second, Time: start.Add(3 * time.Second)},
		{Kind: traffic.Sent, Route: "$default", Text: "answer", Bytes: 6, Time: start.Add(3 * time.Second)},
		{Kind: traffic.Disconnected, Route: "$disconnect", Function: "disconnect", Text: "bye", Status: 1000, Took: 3 * time.Second, Time: start.Add(6 * time.Second)},
	}
	i, id := 0, ""
	for got := range within(t, f.events) {
		if id == "" {
			id = got.Connection
		}
		expected := want[i]
		expected.Connection = id
		if got != expected || id == "" {
			t.Errorf("got %v, not %v", got, expected)
		}
		if i++; i == len(want) {
			break
		}
	}
}

// Clients that come at once, to a state on disk, are all let in, answered, written down and struck off.
func TestManyAtOnce(t *testing.T) {
	const many = 200
	c := servicetest.New(t)
	var err error
	if c.Store, err = store.Open(t.TempDir()); err != nil {
		t.Fatal(err)
	}
	f := (&front{cloud: &cloud{servicetest.REST{Cloud: c, Root: "/v2/apis"}}}).again()
	a := f.make("$request.body.action", "$default", "$disconnect")
	f.answers(a, "$default")
	f.functions.set("default", answering(`{"statusCode":200,"body":"hello"}`))
	conns := make([]*ws.Conn, many)
	each := func(do func(i int) error) {
		t.Helper()
		var wait sync.WaitGroup
		for i := range many {
			wait.Go(func() {
				if err := do(i); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if t.Failed() {
			t.FailNow()
		}
	}
	each(func(i int) (err error) {
		conns[i], _, err = ws.Dial(t.Context(), f.url(a), nil)
		return err
	})
	if n := f.kept(); n != many {
		t.Errorf("%d are kept", n)
	}
	each(func(i int) error {
		err := conns[i].Write(t.Context(), ws.MessageText, []byte("{}"))
		_, text, readErr := conns[i].Read(t.Context())
		if string(text) != "hello" {
			t.Errorf("got %s", text)
		}
		return errors.Join(err, readErr)
	})
	each(func(i int) error { return conns[i].CloseNow() })
	for range many {
		f.watched(traffic.Disconnected)
	}
	if n := f.kept(); n != 0 {
		t.Errorf("%d are kept", n)
	}
}
