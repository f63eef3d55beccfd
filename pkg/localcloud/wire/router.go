package wire

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"time"
)

// largest is the longest body of a service that is not S3 and not Bounded. CloudFormation's templates are the longest,
// at 51 200 bytes inline; URL-encoded they grow threefold.
const largest = 1 << 20

// Bounded is a service whose bodies have limits of their own.
type Bounded interface {
	// Bound is how many bytes the body of a call may have, and how a longer one is refused. The operation is not known
	// yet, but method and path are.
	Bound(c *Call) (int, *Error)
}

// Router finds the service of a request and answers it.
type Router struct {
	Services map[string]Service // by their names in signatures
	Now      func() time.Time

	// AccountOf gives the account of an access key, "" if there is none.
	AccountOf func(accessKey string) string
	// Secure tells whether requests count as sent over TLS (aws:SecureTransport).
	Secure func() bool
	// Admit refuses requests that are not to be answered, before anything of them is read. It may be nil.
	Admit func(request *http.Request) *Error
	// Patience is how long to wait for the next bytes of a body: 20 s where it is 0.
	Patience time.Duration
	// Settle brings the state up to the present before a service looks at it. It may be nil.
	Settle func(ctx context.Context) error
	// Before is asked once the operation is known, and may answer itself, or do harm to the answer: see Intercept. It may
	// be nil.
	Before func(c *Call) Intercept
	// After is told each call once it is answered, with the status and the error's code ("" if it succeeded). It may be
	// nil.
	After func(c *Call, status int, code string)
}

// Intercept is what happens to a call instead of its answer. The zero value lets it pass. That a client is gone is seen
// once its request was read to the end: while an S3 body is unread, waits go on.
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
	c := &Call{Request: r.limited(w, request), ID: NewID(), Service: "s3", Time: r.Now(), Secure: r.Secure()}
	r.identify(c)
	service, ok := r.Services[c.Service]
	if !ok {
		service = stranger{}
	}
	seen := &watched{ResponseWriter: w, status: http.StatusOK}
	code := ""
	if refusal := r.unharmed(seen, c, service); refusal != nil {
		if seen.begun {
			abort() // half an answer cannot become an error
		}
		code = refusal.Code
		swallow(c.Request)
		service.Refuse(seen, c, refusal)
	}
	if r.After != nil {
		r.After(c, seen.status, code)
	}
}

// unharmed answers a panic as AWS answers what breaks inside: net/http would close the connection and print a stack.
func (r *Router) unharmed(w *watched, c *Call, service Service) (refusal *Error) {
	defer func() {
		switch harm := recover(); harm {
		case nil:
		case http.ErrAbortHandler:
			panic(harm)
		default:
			refusal = Errorf(http.StatusInternalServerError, "InternalFailure", "plldb's local cloud broke: %v", harm)
		}
	}()
	return r.answer(w, c, service)
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
	if r.Admit != nil {
		if refusal := r.Admit(c.Request); refusal != nil {
			return refusal
		}
	}
	if refusal := c.begin(service); refusal != nil {
		return refusal
	}
	var i Intercept
	if r.Before != nil {
		i = r.Before(c)
	}
	if refusal, done := i.happen(c); done {
		return refusal
	}
	if i.Lose {
		_ = r.serve(&lost{header: http.Header{}}, c, service) // nobody is told how it went
		abort()
	}
	return refusalOf(r.serve(w, c, service))
}

// begin finds out what is asked for, and whether somebody asks whom AWS knows.
func (c *Call) begin(service Service) *Error {
	if c.Service != "s3" {
		if err := c.read(service); err != nil {
			return err
		}
	}
	operation, err := service.Operation(c)
	c.Operation = operation
	switch {
	case err != nil || c.AccessKey == "":
	case c.Account == "":
		return unknownKey(c)
	case !IsRegion(c.Region):
		return elsewhere(c)
	}
	return refusalOf(err)
}

func (r *Router) serve(w http.ResponseWriter, c *Call, service Service) error {
	ctx := context.WithoutCancel(c.Context()) // AWS finishes what it began, whether or not the client waits
	if r.Settle != nil {
		if err := r.Settle(ctx); err != nil {
			return err
		}
	}
	c.Time = r.Now() // it may have waited since it came, and takes effect now: after what was settled
	return service.Serve(ctx, w, c)
}

// read takes the body of a call that is not S3's.
func (c *Call) read(service Service) *Error {
	bound := largest
	refusal := Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "the request is over %d bytes", bound)
	if b, ok := service.(Bounded); ok {
		bound, refusal = b.Bound(c)
	}
	body, err := io.ReadAll(io.LimitReader(c.Request.Body, int64(bound)+1))
	if e, late := errors.AsType[*Error](err); late {
		return e
	}
	if err != nil {
		abort() // the client is gone
	}
	if len(body) > bound {
		return refusal
	}
	c.Body = body
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	return nil
}

// happen does what comes before the service is called; true means that it will not be.
func (i Intercept) happen(c *Call) (*Error, bool) {
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

// refusalOf is what an error is answered with: nil for nil.
func refusalOf(err error) *Error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	return Errorf(http.StatusInternalServerError, "InternalFailure", "%v", err)
}

// unknownKey is how the services call an access key that nobody has.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html (400)
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html (403)
func unknownKey(c *Call) *Error {
	const invalid = "The security token included in the request is invalid."
	switch c.Service {
	case "s3":
		return Errorf(http.StatusForbidden, "InvalidAccessKeyId",
			"The AWS Access Key Id you provided does not exist in our records.")
	case "dynamodb", "logs":
		return Errorf(http.StatusBadRequest, "UnrecognizedClientException", invalid)
	case "lambda":
		return Errorf(http.StatusForbidden, "UnrecognizedClientException", invalid)
	}
	return Errorf(http.StatusForbidden, "InvalidClientTokenId", invalid)
}

// watched remembers the status.
type watched struct {
	http.ResponseWriter
	status int
	begun  bool // something was answered
}

// WriteHeader passes the status on.
func (w *watched) WriteHeader(status int) {
	w.status, w.begun = status, true
	w.ResponseWriter.WriteHeader(status)
}

// Write passes the body on.
func (w *watched) Write(p []byte) (int, error) {
	w.begun = true
	return w.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// lost is an answer that nobody gets: the service is not to notice.
type lost struct{ header http.Header }

// Header is one that is never sent.
func (l *lost) Header() http.Header { return l.header }

// Write says that all went well.
func (l *lost) Write(p []byte) (int, error) { return len(p), nil }

// WriteHeader forgets the status: After is told of no call whose answer is lost.
func (l *lost) WriteHeader(int) {}
