package execution

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"syscall"
	"time"
)

// failure is why an environment ended, as Lambda tells it.
type failure struct {
	kind    string // "Runtime.ExitError"
	message string // what follows "RequestId: … Error: "
	payload []byte // what the function itself says of it; then there is no message
	status  string // of the REPORT line: "error" or "timeout"
	err     error  // what is not the function's fault; then all others are empty
}

// errorBody is how Lambda tells of an error that it found itself.
type errorBody struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

const (
	unhandled = "Unhandled"
	exitError = "Runtime.ExitError"
	// tooLarge is Lambda's limit of answers (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: 6
	// MB; the number is that of Lambda's own message).
	tooLarge = 6291556
)

// answer is what the caller of an event is told.
func (f *failure) answer(id string) Answer {
	if f.payload != nil {
		return Answer{Payload: f.payload, Failed: unhandled}
	}
	return failedAnswer(f.kind, f.text(id))
}

func (f *failure) text(id string) string { return "RequestId: " + id + " Error: " + f.message }

func failedAnswer(kind, message string) Answer {
	payload, _ := json.Marshal(errorBody{kind, message}) // two strings can always be encoded
	return Answer{Payload: payload, Failed: unhandled}
}

// timedOut is the failure of a function that is not done in time. Its type is in aws/aws-appsync-community#386; that the
// payload has RequestId and Error around the words of the log is what LocalStack took from Lambda.
func timedOut(after time.Duration) *failure {
	return &failure{
		kind:    "Sandbox.Timedout",
		message: fmt.Sprintf("Task timed out after %.2f seconds", after.Seconds()),
		status:  "timeout",
	}
}

// exited is the failure of a process that ended by itself. The words for 0 are in Lambda's page on its environments,
// the others in aws/aws-lambda-dotnet#480 ("exit status 137") and praetorian-inc/chariot-ui#166 ("signal: killed").
func exited(state *os.ProcessState) *failure {
	f := &failure{kind: exitError, status: "error", message: "Runtime exited without providing a reason"}
	if state != nil && !state.Success() {
		f.message = "Runtime exited with error: " + state.String()
	}
	return f
}

// notStarted is the failure of a process that could not be made: the function's, if its bootstrap is none
// (aws/aws-lambda-go#554, awslabs/aws-lambda-dart-runtime#20, aws/aws-lambda-dotnet#1671).
func notStarted(err error) *failure {
	f := &failure{kind: "Runtime.InvalidEntrypoint", status: "error"}
	var path *fs.PathError
	switch {
	case errors.Is(err, errNoBootstrap):
		f.message = "Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]"
	case errors.As(err, &path) && path.Op == "fork/exec" && !short(path.Err) && !busyFile(path.Err):
		f.message = "fork/exec /var/task/bootstrap: " + path.Err.Error()
	default:
		return &failure{err: notRun(err)}
	}
	return f
}

var errNoBootstrap = errors.New("the code has no bootstrap")

// short tells that the machine ran out of something.
func short(err error) bool {
	return errors.Is(err, syscall.EAGAIN) || errors.Is(err, syscall.ENOMEM) ||
		errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// errorType is what may stand in Lambda-Runtime-Function-Error-Type, as RIE takes it.
var errorType = regexp.MustCompile(`^(Runtime|Function)\.[A-Z][a-zA-Z]+$`)

// reported is the failure that a function tells of. Without a body Lambda makes one of the type (the Runtime API's
// OpenAPI document); its words are unverified.
func reported(kind string, body []byte) *failure {
	if !errorType.MatchString(kind) {
		kind = "Runtime.Unknown"
	}
	f := &failure{kind: kind, status: "error", payload: body}
	if len(body) == 0 {
		f.payload, f.message = nil, "Unknown application error occurred"
	}
	return f
}
