package wire_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func dial(t *testing.T, c *cloud) net.Conn {
	t.Helper()
	connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", c.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() }) // the server may have closed it
	return connection
}

func (c *cloud) identity(t *testing.T) *http.Request {
	t.Helper()
	return c.form(t, "sts", "Action=GetCallerIdentity&Version=2011-06-15")
}

func TestIntercepts(t *testing.T) {
	lifted := make(chan struct{})
	close(lifted)
	refusal := wire.Errorf(503, "SlowDown", "Please reduce your request rate.")
	cases := map[string]struct {
		intercept wire.Intercept
		status    int // 0 is a connection that ends
		served    bool
	}{
		"nothing":          {wire.Intercept{}, 200, true},
		"late":             {wire.Intercept{Wait: time.Nanosecond}, 200, true},
		"stalled, lifted":  {wire.Intercept{Until: lifted}, 200, true},
		"refused":          {wire.Intercept{Refuse: refusal}, 503, false},
		"refused late":     {wire.Intercept{Wait: 1, Until: lifted, Refuse: refusal}, 503, false},
		"dropped":          {wire.Intercept{Drop: true}, 0, false},
		"dropped, refused": {wire.Intercept{Drop: true, Refuse: refusal, Lose: true}, 0, false},
		"lost":             {wire.Intercept{Lose: true}, 0, true},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			asked := make(chan *wire.Call, 1)
			c.router.Before = func(call *wire.Call) wire.Intercept { asked <- call; return test.intercept }
			answer, err := c.Client().Do(c.identity(t))
			switch {
			case err == nil:
				defer answer.Body.Close()
				if answer.StatusCode != test.status {
					t.Errorf("got %d", answer.StatusCode)
				}
			case test.status != 0 || !errors.Is(err, io.EOF):
				t.Errorf("got %v", err)
			}
			if told := c.after(); (len(told) == 1) != (test.status != 0) {
				t.Errorf("After was told %v", told)
			}
			if (c.last() != nil) != test.served {
				t.Errorf("served: %v", c.last() != nil)
			}
			if call := <-asked; call.Operation != "GetCallerIdentity" || call.Account != "111111111111" {
				t.Errorf("it was asked of %+v", call)
			}
		})
	}
}

// goleak sees that nobody waits on.
func TestAClientThatLeavesEndsTheWait(t *testing.T) {
	for name, intercept := range map[string]wire.Intercept{
		"late": {Wait: time.Hour}, "stalled": {Until: make(chan struct{})},
	} {
		t.Run(name, func(t *testing.T) {
			c := start(t)
			ctx, cancel := context.WithCancel(t.Context())
			c.router.Before = func(*wire.Call) wire.Intercept { cancel(); return intercept }
			answer, err := c.Client().Do(c.identity(t).WithContext(ctx))
			if err == nil {
				answer.Body.Close()
				t.Error("it was answered")
			}
			if told := c.after(); len(told) > 0 || c.last() != nil {
				t.Errorf("it went on: %v", told)
			}
		})
	}
}

func TestOnlyKnownCallsAreIntercepted(t *testing.T) {
	c := start(t)
	c.router.Before = func(call *wire.Call) wire.Intercept {
		t.Errorf("asked of %s", call.Operation)
		return wire.Intercept{}
	}
	c.send(t, c.form(t, "sts", "Action=Unknown&Version=2011-06-15"))
	stranger := c.identity(t)
	stranger.Header.Set("Authorization", strings.Replace(stranger.Header.Get("Authorization"), "AKIDONE", "AKIDTWO", 1))
	if status, _ := c.send(t, stranger); status != 403 {
		t.Errorf("got %d", status)
	}
}

func TestABodyThatEndsEarlyIsNotServed(t *testing.T) {
	c := start(t)
	connection := dial(t, c)
	_, err := io.WriteString(connection, "POST / HTTP/1.1\r\nHost: local\r\nContent-Length: 100\r\n"+
		"Authorization: AWS4-HMAC-SHA256 Credential=AKIDONE/20261121/eu-west-1/sts/aws4_request\r\n\r\n"+
		"Action=GetCallerIdentity&Version=2011-06-15")
	if err != nil {
		t.Fatal(err)
	}
	if err := connection.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if answer, err := io.ReadAll(connection); err != nil || len(answer) > 0 || c.last() != nil {
		t.Errorf("got %q, %v, %v", answer, err, c.last())
	}
}
