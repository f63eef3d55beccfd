// Package clock says when AWS would be done. What CloudFormation and its services do never waits: it is written down with
// the moment at which it is due, and whoever asks later finds it done. Only what happens by itself while functions run,
// timeouts and the ends of connections, is waited for.
package clock

import (
	"context"
	"math"
	"sync"
	"time"
)

// Clock is the time of the local cloud.
type Clock interface {
	// Now is the present moment, in UTC.
	Now() time.Time
	// Due is the moment at which work that begins at start, and takes d on AWS, is done.
	Due(start time.Time, d time.Duration) time.Time
}

// Alarm is a clock that can be waited for.
type Alarm interface {
	Clock
	// Wait returns once the clock shows the moment, or with the error of a ctx that ends before.
	Wait(ctx context.Context, until time.Time) error
}

// Top is the speed at which everything is done before the next request comes: a minute of AWS takes 60 nanoseconds. It
// is no higher, so that what ends first on AWS ends first here.
const Top float64 = 1e9

// Never is how long work takes that is not done at any speed: some 292 years, which a state file can hold.
const Never time.Duration = math.MaxInt64

// Real is the machine's clock. Work takes the time it takes on AWS divided by speed, which is positive: 1 is as slow as
// AWS, Top is as good as at once.
func Real(speed float64) Alarm { return scaled{speed} }

type scaled struct{ speed float64 }

func (scaled) Now() time.Time { return time.Now().UTC() }

func (s scaled) Due(start time.Time, d time.Duration) time.Time {
	if d == Never {
		return start.Add(Never)
	}
	quotient := float64(d) / s.speed
	if quotient >= float64(Never) { // which a Duration cannot hold
		return start.Add(Never)
	}
	return start.Add(time.Duration(quotient))
}

// Wait sets a timer. The moment was computed by Due, so speed is in it already.
func (scaled) Wait(ctx context.Context, until time.Time) error {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Hand is a clock that stands still until it is turned. It may be used by several goroutines.
type Hand struct {
	mu     sync.Mutex
	now    time.Time
	turned chan struct{} // closed at the next turn; nil while nobody waits
}

// NewHand is a clock that shows the given time.
func NewHand(now time.Time) *Hand { return &Hand{now: now.UTC()} }

// Now is what the clock shows.
func (h *Hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// Due adds d: a hand-turned clock turns at AWS's speed.
func (h *Hand) Due(start time.Time, d time.Duration) time.Time { return start.Add(d) }

// Turn moves the clock forward.
func (h *Hand) Turn(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
	if h.turned != nil {
		close(h.turned)
		h.turned = nil
	}
}

// Wait returns once the clock was turned to the moment.
func (h *Hand) Wait(ctx context.Context, until time.Time) error {
	for {
		turned, ok := h.until(until)
		if ok {
			return nil
		}
		select {
		case <-turned:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// until tells whether the clock shows the moment, and if not, what is closed at the next turn.
func (h *Hand) until(moment time.Time) (<-chan struct{}, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.now.Before(moment) {
		return nil, true
	}
	if h.turned == nil {
		h.turned = make(chan struct{})
	}
	return h.turned, false
}
