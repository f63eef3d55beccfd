package apigateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// function is what a function does with an event.
type function func(ctx context.Context, event []byte) (traffic.Answer, error)

// called is one call of a function.
type called struct {
	function string // its name
	by       traffic.Caller
	event    []byte
}

// context is the requestContext of the event.
func (c called) context() map[string]any {
	var event struct {
		RequestContext map[string]any `json:"requestContext"`
	}
	_ = json.Unmarshal(c.event, &event) // a test looks at what it is
	return event.RequestContext
}

// functions are those of a test, by their names. One that is not listed answers 200.
type functions struct {
	mu    sync.Mutex
	by    map[string]function
	calls chan called
}

func (f *functions) set(name string, do function) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.by[name] = do
}

// InvokeFor calls one.
func (f *functions) InvokeFor(ctx context.Context, arn string, by traffic.Caller, event []byte) (traffic.Answer, error) {
	name := strings.TrimPrefix(arn, "arn:aws:lambda:eu-west-1:111111111111:function:")
	f.calls <- called{name, by, event}
	f.mu.Lock()
	do := f.by[name]
	f.mu.Unlock()
	if do == nil {
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)}, nil
	}
	return do(ctx, event)
}

// answering is a function that always answers the same.
func answering(payload string) function {
	return func(context.Context, []byte) (traffic.Answer, error) {
		return traffic.Answer{Payload: []byte(payload)}, nil
	}
}

// failing is a function with an error.
func failing(message string) function {
	return func(context.Context, []byte) (traffic.Answer, error) {
		return traffic.Answer{Payload: []byte(`{"errorMessage":"` + message + `","errorType":"errorString"}`), Failed: "Unhandled"}, nil
	}
}

// refusing is a function that cannot be called.
func refusing(status int, code string) function {
	return func(context.Context, []byte) (traffic.Answer, error) {
		return traffic.Answer{}, wire.Errorf(status, code, "the real reason")
	}
}

// uncalled is a function that cannot be called now.
func uncalled(context.Context, []byte) (traffic.Answer, error) {
	return traffic.Answer{}, fmt.Errorf("%w: %w", traffic.ErrUncalled,
		wire.Errorf(429, "TooManyRequestsException", "Rate Exceeded."))
}

// waiting is a function that is not called before everything ends.
func waiting(ctx context.Context, _ []byte) (traffic.Answer, error) {
	<-ctx.Done()
	return traffic.Answer{}, fmt.Errorf("%w: %w", traffic.ErrUncalled, wire.Errorf(500, "ServiceException", "%v", ctx.Err()))
}

// policy is an authorizer's answer.
func policy(effect, action, resource, more string) string {
	return `{"principalId":"me"` + more + `,"policyDocument":{"Version":"2012-10-17","Statement":[
		{"Effect":"` + effect + `","Action":` + action + `,"Resource":` + resource + `}]}}`
}

// client is a client that is connected.
type client struct {
	*ws.Conn
	t  *testing.T
	id string
}

func (c *client) say(text string) {
	c.t.Helper()
	if err := c.Write(c.t.Context(), ws.MessageText, []byte(text)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) hear() string {
	c.t.Helper()
	kind, text, err := c.Read(c.t.Context())
	if err != nil || kind != ws.MessageText {
		c.t.Fatalf("%v %v", kind, err)
	}
	return string(text)
}

// closed is the close frame that comes next.
func (c *client) closed() ws.CloseError {
	c.t.Helper()
	_, text, err := c.Read(c.t.Context())
	e, ok := errors.AsType[ws.CloseError](err)
	if !ok {
		c.t.Fatalf("%q %v", text, err)
	}
	return e
}

// leave closes with a code, and waits for the end.
func (c *client) leave(code ws.StatusCode, reason string) {
	c.t.Helper()
	if err := c.Close(code, reason); err != nil {
		c.t.Fatal(err)
	}
}
