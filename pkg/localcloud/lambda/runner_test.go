package lambda_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// runner runs functions by doing something, and remembers what it was given.
type runner struct {
	do func(ctx context.Context, e execution.Event) (execution.Answer, error)

	mu        sync.Mutex
	functions []execution.Function
	events    []execution.Event
}

func (r *runner) Invoke(ctx context.Context, f execution.Function, e execution.Event) (execution.Answer, error) {
	r.mu.Lock()
	r.functions, r.events = append(r.functions, f), append(r.events, e)
	r.mu.Unlock()
	return r.do(ctx, e)
}

// calls is how often a function was called.
func (r *runner) calls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.events)
}

// last is what it was given last.
func (r *runner) last() (execution.Function, execution.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.functions[len(r.functions)-1], r.events[len(r.events)-1]
}

func echo(_ context.Context, e execution.Event) (execution.Answer, error) {
	return execution.Answer{Payload: e.Payload, Log: []byte("START\nEND\n")}, nil
}

// running is a cloud with the function "connect", which does what is given.
func running(t *testing.T, do func(context.Context, execution.Event) (execution.Answer, error)) (*cloud, *runner) {
	t.Helper()
	c, r := ready(t), &runner{do: do}
	c.serve(lambda.Config{Run: r})
	return c, r
}

// invoke calls the function, with pairs of a header and its value.
func (c *cloud) invoke(payload string, header ...string) *http.Response {
	c.T.Helper()
	r := httptest.NewRequestWithContext(c.T.Context(), http.MethodPost, c.Root+"connect/invocations",
		strings.NewReader(payload))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	return c.raw(r)
}

// permit lets API Gateway call the function, from a source if one is given.
func (c *cloud) permit(more string) {
	c.T.Helper()
	got := c.Do("POST", "connect/policy", `{"StatementId":"one","Action":"lambda:InvokeFunction",
		"Principal":"apigateway.amazonaws.com"`+more+`}`)
	if got.Status != 201 {
		c.T.Fatalf("%d %s", got.Status, got.Refusal)
	}
}

func gateway() traffic.Caller {
	return traffic.Caller{
		Service: "apigateway.amazonaws.com", Account: "111111111111",
		SourceARN: "arn:aws:execute-api:eu-west-1:111111111111:api1/prod/$connect",
	}
}
