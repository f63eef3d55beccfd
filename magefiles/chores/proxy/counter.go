// Package proxy stands between a program and a server on loopback: it counts requests and shows which waited for which,
// and it puts the delays of a network between the two.
package proxy

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Exchange is one request and its answer, as the proxy saw them.
type Exchange struct {
	Name  string    // "PUT /bucket/key", or the action that the body names
	Begin time.Time // the request came
	End   time.Time // the answer was let go
}

// Counter passes requests on and remembers them. Every answer is held for the same while after it came, so that what
// waited for an answer begins clearly after it, and what did not begins clearly before.
type Counter struct {
	forward httputil.ReverseProxy
	next    http.RoundTripper
	hold    time.Duration

	mu   sync.Mutex
	seen []Exchange
}

// NewCounter makes a counter in front of a server.
func NewCounter(server *url.URL, hold time.Duration) *Counter {
	c := &Counter{next: &http.Transport{MaxIdleConnsPerHost: 200}, hold: hold}
	c.forward.Transport = c
	c.forward.Rewrite = func(r *httputil.ProxyRequest) { r.SetURL(server) }

	return c
}

// ServeHTTP passes one request on.
func (c *Counter) ServeHTTP(w http.ResponseWriter, r *http.Request) { c.forward.ServeHTTP(w, r) }

// RoundTrip asks the server, waits until its whole answer is there, holds it, and notes both ends.
func (c *Counter) RoundTrip(r *http.Request) (*http.Response, error) {
	begin := time.Now()
	name, err := nameOf(r)
	if err != nil {
		return nil, err
	}
	answer, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if err := swallow(answer); err != nil {
		return nil, err
	}
	if err := wait(r.Context(), c.hold); err != nil {
		return nil, err
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen = append(c.seen, Exchange{Name: name, Begin: begin, End: time.Now()})
	return answer, nil
}

// Take returns what was seen since it was last called.
func (c *Counter) Take() []Exchange {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := c.seen
	c.seen = nil

	return seen
}

// nameOf tells requests apart: by method and path, and where everything goes to one path by the action in the form.
func nameOf(r *http.Request) (string, error) {
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		return r.Method + " " + r.URL.RequestURI(), nil
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return "", err
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	form, err := url.ParseQuery(string(body))
	return form.Get("Action"), err
}

// swallow reads the answer's body to its end and puts it back.
func swallow(answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	if err := answer.Body.Close(); err != nil {
		return err
	}
	answer.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
