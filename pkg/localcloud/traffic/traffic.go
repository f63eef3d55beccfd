// Package traffic is what goes through the local cloud while functions run: calls of functions by other services, lines
// that they log, and what somebody who watches is told. It holds nothing and does nothing.
package traffic

import (
	"context"
	"errors"
	"time"
)

// ErrUncalled is in the error of an Invoker where the event never reached the function, for a reason that may pass: too
// much is under way, the process is ending, the function cannot be started now.
var ErrUncalled = errors.New("the function was not called")

// Invoker calls functions on behalf of AWS's services.
type Invoker interface {
	// InvokeFor calls a function, if its policy lets the caller. The function's own failure is an Answer with Failed set;
	// every other is a *wire.Error: no such function, not permitted, throttled.
	InvokeFor(ctx context.Context, functionARN string, by Caller, payload []byte) (Answer, error)
}

// Caller is who calls a function, as its policy is asked about it.
type Caller struct {
	Service   string // "apigateway.amazonaws.com"
	Account   string // aws:SourceAccount
	SourceARN string // aws:SourceArn
}

// Answer is a function's.
type Answer struct {
	Payload []byte // JSON
	Failed  string // "Unhandled" or "Handled" where the payload is an error, else ""
}

// Logger keeps what functions log.
type Logger interface {
	// Log takes lines, in their order within a stream. It does not wait for a disk. Lines for a group that does not exist
	// are dropped: nobody may make one by logging (trap 8).
	Log(lines ...Line)
}

// Line is one log event.
type Line struct {
	Account, Region string
	Group, Stream   string
	Function        string // its name
	Time            time.Time
	Text            string // without the newline at its end
}

// Watcher is told what happens, from many goroutines, and must not block. It may be nil.
type Watcher func(Event)

// Tell tells the watcher, if there is one.
func (w Watcher) Tell(e Event) {
	if w != nil {
		w(e)
	}
}

// Kind is what sort of thing happened.
type Kind string

// The kinds.
const (
	Connected    Kind = "connected"    // a client was let in
	Refused      Kind = "refused"      // a client was not: Status says how
	Received     Kind = "received"     // a message came from a client, and has been dealt with
	Sent         Kind = "sent"         // a message went to a client
	Disconnected Kind = "disconnected" // a connection has ended: Status is the close code
	Logged       Kind = "logged"       // a function logged a line
	Warned       Kind = "warned"       // something is wrong that nobody else is told
)

// Event is one thing that happened. Fields that do not fit the kind are empty.
type Event struct {
	Time       time.Time
	Kind       Kind
	Connection string // its id
	Route      string // "$connect", "$default", …
	Function   string // its name
	Text       string // what was said: a message's beginning, a log line, a reason
	Bytes      int    // of the message
	Status     int    // HTTP status, or WebSocket close code
	Took       time.Duration
}
