package apigateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// limit sets the throttle of the stage.
func (f *front) limit(a *api, settings string) {
	f.T.Helper()
	got := f.Do(http.MethodPatch, "/"+a.id+"/stages/dev", `{"defaultRouteSettings":`+settings+`}`)
	if got.Status != http.StatusOK {
		f.T.Fatalf("%d %s", got.Status, got.Raw)
	}
}

// Clients are let in at the stage's rate, after a burst; a change of the stage counts at once.
func TestThrottledConnections(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action")
	enter := func(want int) {
		t.Helper()
		let := 0
		for {
			conn, response, body := f.dial(f.url(a), nil)
			if conn == nil {
				if response.StatusCode != http.StatusTooManyRequests || !strings.HasPrefix(body, `{"message": "Too Many Requests", `) {
					t.Fatalf("%d %s", response.StatusCode, body)
				}
				break
			}
			let++
			_ = conn.CloseNow()
		}
		if let != want {
			t.Errorf("%d were let in, not %d", let, want)
		}
	}
	f.limit(a, `{"throttlingRateLimit":2,"throttlingBurstLimit":5}`)
	enter(5)
	f.pace.Turn(time.Second)
	enter(2)
	f.pace.Turn(time.Second / 4) // half a token
	enter(0)
	f.pace.Turn(time.Hour)
	enter(5)
	f.limit(a, `{"throttlingRateLimit":10,"throttlingBurstLimit":20}`)
	f.pace.Turn(time.Second)
	enter(10)
	f.limit(a, `{"throttlingRateLimit":0,"throttlingBurstLimit":0}`)
	f.pace.Turn(time.Hour)
	enter(0)
	other := f.make("$request.body.action")
	if conn, response, _ := f.dial(f.url(other), nil); conn == nil {
		t.Errorf("another API: %s", response.Status)
	} else {
		_ = conn.CloseNow()
	}
}

// A clock that is set back takes no tokens away, and gives none for the same time again.
func TestThrottleWhenTheClockIsSetBack(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action")
	f.limit(a, `{"throttlingRateLimit":2,"throttlingBurstLimit":3}`)
	for _, test := range []struct {
		turn time.Duration
		want int
	}{{0, 101}, {-time.Minute, 101}, {0, 101}, {0, 429}, {time.Minute, 429}, {time.Second / 2, 101}, {0, 429}} {
		f.pace.Turn(test.turn)
		conn, response, _ := f.dial(f.url(a), nil)
		if response.StatusCode != test.want {
			t.Errorf("after %v: %d, not %d", test.turn, response.StatusCode, test.want)
		}
		if conn != nil {
			_ = conn.CloseNow()
		}
	}
}

// A message beyond the throttle is answered, and calls nothing. That the connection has ended is told all the same.
func TestThrottledMessages(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default", "$disconnect")
	f.limit(a, `{"throttlingRateLimit":1,"throttlingBurstLimit":3}`)
	c := f.connect(a)
	for range 3 {
		c.say("hello")
	}
	if got := c.hear(); !strings.HasPrefix(got, `{"message": "Too Many Requests", "connectionId":"`+c.id+`", "requestId":"`) {
		t.Errorf("got %s", got)
	}
	f.call("default")
	f.call("default")
	f.pace.Turn(time.Second)
	c.say("hello")
	f.call("default")
	c.leave(1000, "")
	f.call("disconnect")
	f.quiet()
}
