// Package execution runs functions as processes, through Lambda's Runtime API
// (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html).
//
// An environment is a process, the API it talks to, and its log stream. It takes one event at a time. What is not on
// AWS's pages comes from AWS's own emulator of an environment (github.com/aws/aws-lambda-runtime-interface-emulator,
// called RIE in these comments) and from logs in issues, which are named beside the code.
package execution

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// Config is what a pool stands on.
type Config struct {
	Clock clock.Alarm // of timeouts and idleness; nil is the machine's
	// Dir is where code is unpacked, a folder for each digest. It is made when it is needed; "" is a folder for temporary
	// files. The code of a function's earlier revision goes after its last process, and what nobody has used for a day when
	// a pool first unpacks something. Several pools may share it.
	Dir string
	// Code gives the zip of a digest (SHA-256, lower-case hexadecimal).
	Code func(ctx context.Context, sum string) ([]byte, error)
	// Linked gives the command that has the code of a digest linked into it, where a zip cannot run on this machine. It
	// may be nil. Such a function finds an empty folder as its LAMBDA_TASK_ROOT.
	Linked func(sum string) (command []string, ok bool)
	// Log is told each line that functions print, and Lambda's own, in order for each stream. It may block: a process that
	// prints more than is taken waits. It may be nil.
	Log func(f Function, stream string, at time.Time, text string)
	// Processes is how many there may be at once, Concurrency how many events may be under way, those that wait for a
	// process included. 0 is the default of each: 64 and 1000, which an account has on AWS.
	Processes, Concurrency int
}

// Function is what an execution environment is made of. Functions that are equal in ARN and Revision share
// environments.
type Function struct {
	ARN, Name string
	Version   string // "$LATEST"
	Revision  string // environments of another revision take no events any more
	Code      string // the digest of the zip
	Handler   string
	Memory    int           // MB; it is reported, not enforced
	Timeout   time.Duration // 0 is 3 s, as on AWS
	LogGroup  string
	// Environment is the whole of the process's, without what the environment itself knows: AWS_LAMBDA_RUNTIME_API,
	// AWS_LAMBDA_LOG_STREAM_NAME, LAMBDA_TASK_ROOT, _HANDLER, TZ. LANG and PATH are added where they are missing.
	Environment     map[string]string
	Account, Region string
}

// Event is one call of a function.
type Event struct {
	RequestID     string
	Payload       []byte
	TraceID       string // X-Ray's header; may be empty
	ClientContext string // JSON; may be empty
	// Tail is Lambda's LogType Tail: the answer waits until the event has ended, and its Log has the lines of the end too.
	// Without it the answer comes as soon as the function gives it, with what was logged until then.
	Tail bool
}

// Answer is what became of an event.
type Answer struct {
	// Payload is the function's answer or its error. It is JSON unless the function posted something else: Lambda passes
	// any bytes on (https://docs.aws.amazon.com/lambda/latest/dg/runtimes-walkthrough.html answers with plain text).
	Payload []byte
	Failed  string // "Unhandled" where the payload is an error, else ""
	Log     []byte // the last 4 KB of what this event logged
}

var (
	// ErrNotRun is in every error of an event that never reached a process. It may reach one another time.
	ErrNotRun = errors.New("no process has had the event")
	// ErrTooMany is the error when as many events are under way as may be.
	ErrTooMany = errors.New("too many events are under way")
	// ErrClosed is the error of a closed pool.
	ErrClosed = errors.New("the functions are stopped")
)

const (
	defaultProcesses   = 64
	defaultConcurrency = 1000            // https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
	defaultTimeout     = 3 * time.Second // the same page
	// initLimit is the Init phase's (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
	initLimit = 10 * time.Second
	// idleLimit is how long an environment is kept without events. Lambda does not say how long it keeps them. Those of a
	// function that was deleted are kept as long: a pool is told of events alone.
	idleLimit = time.Minute
	// busyStart is how long a start is taken to need a processor. Whoever starts longer waits for something else.
	busyStart = time.Second
	// quickProcesses is how many processes a processor gets for events that are done sooner than a process starts, and
	// holdFor after how long that is looked at again.
	quickProcesses = 4
	holdFor        = 100 * time.Millisecond
)

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = clock.Real(1)
	}
	if c.Processes <= 0 {
		c.Processes = defaultProcesses
	}
	if c.Concurrency <= 0 {
		c.Concurrency = defaultConcurrency
	}
	return c
}

// notRun is the error of an event that never reached a process.
func notRun(why error) error { return fmt.Errorf("%w: %w", ErrNotRun, why) }
