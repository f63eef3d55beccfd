package wire

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"
)

// patience is how long S3 waits for the next bytes of a body, and the local cloud for those of any service.
// https://repost.aws/knowledge-center/s3-socket-connection-timeout-error
const patience = 20 * time.Second

// body is a request's, which is not waited for for ever. Each read has a time of its own.
type body struct {
	io.ReadCloser
	connection *http.ResponseController
	patience   time.Duration
	err        error // what ended it
}

// limited is the request, with an end to waiting for its body, if it has one. The one that came in stays as it is:
// net/http looks at what kind its body is of.
func (r *Router) limited(w http.ResponseWriter, request *http.Request) *http.Request {
	if request.Body == nil || request.Body == http.NoBody {
		return request
	}
	b := &body{ReadCloser: request.Body, connection: http.NewResponseController(w), patience: r.Patience}
	if b.patience == 0 {
		b.patience = patience
	}
	b.wait() // net/http may read what nobody else did
	request = request.WithContext(request.Context())
	request.Body = b
	return request
}

// wait gives the next read its time. Where there is no connection (a test's recorder) nothing is waited for.
func (b *body) wait() { _ = b.connection.SetReadDeadline(time.Now().Add(b.patience)) }

// Read passes bytes on. At the end the connection is free again, for net/http sees through it that the client leaves. A
// client that is waited for no longer is an *Error, and the time stays over: net/http shall not wait for it, either.
func (b *body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	b.wait()
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.err = requestTimeout()
	case err != nil:
		b.err = err
		_ = b.connection.SetReadDeadline(time.Time{})
	}
	return n, b.err
}

// requestTimeout: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html, with the words that
// https://github.com/generalui/s3p/issues/83 shows. That other services answer the same is unverified.
func requestTimeout() *Error {
	return Errorf(http.StatusBadRequest, "RequestTimeout", "Your socket connection to the server was not read from or "+
		"written to within the timeout period. Idle connections will be closed.")
}

// mostSwallowed is how many bytes of a refused body are read: more than any operation takes, and not endless.
const mostSwallowed = 1 << 30

// swallow reads what is left of a body. A client that sends on finds the connection reset, and may never see the
// refusal, if the server closes it with the body unread (net/http reads 256 KB more). That goes for those who expect
// 100 Continue, too: not all of them wait for it.
func swallow(r *http.Request) {
	_, _ = io.CopyN(io.Discard, r.Body, mostSwallowed) // the client is told, or is gone
}
