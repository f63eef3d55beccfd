// Package websocket holds WebSocket connections as API Gateway does: with its limits, in order, each ended once.
//
// The numbers are those of
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
package websocket

import (
	"context"
	"errors"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// Config is what connections are like. What is 0 is as on AWS.
type Config struct {
	Clock      clock.Alarm   // of Idle and Life; nil is the machine's
	Idle, Life time.Duration // 10 minutes, 2 hours
	Frame      int           // bytes, 32 KB
	Message    int           // bytes, 128 KB
}

// Opening says what to do with a connection.
type Opening struct {
	ID          string
	Subprotocol string // that the answer names; "" for none
	// Message is called for each message, one after another. What was received before the end is delivered, in order,
	// also after it: API Gateway has taken those messages. So ctx does not end with the connection, but when the time
	// that Hub.Close was given is over.
	Message func(ctx context.Context, text []byte)
	// Ended is called once, after the last Message returned.
	Ended func(e Ending)
}

// Ending is how a connection ended.
type Ending struct {
	Code   int    // as in the close frame; 1005 where it had none, 1006 where there was no close frame
	Reason string // of the close frame; for 1005 what API Gateway says then
}

// The codes of https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1 that connections end with here.
const (
	goingAway     = 1001
	protocolError = 1002
	unsupported   = 1003
	noCode        = 1005
	lost          = 1006
	notText       = 1007
	tooLong       = 1009
)

// away is the end by API Gateway. A $disconnect event ten minutes after its $connect, and so of an idle connection, has
// 1001 and "Going away"; that the end after two hours is the same is unverified.
func away() Ending { return Ending{goingAway, "Going away"} }

// The errors of a Hub.
var (
	// ErrGone is the error for a connection that is not, or not any more.
	ErrGone = errors.New("there is no such connection")
	// ErrClosed is the error of Serve once the hub takes no more connections.
	ErrClosed = errors.New("no more connections are taken")
)

// How many messages of a connection wait at most for the one that is at work, and how many bytes they have, but that one
// message may always wait. With as many, nothing more is read from the client.
const (
	waiting      = 64
	waitingBytes = 256 << 10
)

// What bounds a client that does nothing, in the machine's time.
const (
	writing = 10 * time.Second // for one write
	parting = 5 * time.Second  // for the answer to a close frame
	leaving = time.Second      // for the same, when the hub closes: what is to be done afterwards has its time too
)

func (c Config) complete() Config {
	if c.Clock == nil {
		c.Clock = clock.Real(1)
	}
	if c.Idle == 0 {
		c.Idle = 10 * time.Minute
	}
	if c.Life == 0 {
		c.Life = 2 * time.Hour
	}
	if c.Frame == 0 {
		c.Frame = 32 << 10
	}
	if c.Message == 0 {
		c.Message = 128 << 10
	}
	return c
}
