package execution

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// api is the Runtime API of one process (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html). What it
// refuses it refuses as RIE does, which the page leaves open: 400 for another event's id, 403 for what is not its turn,
// an event twice to who asks twice.
type api struct{ *process }

const (
	invocations = "/2018-06-01/runtime/invocation/"
	initError   = "/2018-06-01/runtime/init/error"

	requestIDHeader = "Lambda-Runtime-Aws-Request-Id"
	deadlineHeader  = "Lambda-Runtime-Deadline-Ms"
	arnHeader       = "Lambda-Runtime-Invoked-Function-Arn"
	traceHeader     = "Lambda-Runtime-Trace-Id"
	contextHeader   = "Lambda-Runtime-Client-Context"
	errorTypeHeader = "Lambda-Runtime-Function-Error-Type"
	errorBodyHeader = "Lambda-Runtime-Function-Error-Body"
	modeHeader      = "Lambda-Runtime-Function-Response-Mode"
)

// The states of an environment that a refusal names, as RIE calls them.
const (
	stateStarted   = "Started"
	stateReady     = "Ready"
	stateRunning   = "Running"
	stateResponse  = "InvocationResponse"
	stateError     = "InvocationErrorResponse"
	stateSent      = "ResponseSent"
	stateInitError = "InitError"
)

func (a api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if foreign(r, a.addr) {
		refuse(w, http.StatusForbidden, "AccessDenied", "The Runtime API is the function's alone")
		return
	}
	id, what, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, invocations), "/")
	switch {
	case r.URL.Path == initError:
		only(http.MethodPost, a.initError)(w, r)
	case !strings.HasPrefix(r.URL.Path, invocations):
		http.NotFound(w, r)
	case id == "next" && what == "":
		only(http.MethodGet, a.next)(w, r)
	case what == "response":
		only(http.MethodPost, func(w http.ResponseWriter, r *http.Request) { a.post(w, r, id, stateResponse) })(w, r)
	case what == "error":
		only(http.MethodPost, func(w http.ResponseWriter, r *http.Request) { a.post(w, r, id, stateError) })(w, r)
	default:
		http.NotFound(w, r)
	}
}

// foreign tells that a browser asks. Any page that somebody looks at may send requests to this machine, and one whose
// name was made to stand for this machine reads the answers too: only the Host tells that then. No runtime asks like
// that: it takes the address from AWS_LAMBDA_RUNTIME_API.
func foreign(r *http.Request, addr string) bool {
	return r.Host != addr || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != ""
}

func only(method string, then http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != method {
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		then(w, r)
	}
}

// next ends the event before, and answers with an event as soon as there is one.
func (a api) next(w http.ResponseWriter, r *http.Request) {
	j := a.again()
	if j == nil {
		select {
		case j = <-a.events:
		case <-r.Context().Done(): // the process hung up, or is gone
			panic(http.ErrAbortHandler) // to return would be to answer with an event of nothing
		}
		if !a.deliver(j) {
			panic(http.ErrAbortHandler)
		}
	}
	h := w.Header()
	h.Set(requestIDHeader, j.RequestID)
	h.Set(deadlineHeader, strconv.FormatInt(a.deadline(j).UnixMilli(), 10))
	h.Set(arnHeader, a.env.of.ARN)
	if j.TraceID != "" {
		h.Set(traceHeader, j.TraceID)
	}
	if j.ClientContext != "" {
		h.Set(contextHeader, j.ClientContext)
	}
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(j.Payload)))
	_, _ = w.Write(j.Payload) // a process that hangs up asks again, or its event times out
}

// deadline is when an event's time is up by the machine's clock, which functions go by.
func (a api) deadline(j *job) time.Time { return time.Now().Add(j.deadline.Sub(a.env.pool.now())) }

// post takes the answer of an event, or its error.
func (a api) post(w http.ResponseWriter, r *http.Request, id, state string) {
	j, ok := a.turn(w, id, state)
	if !ok {
		return
	}
	if mode := r.Header.Get(modeHeader); mode != "" && !strings.EqualFold(mode, "streaming") {
		a.settle(j, failedAnswer("Runtime.InvalidResponseModeHeader", "Invalid function response mode"))
		refuse(w, http.StatusBadRequest, "InvalidFunctionResponseMode", "Invalid function response mode")
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, tooLarge+1))
	switch {
	case err != nil:
		a.unturn(j) // the process hung up: it tries again, ends, or times out
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
	case len(body) > tooLarge:
		a.settle(j, failedAnswer("Function.ResponseSizeTooLarge",
			fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", tooLarge)))
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge",
			fmt.Sprintf("Exceeded maximum allowed payload size (%d bytes).", tooLarge))
	default:
		a.settle(j, posted(r, state, body, j.RequestID))
		accept(w)
	}
}

// posted is the answer that a function gave. A stream is collected, which is what Invoke does with it
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html); one that breaks off says why in
// its trailers.
func posted(r *http.Request, state string, body []byte, id string) Answer {
	if state == stateError {
		return reported(r.Header.Get(errorTypeHeader), body).answer(id)
	}
	if kind := r.Trailer.Get(errorTypeHeader); kind != "" {
		why, err := base64.StdEncoding.DecodeString(r.Trailer.Get(errorBodyHeader))
		if err != nil {
			why = nil
		}
		return reported(kind, why).answer(id)
	}
	return Answer{Payload: body}
}

// initError takes the news that a process cannot start. It is ended at once: "Runtime should exit promptly" (the
// Runtime API's OpenAPI document).
func (a api) initError(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, tooLarge))
	if err != nil {
		refuse(w, http.StatusBadRequest, "TruncatedHTTPRequest", "HTTP request detected as truncated")
		return
	}
	if state := a.fail(reported(r.Header.Get(errorTypeHeader), body)); state != stateInitError {
		wrongTurn(w, state, stateInitError)
		return
	}
	accept(w)
	_ = http.NewResponseController(w).Flush() // the process is ended anyway
	a.cancel()
}

var errWrongID = errors.New("not the id of the event under way")

// turn is whether the process may answer an event now. If not, it is told so.
func (a api) turn(w http.ResponseWriter, id, state string) (*job, bool) {
	j, now, err := a.answering(id)
	switch {
	case err != nil:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "Invalid request ID")
		return nil, false
	case now != stateRunning:
		wrongTurn(w, now, state)
		return nil, false
	default:
		return j, true
	}
}

func wrongTurn(w http.ResponseWriter, from, to string) {
	refuse(w, http.StatusForbidden, "InvalidStateTransition", fmt.Sprintf(
		"State transition from %s to %s failed for runtime. Error: State transition is not allowed", from, to))
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	write(w, status, errorBody{kind, message})
}

func accept(w http.ResponseWriter) {
	write(w, http.StatusAccepted, struct {
		Status string `json:"status"`
	}{"OK"})
}

func write(w http.ResponseWriter, status int, body any) {
	text, _ := json.Marshal(body) // strings can always be encoded
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text) // nobody else is to be told
}
