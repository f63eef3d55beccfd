package account

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/aws/smithy-go/middleware"
)

// readOnly sends a request's body as nothing but a reader. The SDK closes a body as soon as the answer's head is there, while
// net/http may still be looking whether more comes of it; the SDK's WriteTo then returns io.EOF, which net/http takes for
// a failed write, and closes the connection under the answer that is being read. Its Read says the same in a way that is
// understood. Seen on the loopback about once in thirty setups; for users of DynamoDB it is aws-sdk-go-v2#1825 and #2737.
type readOnly struct{ next http.RoundTripper }

func (t readOnly) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return t.next.RoundTrip(r)
	}
	plain := *r
	plain.Body = struct{ io.ReadCloser }{r.Body}
	return t.next.RoundTrip(&plain)
}

// isBrokenOff says whether a connection ended in the middle of an answer: from the other side, or from this one, of which a
// pipe has an error of its own.
func isBrokenOff(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe)
}

// brokenOff is an answer that ended in the middle. It counts as a connection that broke, so the SDK tries again.
type brokenOff struct{ error }

func (brokenOff) ConnectionError() bool { return true }

func (e brokenOff) Unwrap() error { return e.error }

// retryBrokenOff stands inside the retries and marks answers that broke off: to the SDK they are answers that cannot be
// understood, which it does not ask for again.
func retryBrokenOff(stack *middleware.Stack) error {
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("plldb.broken",
		func(ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler) (
			middleware.FinalizeOutput, middleware.Metadata, error,
		) {
			out, meta, err := next.HandleFinalize(ctx, in)
			if isBrokenOff(err) {
				err = brokenOff{err}
			}
			return out, meta, err
		}), "Retry", middleware.After)
}
