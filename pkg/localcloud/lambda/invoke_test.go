package lambda_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestInvoke(t *testing.T) {
	c, r := running(t, echo)
	got := c.invoke(` {"a": 1} `, "X-Amz-Log-Type", "Tail", "X-Amz-Client-Context",
		base64.StdEncoding.EncodeToString([]byte(`{"client":1}`)))
	if got.StatusCode != 200 || body(t, got) != ` {"a": 1} ` || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
	if got.Header.Get("X-Amz-Executed-Version") != "$LATEST" || got.Header.Get("X-Amz-Function-Error") != "" ||
		got.Header.Get("X-Amz-Log-Result") != base64.StdEncoding.EncodeToString([]byte("START\nEND\n")) {
		t.Errorf("header %v", got.Header)
	}
	f, e := r.last()
	if e.RequestID != got.Header.Get("X-Amzn-Requestid") || e.ClientContext != `{"client":1}` || !e.Tail ||
		!strings.HasPrefix(e.TraceID, "Root=1-") {
		t.Errorf("the event %+v", e)
	}
	if f.ARN != arn || f.Name != "connect" || f.Memory != 128 || f.Timeout != 10*time.Second ||
		f.LogGroup != "demo-log" || f.Account != "111111111111" || f.Region != "eu-west-1" || len(f.Code) != 64 {
		t.Errorf("the function %+v", f)
	}
	quiet := c.invoke("", "X-Amzn-Trace-Id", "Root=1-0")
	if _, e := r.last(); string(e.Payload) != "{}" || e.TraceID != "Root=1-0" || e.Tail || quiet.Header.Get("X-Amz-Log-Result") != "" {
		t.Errorf("without a payload: %+v, %v", e, quiet.Header)
	}
	if got := c.invoke("", "X-Amz-Invocation-Type", "DryRun"); got.StatusCode != 204 || body(t, got) != "" || r.calls() != 2 {
		t.Errorf("a dry run: %d, %d calls", got.StatusCode, r.calls())
	}
}

func TestInvokeTellsTheFunctionsFailure(t *testing.T) {
	long := strings.Repeat("x", 5000) + "end"
	c, _ := running(t, func(context.Context, execution.Event) (execution.Answer, error) {
		return execution.Answer{Payload: []byte(`{"errorMessage":"no"}`), Failed: "Unhandled", Log: []byte(long)}, nil
	})
	got := c.invoke("{}", "X-Amz-Log-Type", "Tail")
	if got.StatusCode != 200 || got.Header.Get("X-Amz-Function-Error") != "Unhandled" || body(t, got) != `{"errorMessage":"no"}` {
		t.Errorf("got %d %v", got.StatusCode, got.Header)
	}
	if log, err := base64.StdEncoding.DecodeString(got.Header.Get("X-Amz-Log-Result")); err != nil || len(log) != 4096 ||
		!strings.HasSuffix(string(log), "end") {
		t.Errorf("%d bytes of the log, %v", len(log), err)
	}
}

func TestRefusedInvocations(t *testing.T) {
	c, r := running(t, echo)
	big := func(size int) string { return `"` + strings.Repeat("x", size-2) + `"` }
	const unreadable = "InvalidRequestContentException: Could not parse request body into json: Could not parse payload into json: "
	for _, test := range []struct {
		payload string
		header  []string
		status  int
		want    string
	}{
		{"{", nil, 400, unreadable},
		{"{} {}", nil, 400, unreadable},
		{"\"\xff\"", nil, 400, unreadable},
		{"{}", []string{"X-Amz-Invocation-Type", "Later"}, 400, "ValidationException: 1 validation error detected: Value 'Later' at 'invocationType'"},
		{"{}", []string{"X-Amz-Log-Type", "All"}, 400, "ValidationException: 1 validation error detected: Value 'All' at 'logType'"},
		{"{}", []string{"X-Amz-Client-Context", "!"}, 400, "InvalidRequestContentException: Client context must be"},
		{"{}", []string{"X-Amz-Client-Context", "bm8="}, 400, "InvalidRequestContentException: Client context must be"},
		{"{}", []string{"X-Amz-Tenant-Id", "x"}, 400, "InvalidParameterValueException: plldb's local cloud does not model the header"},
		{big(6<<20 + 1), nil, 413, "RequestEntityTooLargeException: Request must be smaller than 6291456 bytes for the InvokeFunction operation"},
		{
			big(1<<20 + 1),
			[]string{"X-Amz-Invocation-Type", "Event"},
			413,
			"RequestEntityTooLargeException: 1048577 byte payload is too large for the Event invocation type (limit 1048576 bytes)",
		},
	} {
		got := c.invoke(test.payload, test.header...)
		if said := refusal(t, got); got.StatusCode != test.status || !strings.HasPrefix(said, test.want) {
			t.Errorf("%.20q %v: %d %s", test.payload, test.header, got.StatusCode, said)
		}
	}
	if r.calls() > 0 {
		t.Errorf("%d calls", r.calls())
	}
	if got := c.invoke(big(6 << 20)); got.StatusCode != 200 || len(body(t, got)) != 6<<20 {
		t.Errorf("6 MB: %d", got.StatusCode)
	}
	if got := c.Do("POST", "none/invocations", "{}"); got.Status != 404 || got.Refusal !=
		"ResourceNotFoundException: Function not found: "+strings.Replace(arn, "connect", "none", 1) {
		t.Errorf("a function that is not there: %v", got.Refusal)
	}
	streaming := "/2021-11-15/functions/connect/response-streaming-invocations"
	if got := c.Call("AKIDA", "eu-west-1", "POST", streaming, "{}"); !strings.Contains(got.Refusal, "does not model") {
		t.Errorf("a stream of answers: %v", got.Refusal)
	}
	if got := c.Call("AKIDB", "eu-west-1", "POST", c.Root+arn+"/invocations", "{}"); got.Status != 400 {
		t.Errorf("another account: %d %v", got.Status, got.Refusal)
	}
}

func TestWhatCannotRun(t *testing.T) {
	var failure error
	c, _ := running(t, func(context.Context, execution.Event) (execution.Answer, error) { return execution.Answer{}, failure })
	failure = fmt.Errorf("a function: %w", execution.ErrTooMany)
	got := c.invoke("{}")
	if text := body(t, got); got.StatusCode != 429 || got.Header.Get("X-Amzn-Errortype") != "TooManyRequestsException" ||
		!strings.Contains(text, `"Reason":"ConcurrentInvocationLimitExceeded"`) ||
		!strings.Contains(text, `"message":"Rate Exceeded."`) || got.Header.Get("Retry-After") == "" {
		t.Errorf("got %d %s %v", got.StatusCode, text, got.Header)
	}
	c.permit("")
	_, err := c.service.InvokeFor(t.Context(), arn, gateway(), nil)
	if e, ok := errors.AsType[*wire.Error](err); !ok || e.Status != 429 {
		t.Errorf("a service is told %v", err)
	}
	failure = errors.New("the disk is full")
	if got := c.invoke("{}"); got.StatusCode != 500 || !strings.Contains(refusal(t, got), "the disk is full") {
		t.Errorf("got %d", got.StatusCode)
	}
	c.serve(lambda.Config{})
	if got := refusal(t, c.invoke("{}")); !strings.Contains(got, "does not model Invoke") {
		t.Errorf("where nothing runs: %s", got)
	}
	if _, err := c.service.InvokeFor(t.Context(), arn, gateway(), nil); err == nil {
		t.Error("a service calls where nothing runs")
	}
}

func TestAFunctionThatIsBeingMadeIsNotCalled(t *testing.T) {
	c, r := running(t, echo)
	takes := c.Make("Function", connect(t, "v1", `{"FunctionName":"slow"}`)).Takes
	const pending = "ResourceConflictException: The operation cannot be performed at this time. " +
		"The function is currently in the following state: Pending"
	if got := c.Do("POST", "slow/invocations", "{}"); got.Status != 409 || got.Refusal != pending {
		t.Errorf("got %d %s", got.Status, got.Refusal)
	}
	c.Hand.Turn(takes)
	c.Do("PUT", "slow/configuration", `{"MemorySize":256}`)
	got := c.Call("AKIDA", "eu-west-1", "POST", c.Root+"slow/invocations", "{}")
	if f, _ := r.last(); got.Status != 200 || f.Memory != 256 {
		t.Errorf("while it is updated: %d, %d MB", got.Status, f.Memory)
	}
}

// The operation of another caller must not wait for a function that runs.
func TestNoTransactionIsOpenWhileAFunctionRuns(t *testing.T) {
	var c *cloud
	c, _ = running(t, func(ctx context.Context, e execution.Event) (execution.Answer, error) {
		return execution.Answer{Payload: e.Payload}, c.Store.Update(ctx, func(*store.Tx) error { return nil })
	})
	if got := c.invoke("{}"); got.StatusCode != 200 {
		t.Errorf("got %d", got.StatusCode)
	}
	c.permit("")
	if _, err := c.service.InvokeFor(t.Context(), arn, gateway(), []byte("{}")); err != nil {
		t.Error(err)
	}
}

// A zip in a request may be longer than other bodies.
func TestALongZipInARequest(t *testing.T) {
	c, _ := running(t, echo)
	noise := make([]byte, 1<<20)
	_, _ = rand.NewChaCha8([32]byte{}).Read(noise)
	long := base64.StdEncoding.EncodeToString(packed(t, "bootstrap", string(noise)))
	if got := c.Do("PUT", "connect/code", `{"ZipFile":"`+long+`"}`); got.Status != 200 {
		t.Errorf("got %d %s", got.Status, got.Refusal)
	}
	const want = "RequestEntityTooLargeException: Request must be smaller than 1048576 bytes for the PUT /2015-03-31/functions/"
	if got := c.Do("PUT", "connect/configuration", `{"Description":"`+long+`"}`); !strings.HasPrefix(got.Refusal, want) {
		t.Errorf("another operation: %d %s", got.Status, got.Refusal)
	}
}
