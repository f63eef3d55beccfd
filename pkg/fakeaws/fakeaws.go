// Package fakeaws answers AWS calls inside the SDK's own client, so that a test can give one odd answer and everything
// around it (the middleware stack, retries, error types) is the real SDK. It is for tests alone.
package fakeaws

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// Answer answers one attempt of one operation. in is the operation's input (*s3.PutObjectInput, …); out must be its
// output type. An error goes through the SDK's own retries first.
type Answer func(ctx context.Context, in any) (out any, err error)

// Cloud answers operations by name and remembers what it was asked.
type Cloud struct {
	mu      sync.Mutex
	answers map[string]Answer
	calls   []Call
}

// Call is one attempt that reached the cloud.
type Call struct {
	Operation string // "S3.PutObject", "CloudFormation.DescribeStacks", "STS.GetCallerIdentity"
	Input     any
}

// New makes a cloud from answers by operation, each named "Service.Operation" as the SDK calls them. What has no answer
// is answered with the error code NotFaked.
func New(answers map[string]Answer) *Cloud { return &Cloud{answers: answers} }

// On sets or replaces one answer.
func (c *Cloud) On(operation string, a Answer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answers == nil {
		c.answers = map[string]Answer{}
	}
	c.answers[operation] = a
}

// Answer returns the answer that an operation has now; nil if none.
func (c *Cloud) Answer(operation string) Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.answers[operation]
}

// Calls returns every attempt so far, in order.
func (c *Cloud) Calls() []Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Call(nil), c.calls...)
}

// Operations returns the names of Calls.
func (c *Cloud) Operations() []string {
	var names []string
	for _, call := range c.Calls() {
		names = append(names, call.Operation)
	}
	return names
}

// Config returns a configuration whose clients are answered by c: region eu-west-1, static credentials, no delay between
// retries.
func (c *Cloud) Config() aws.Config {
	return aws.Config{
		Region: "eu-west-1",
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: "AKIDEXAMPLE", SecretAccessKey: "secret"}, nil
		}),
		Retryer: func() aws.Retryer {
			return retry.NewStandard(func(o *retry.StandardOptions) {
				o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
			})
		},
		HTTPClient: refuse{},
		APIOptions: []func(*middleware.Stack) error{c.attach},
	}
}

type inputKey struct{}

func (c *Cloud) attach(stack *middleware.Stack) error {
	remember := middleware.InitializeMiddlewareFunc("fakeaws.remember",
		func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			return next.HandleInitialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
		})
	if err := stack.Initialize.Add(remember, middleware.Before); err != nil {
		return err
	}
	answer := middleware.DeserializeMiddlewareFunc("fakeaws.answer",
		func(ctx context.Context, _ middleware.DeserializeInput, _ middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			out, err := c.answer(ctx)
			raw := &smithyhttp.Response{Response: &http.Response{StatusCode: 200, Header: http.Header{}, Body: http.NoBody}}
			if err != nil {
				raw.StatusCode = 400
			}
			return middleware.DeserializeOutput{RawResponse: raw, Result: out}, middleware.Metadata{}, err
		})
	return stack.Deserialize.Add(answer, middleware.Before)
}

func (c *Cloud) answer(ctx context.Context) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, &aws.RequestCanceledError{Err: err}
	}
	name := awsmiddleware.GetServiceID(ctx) + "." + awsmiddleware.GetOperationName(ctx)
	in := middleware.GetStackValue(ctx, inputKey{})
	c.mu.Lock()
	c.calls = append(c.calls, Call{Operation: name, Input: in})
	a := c.answers[name]
	c.mu.Unlock()
	if a == nil {
		return nil, Error("NotFaked", name+" has no answer in this test")
	}
	return a(ctx, in)
}

// Error is an AWS error answer with a code and a message.
func Error(code, message string) error {
	return &smithy.GenericAPIError{Code: code, Message: message, Fault: smithy.FaultClient}
}

// Always answers with the same output.
func Always(out any) Answer {
	return func(context.Context, any) (any, error) { return out, nil }
}

// Fails answers with the same error.
func Fails(code, message string) Answer {
	return func(context.Context, any) (any, error) { return nil, Error(code, message) }
}

// InTurn answers the first call with the first answer, and so on; the last one stays.
func InTurn(answers ...Answer) Answer {
	var mu sync.Mutex
	next := 0
	return func(ctx context.Context, in any) (any, error) {
		mu.Lock()
		a := answers[next]
		if next < len(answers)-1 {
			next++
		}
		mu.Unlock()
		return a(ctx, in)
	}
}

// refuse is an HTTP client that must never be reached.
type refuse struct{}

func (refuse) Do(r *http.Request) (*http.Response, error) {
	return nil, fmt.Errorf("a faked client went to the network: %s", r.URL.Host)
}
