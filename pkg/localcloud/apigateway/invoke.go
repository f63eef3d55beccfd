package apigateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// failure is why a client does not get what a function answered: the status that a client has who is connecting, the
// message that one has who is connected, and the reason, which nobody is told but who watches.
type failure struct {
	status   int
	message  string
	reason   string
	uncalled bool // the function was not called at all, for a reason that may pass
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

// begin runs a call, unless no more are made. The call's context ends with ctx, abandon or end.
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

// outcome is what came of a call.
type outcome struct {
	answer traffic.Answer
	err    error
	ended  bool // the call was, by this process
}

// failure is that of a call with an error.
func (o outcome) failure(function string) *failure {
	uncalled := errors.Is(o.err, traffic.ErrUncalled)
	if o.ended && uncalled {
		return unbegun(function)
	}
	fail := internal(http.StatusInternalServerError, "%s was still running, and was ended", nameOf(function))
	if !o.ended {
		fail = internal(http.StatusInternalServerError, "%s cannot be called: %s", nameOf(function), wordsOf(o.err))
	}
	fail.uncalled = uncalled
	return fail
}

// wordsOf are those of AWS's error, if there is one.
func wordsOf(err error) string {
	if e, ok := errors.AsType[*wire.Error](err); ok {
		return e.Error()
	}
	return err.Error()
}

// unbegun is the failure of a call that is not made because everything ends.
func unbegun(function string) *failure {
	fail := internal(http.StatusInternalServerError, "%s was not called: the local cloud is being closed",
		nameOf(function))
	fail.uncalled = true
	return fail
}

// source is on whose behalf a function is called.
type source struct {
	traffic.Caller
	last bool // for $disconnect: also while this process is ending
}

// invoke calls a function with an event and waits as long as its integration does. The function goes on after that,
// as on AWS, and so it does when the client has left: ctx ends none but a call for $disconnect.
func (p *plane) invoke(
	ctx context.Context, function string, by source, timeout time.Duration, event any,
) (traffic.Answer, *failure) {
	payload, err := json.Marshal(event)
	if err != nil {
		return traffic.Answer{}, internal(http.StatusInternalServerError, "writing the event: %v", err)
	}
	lasting := context.WithoutCancel(ctx)
	answered, stop := context.WithCancel(lasting)
	defer stop()
	got, due := make(chan outcome, 1), p.pace.Now().Add(timeout)
	if !by.last {
		ctx = lasting
	}
	begun := p.calls.begin(ctx, by.last, func(ctx context.Context) {
		defer stop()
		answer, err := p.functions.InvokeFor(ctx, function, by.Caller, payload)
		got <- outcome{answer, err, ctx.Err() != nil}
	})
	if !begun {
		return traffic.Answer{}, unbegun(function)
	}
	if p.pace.Wait(answered, due) == nil && len(got) == 0 {
		return traffic.Answer{}, late(timeout)
	}
	o := <-got
	if o.err != nil {
		return traffic.Answer{}, o.failure(function)
	}
	return o.answer, nil
}

// late is what a client sees whose integration takes too long: https://github.com/aws/chalice/issues/1406,
// https://github.com/Kludex/mangum/issues/128. The status of one who is connecting is that of REST APIs; unverified
// here.
func late(timeout time.Duration) *failure {
	return refusal(http.StatusGatewayTimeout, "Endpoint request timed out", fmt.Sprintf("no answer within %v", timeout))
}
