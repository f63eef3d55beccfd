package account

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/plldb/plldb/pkg/report"
)

// Explain turns what the SDK and the network return into a Problem. A Problem stays as it is, and so does an error that
// comes of the context being cancelled: what that means is known where it was cancelled.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*report.Problem](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	for _, explain := range []func(error) *report.Problem{credentials, refused, network, unsigned, answered, garbled} {
		if p := explain(err); p != nil {
			p.Err = err
			return p
		}
	}
	return err
}

// answered explains every other AWS error: what was being done, the service's own sentence, and its code.
func answered(err error) *report.Problem {
	e, ok := errors.AsType[smithy.APIError](err)
	op := operation(err)
	if !ok || op == nil {
		return nil
	}
	code, broken := e.ErrorCode(), status(err) >= http.StatusInternalServerError
	if code == unknown {
		if !broken {
			return nil
		}
		code = fmt.Sprintf("HTTP status %d", status(err))
	}
	p := &report.Problem{
		Message: fmt.Sprintf("%s answered %s with %s%s%s", op.ServiceID, op.OperationName, code, said(e), before(err)),
		Code:    report.ExitFailed,
	}
	switch {
	case isThrottle(code):
		p.Hint = "AWS asks for fewer requests: wait a minute, then run this again"
	case broken:
		p.Hint = "the fault is AWS's: run this again in a while"
	}
	return p
}

// unknown is what the SDK puts for the code, and for the sentence, that an answer does not have.
const unknown = "UnknownError"

// isThrottle knows the codes of S3, CloudFormation and STS. A LimitExceededException is none: waiting does not help there.
func isThrottle(code string) bool {
	switch code {
	case "SlowDown", "RequestLimitExceeded", "TooManyRequestsException":
		return true
	}
	return strings.Contains(code, "Throttl")
}

func said(e smithy.APIError) string {
	if e.ErrorMessage() == "" || e.ErrorMessage() == unknown {
		return ""
	}
	return ": " + oneLine(e.ErrorMessage())
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// garbled explains an answer that is none of AWS's, and whatever else went wrong inside the SDK.
func garbled(err error) *report.Problem {
	op := operation(err)
	switch {
	case op == nil:
		return nil
	case status(err) != 0:
		return notAWS(op.ServiceID, op.OperationName, fmt.Sprintf(", HTTP status %d%s", status(err), before(err)))
	}
	return &report.Problem{
		Message: fmt.Sprintf("%s could not be asked for %s: %s%s", op.ServiceID, op.OperationName, last(err), before(err)),
		Code:    report.ExitFailed,
	}
}

// notAWS says that something else answers in AWS's place.
func notAWS(service, operation, more string) *report.Problem {
	return &report.Problem{
		Message: fmt.Sprintf("what came back for %s's %s is no answer of AWS's%s", service, operation, more),
		Hint:    "something else answers in its place: a proxy, a network that wants a login, or a wrong endpoint",
		Code:    report.ExitFailed,
	}
}

// operation is the innermost call of err's chain: within a call the SDK may make another one, for its credentials.
func operation(err error) *smithy.OperationError {
	var inner *smithy.OperationError
	for op, ok := errors.AsType[*smithy.OperationError](err); ok; op, ok = errors.AsType[*smithy.OperationError](op.Err) {
		inner = op
	}
	return inner
}

// status is the answer's HTTP status, 0 without one.
func status(err error) int {
	if e, ok := errors.AsType[*smithyhttp.ResponseError](err); ok {
		return e.HTTPStatusCode()
	}
	return 0
}

// last returns the innermost text of err, without the names of packages that made it. An AWS error's is its sentence.
func last(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok && said(e) != "" {
		return oneLine(e.ErrorMessage())
	}
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	text, _, _ := strings.Cut(err.Error(), " (possibly because of ") // crypto/x509's guess
	for _, from := range []string{"x509: ", "tls: ", "net/http: ", "http: "} {
		text = strings.TrimPrefix(text, from)
	}
	return text
}

// before returns what the steps have put before the SDK's text: what was being done, to what.
func before(err error) string {
	head, _, _ := strings.Cut(err.Error(), "operation error ")
	head, _, _ = strings.Cut(head, "get identity: ")
	head = strings.TrimSuffix(strings.TrimSpace(head), ":")
	if head == "" {
		return ""
	}
	return " (" + head + ")"
}
