package apigateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// failure is why a client does not get what a function answered: the status that a client has who is connecting, the
// message that one has who is connected, and the reason, which nobody is told but who watches.
type failure struct {
	status   int
	message  string
	reason   string
	uncalled bool // the function was not called at all, because this process is ending
}

func (f *failure) Error() string { return f.reason }

func refusal(status int, message, reason string) *failure {
	return &failure{status: status, message: message, reason: reason}
}

// internal is the failure of which clients are told nothing.
func internal(status int, format string, args ...any) *failure {
	return &failure{status: status, message: "Internal server error", reason: fmt.Sprintf(format, args...)}
}

// calls are those of functions that go on.
type calls struct {
	mu      sync.Mutex
	closing bool // none is made any more but for $disconnect
	ended   bool // none at all
	next    int
	going   map[int]going
	wait    sync.WaitGroup
}

// going is a call, and whether it is for $disconnect.
type going struct {
	cancel context.CancelFunc
	last   bool
}

// begin runs a call, unless no more are made. The call's context ends with abandon or end.
func (c *calls) begin(ctx context.Context, last bool, call func(context.Context)) bool {
	ctx, cancel := context.WithCancel(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended || c.closing && !last {
		cancel()
		return false
	}
	if c.going == nil {
		c.going = map[int]going{}
	}
	c.next++
	id := c.next
	c.going[id] = going{cancel, last}
	c.wait.Go(func() {
		defer c.drop(id)
		call(ctx)
	})
	return true
}

func (c *calls) drop(id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.going[id].cancel()
	delete(c.going, id)
}

// close makes no more calls but for $disconnect.
func (c *calls) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closing = true
}

// abandon ends the calls of which nobody waits for an answer any more: all but those for $disconnect.
func (c *calls) abandon() { c.cancel(func(g going) bool { return !g.last }) }

// end ends all calls, and waits for them. No more are made.
func (c *calls) end() {
	c.mu.Lock()
	c.ended = true
	c.mu.Unlock()
	c.cancel(func(going) bool { return true })
	c.wait.Wait()
}

func (c *calls) cancel(which func(going) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, g := range c.going {
		if which(g) {
			g.cancel()
		}
	}
}

type outcome struct {
	answer traffic.Answer
	err    error
}

// source is on whose behalf a function is called.
type source struct {
	traffic.Caller
	last bool // for $disconnect: also while this process is ending
}

// invoke calls a function with an event and waits as long as its integration does. The function goes on after that,
// as on AWS, and so it does when the client has left.
func (p *plane) invoke(
	ctx context.Context, function string, by source, timeout time.Duration, event any,
) (traffic.Answer, *failure) {
	payload, err := json.Marshal(event)
	if err != nil {
		return traffic.Answer{}, internal(http.StatusInternalServerError, "writing the event: %v", err)
	}
	ctx = context.WithoutCancel(ctx)
	answered, stop := context.WithCancel(ctx)
	defer stop()
	got, due := make(chan outcome, 1), p.pace.Now().Add(timeout)
	begun := p.calls.begin(ctx, by.last, func(ctx context.Context) {
		defer stop()
		answer, err := p.functions.InvokeFor(ctx, function, by.Caller, payload)
		got <- outcome{answer, err}
	})
	if !begun {
		fail := internal(http.StatusInternalServerError, "the local cloud is being closed")
		fail.uncalled = true
		return traffic.Answer{}, fail
	}
	if p.pace.Wait(answered, due) == nil && len(got) == 0 {
		return traffic.Answer{}, late(timeout)
	}
	o := <-got
	if o.err != nil {
		return traffic.Answer{}, internal(http.StatusInternalServerError, "%s cannot be called: %v", nameOf(function), o.err)
	}
	return o.answer, nil
}

// late is what a client sees whose integration takes too long: https://github.com/aws/chalice/issues/1406,
// https://github.com/Kludex/mangum/issues/128. The status of one who is connecting is that of REST APIs; unverified
// here.
func late(timeout time.Duration) *failure {
	return refusal(http.StatusGatewayTimeout, "Endpoint request timed out", fmt.Sprintf("no answer within %v", timeout))
}

// proxy is the answer of a function to a proxy integration.
type proxy struct {
	status      int
	subprotocol string // of the header Sec-WebSocket-Protocol
	body        []byte
}

// integrate calls the function of a route, and reads what it answered. An error of the function, and an answer that
// is none, is 502 for who is connecting: https://github.com/dherault/serverless-offline/pull/1301.
func (p *plane) integrate(ctx context.Context, c *connection, way route, event any) (proxy, *failure) {
	if way.function == "" { // unverified
		return proxy{}, internal(http.StatusInternalServerError, "the route %s has no integration", way.key)
	}
	by := source{caller(c, c.arn(way.key)), way.key == "$disconnect"}
	answer, fail := p.invoke(ctx, way.function, by, way.timeout, event)
	if fail != nil {
		return proxy{}, fail
	}
	if answer.Failed != "" {
		return proxy{}, internal(http.StatusBadGateway, "%s failed: %s", nameOf(way.function), beginning(answer.Payload))
	}
	read, err := parseProxy(answer.Payload)
	if err != nil {
		return proxy{}, internal(http.StatusBadGateway, "malformed Lambda proxy response of %s: %v",
			nameOf(way.function), err)
	}
	return read, nil
}

func caller(c *connection, sourceARN string) traffic.Caller {
	return traffic.Caller{Service: "apigateway.amazonaws.com", Account: c.Place.Account, SourceARN: sourceARN}
}

// parseProxy reads an answer in the form of the proxy integration. That statusCode may be a string, and may not be
// missing, is unverified.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func parseProxy(payload []byte) (proxy, error) {
	var answer *struct {
		StatusCode        any                 `json:"statusCode"`
		Headers           map[string]any      `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Body              string              `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(payload, &answer); err != nil {
		return proxy{}, err
	}
	if answer == nil {
		return proxy{}, errors.New("it is null")
	}
	read := proxy{subprotocol: subprotocolOf(answer.Headers, answer.MultiValueHeaders), body: []byte(answer.Body)}
	var err error
	if read.status, err = statusOf(answer.StatusCode); err != nil {
		return proxy{}, err
	}
	if answer.IsBase64Encoded {
		if read.body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return proxy{}, fmt.Errorf("its body is not base64: %w", err)
		}
	}
	return read, nil
}

// statusOf reads a status that a client can be answered with.
func statusOf(value any) (int, error) {
	status := 0
	switch v := value.(type) {
	case float64:
		status = int(v)
	case string:
		status, _ = strconv.Atoi(v)
	case nil:
		return 0, errors.New("it has no statusCode")
	}
	if status < http.StatusOK || status > 599 {
		return 0, fmt.Errorf("its statusCode is %v", value)
	}
	return status, nil
}

// subprotocolOf is the subprotocol that a function chose.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
func subprotocolOf(single map[string]any, multi map[string][]string) string {
	const name = "Sec-Websocket-Protocol"
	for key, value := range single {
		if text, ok := value.(string); ok && http.CanonicalHeaderKey(key) == name {
			return text
		}
	}
	for key, values := range multi {
		if http.CanonicalHeaderKey(key) == name && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}
