package lambda

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Runner runs functions.
type Runner interface {
	// Invoke hands an event to a function, and waits for its answer.
	Invoke(ctx context.Context, f execution.Function, e execution.Event) (execution.Answer, error)
}

// invocation is what an Invoke asks for.
type invocation struct {
	Name  string // of the function, as the caller gives it
	Type  string // RequestResponse, Event, DryRun
	Event execution.Event
}

// invoke calls a function, as one who may: callers' policies are not evaluated. No transaction is open while it runs.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
func (s *Service) invoke(ctx context.Context, c *wire.Call, named map[string]string) (any, error) {
	in, err := readInvocation(c, named["FunctionName"])
	if err != nil {
		return nil, err
	}
	f, err := s.invoked(ctx, c, in.Name)
	if err != nil {
		return nil, err
	}
	switch in.Type {
	case "DryRun":
		return wire.File{Status: http.StatusNoContent}, nil
	case "Event":
		return wire.File{Status: http.StatusAccepted}, s.later(ctx, f, in.Event)
	}
	answer, err := s.run(ctx, s.execution(f), in.Event)
	if err != nil {
		return nil, err
	}
	return in.answer(answer), nil
}

// invoked is the function that a call names, if it can be called now.
func (s *Service) invoked(ctx context.Context, c *wire.Call, name string) (*function, error) {
	var found *function
	_, err := s.on(ctx, c, name, func(_ *store.Tx, f *function, now time.Time) (any, error) {
		if s.runner == nil {
			return nil, wire.Unmodelled("UnknownOperationException", "Invoke: functions do not run here (%s)", name)
		}
		found = f
		return nil, f.callable(now)
	})
	return found, err
}

// callable refuses to call a function that is still being made. One that is being updated is called, and what runs is
// what it was told to become: on AWS, what it was before runs until the update is over.
// https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
// The words are those that https://github.com/remotion-dev/remotion/issues/1186 shows.
func (f *function) callable(now time.Time) error {
	if f.Pending.After(now) {
		return f.busy(now)
	}
	return nil
}

// run hands an event to the function. In every error is a *wire.Error, and traffic.ErrUncalled where the function has
// not had the event.
func (s *Service) run(ctx context.Context, f execution.Function, e execution.Event) (execution.Answer, error) {
	answer, err := s.runner.Invoke(ctx, f, e)
	if err == nil {
		return answer, nil
	}
	refused := broken(f.ARN, err)
	if errors.Is(err, execution.ErrTooMany) {
		refused = tooMany()
	}
	if errors.Is(err, execution.ErrNotRun) {
		return answer, fmt.Errorf("%w: %w", traffic.ErrUncalled, refused)
	}
	return answer, refused
}

// broken is the refusal of a call that failed inside.
func broken(arn string, err error) *wire.Error {
	return wire.Errorf(http.StatusInternalServerError, "ServiceException", "%s cannot be run: %v", arn, err)
}

// tooMany is the refusal of an event beyond the concurrency that there is.
// https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors has the code and the reason,
// https://github.com/HumanCellAtlas/data-store/issues/1118 the words. The header's value is unverified.
func tooMany() *wire.Error {
	e := wire.Errorf(http.StatusTooManyRequests, "TooManyRequestsException", "Rate Exceeded.")
	e.Fields = []wire.Field{{Name: "Reason", Value: "ConcurrentInvocationLimitExceeded"}}
	e.Header = http.Header{"Retry-After": {"1"}}
	return e
}

// answer is what the caller gets of the function's.
func (in invocation) answer(a execution.Answer) wire.File {
	header := http.Header{"X-Amz-Executed-Version": {"$LATEST"}}
	header.Set("X-Amzn-Trace-Id", in.Event.TraceID)
	if a.Failed != "" {
		header.Set("X-Amz-Function-Error", a.Failed)
	}
	if in.Event.Tail {
		last := a.Log[max(0, len(a.Log)-4096):]
		header.Set("X-Amz-Log-Result", base64.StdEncoding.EncodeToString(last))
	}
	return wire.File{Header: header, ContentType: "application/json", Data: a.Payload}
}

// readInvocation reads the call's header and body.
func readInvocation(c *wire.Call, name string) (invocation, error) {
	in := invocation{Name: name, Type: c.Header.Get("X-Amz-Invocation-Type"), Event: execution.Event{
		RequestID: c.ID, Payload: c.Body, TraceID: c.Header.Get("X-Amzn-Trace-Id"),
	}}
	if in.Type == "" {
		in.Type = "RequestResponse"
	}
	if in.Event.TraceID == "" {
		in.Event.TraceID = traceID(c.Time)
	}
	if len(c.Body) == 0 {
		in.Event.Payload = []byte("{}")
	}
	return in, cmp.Or(in.checkType(c), in.readLogType(c), in.readContext(c), in.checkPayload())
}

// checkType sees that the type is one, and that no header asks for what is not modelled.
func (in *invocation) checkType(c *wire.Call) error {
	types := []string{"Event", "RequestResponse", "DryRun"}
	if !slices.Contains(types, in.Type) {
		return unvalidated(in.Type, "invocationType",
			"Member must satisfy enum value set: [Event, RequestResponse, DryRun]")
	}
	for _, name := range []string{"X-Amz-Tenant-Id", "X-Amz-Durable-Execution-Name"} {
		if c.Header.Get(name) != "" {
			return wire.Unmodelled("InvalidParameterValueException", "the header %s of Invoke", name)
		}
	}
	return nil
}

func (in *invocation) readLogType(c *wire.Call) error {
	kind := c.Header.Get("X-Amz-Log-Type")
	if kind != "" && kind != "None" && kind != "Tail" {
		return unvalidated(kind, "logType", "Member must satisfy enum value set: [None, Tail]")
	}
	in.Event.Tail = kind == "Tail" && in.Type == "RequestResponse"
	return nil
}

// readContext takes the client context, which functions get of synchronous calls only. How a bad one is refused is
// unverified.
func (in *invocation) readContext(c *wire.Call) error {
	text := c.Header.Get("X-Amz-Client-Context")
	if text == "" {
		return nil
	}
	decoded, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(text) > 3583 || !json.Valid(decoded) {
		return wire.Errorf(http.StatusBadRequest, "InvalidRequestContentException",
			"Client context must be a valid Base64-encoded JSON object.")
	}
	if in.Type != "Event" {
		in.Event.ClientContext = string(decoded)
	}
	return nil
}

// checkPayload: the words before the second colon are those that
// https://github.com/awsdocs/aws-lambda-developer-guide/issues/351 shows; what follows is Lambda's parser's, and here
// another's.
func (in *invocation) checkPayload() error {
	const unreadable = "Could not parse request body into json: Could not parse payload into json: %v"
	var value json.RawMessage
	err := json.Unmarshal(in.Event.Payload, &value)
	if err == nil && !utf8.Valid(in.Event.Payload) {
		err = errors.New("invalid UTF-8")
	}
	if err != nil {
		return wire.Errorf(http.StatusBadRequest, "InvalidRequestContentException", unreadable, err)
	}
	if size := len(in.Event.Payload); in.Type == "Event" && size > eventLimit {
		return tooLarge("%d byte payload is too large for the Event invocation type (limit %d bytes)", size, eventLimit)
	}
	return nil
}
