package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// largest is the longest body of a service that is not S3. CloudFormation's templates are the longest, at 51 200 bytes
// inline; URL-encoded they grow threefold.
const largest = 1 << 20

// Router finds the service of a request and answers it.
type Router struct {
	Services map[string]Service // by their names in signatures
	Now      func() time.Time

	// AccountOf gives the account of an access key, "" if there is none.
	AccountOf func(accessKey string) string
	// Secure tells whether requests count as sent over TLS (aws:SecureTransport).
	Secure func() bool
	// Settle brings the state up to the present before a service looks at it. It may be nil.
	Settle func(ctx context.Context) error
	// Before is asked once the operation is known, and may answer itself, or do harm to the answer: see Intercept. It may
	// be nil.
	Before func(c *Call) Intercept
	// After is told each call once it is answered, with the status and the error's code ("" if it succeeded). It may be
	// nil.
	After func(c *Call, status int, code string)
}

// Intercept is what happens to a call instead of its answer. The zero value lets it pass.
type Intercept struct {
	Wait   time.Duration   // before anything else
	Until  <-chan struct{} // stall until this is closed or the client is gone; nil does not stall
	Refuse *Error          // answer this, and do not call the service
	Drop   bool            // close the connection, without calling the service
	Lose   bool            // call the service, then close the connection instead of answering
}

// credential is the scope of a signature: access key, date, region, service.
var credential = regexp.MustCompile(`Credential=([^/,\s]+)/(\d{8})/([^/,\s]+)/([^/,\s]+)/aws4_request`)

// ServeHTTP answers one request.
func (r *Router) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	c := &Call{Request: request, ID: NewID(), Service: "s3", Time: r.Now(), Secure: r.Secure()}
	r.identify(c)
	service, ok := r.Services[c.Service]
	if !ok {
		http.Error(w, "plldb's local cloud has no service "+c.Service, http.StatusNotImplemented)
		return
	}
	seen := &watched{ResponseWriter: w, status: http.StatusOK}
	refusal := r.answer(seen, c, service)
	if refusal != nil {
		service.Refuse(seen, c, refusal)
	}
	if r.After != nil {
		code := ""
		if refusal != nil {
			code = refusal.Code
		}
		r.After(c, seen.status, code)
	}
}

// identify reads the signature's scope, in the header or, of a presigned request, in the query.
func (r *Router) identify(c *Call) {
	scope := c.Header.Get("Authorization")
	if presigned := c.URL.Query().Get("X-Amz-Credential"); presigned != "" {
		scope = "Credential=" + presigned
	}
	found := credential.FindStringSubmatch(scope)
	if found == nil {
		return
	}
	c.AccessKey, c.Region, c.Service = found[1], found[3], found[4]
	c.Account = r.AccountOf(c.AccessKey)
}

func (r *Router) answer(w *watched, c *Call, service Service) *Error {
	if c.Service != "s3" {
		body, err := io.ReadAll(http.MaxBytesReader(w, c.Request.Body, largest))
		if err != nil {
			return Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the request is over %d bytes", largest)
		}
		c.Body = body
		c.Request.Body = io.NopCloser(bytes.NewReader(body))
	}
	operation, err := service.Operation(c)
	c.Operation = operation
	if err != nil {
		return refusalOf(err)
	}
	if c.AccessKey != "" && c.Account == "" {
		return unknownKey(c)
	}
	if r.Before != nil {
		i := r.Before(c)
		if refusal, done := i.happen(w, c); done {
			return refusal
		}
		if i.Lose {
			_ = r.settle(c)
			_ = service.Serve(c.Context(), &lost{header: http.Header{}}, c)
			abort()
		}
	}
	ctx := context.WithoutCancel(c.Context()) // AWS finishes what it began, whether or not the client waits
	if err := r.settle(c); err != nil {
		return refusalOf(err)
	}
	if err := service.Serve(ctx, w, c); err != nil {
		return refusalOf(err)
	}
	return nil
}

func (r *Router) settle(c *Call) error {
	if r.Settle == nil {
		return nil
	}
	return r.Settle(context.WithoutCancel(c.Context()))
}

// happen does what comes before the service is called; true means that it will not be.
func (i Intercept) happen(w http.ResponseWriter, c *Call) (*Error, bool) {
	if i.Wait > 0 {
		timer := time.NewTimer(i.Wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-c.Context().Done():
			abort()
		}
	}
	if i.Until != nil {
		select {
		case <-i.Until:
		case <-c.Context().Done():
			abort()
		}
	}
	if i.Drop {
		abort()
	}
	return i.Refuse, i.Refuse != nil
}

// abort closes the connection without an answer.
func abort() { panic(http.ErrAbortHandler) }

func refusalOf(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Errorf(http.StatusInternalServerError, "InternalFailure", "%v", err)
}

// unknownKey is how the services call an access key that nobody has.
func unknownKey(c *Call) *Error {
	if c.Service == "s3" {
		return Errorf(http.StatusForbidden, "InvalidAccessKeyId",
			"The AWS Access Key Id you provided does not exist in our records.")
	}
	code := "InvalidClientTokenId"
	if c.Service == "dynamodb" || c.Service == "logs" || c.Service == "lambda" {
		code = "UnrecognizedClientException"
	}
	return Errorf(http.StatusForbidden, code, "The security token included in the request is invalid.")
}

// watched remembers the status.
type watched struct {
	http.ResponseWriter
	status int
}

// WriteHeader passes the status on.
func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// lost is an answer that nobody gets.
type lost struct{ header http.Header }

// Header is written to like any other.
func (l *lost) Header() http.Header { return l.header }

// Write swallows.
func (l *lost) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader does nothing.
func (l *lost) WriteHeader(int) {}

// Bucket is the bucket that a virtual-host style name begins with, "" where the host is a service's or an address.
func Bucket(host string) string {
	name, _, _ := strings.Cut(host, ":")
	for _, suffix := range []string{".localhost", ".s3.localhost.localstack.cloud"} {
		if bucket, ok := strings.CutSuffix(name, suffix); ok {
			return strings.TrimSuffix(bucket, ".s3")
		}
	}
	at := strings.Index(name, ".s3.")
	if at < 0 {
		at = strings.Index(name, ".s3-")
	}
	if at > 0 && strings.Contains(name, ".amazonaws.com") {
		return name[:at]
	}
	return ""
}
