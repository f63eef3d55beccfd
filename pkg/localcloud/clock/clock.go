// Package clock says when AWS would be done. The local cloud never waits: what takes time is written down with the moment
// at which it is due, and whoever asks later finds it done. So a clock answers two questions, and runs nothing.
package clock

import (
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

// Top is the speed at which everything is done before the next request comes: a minute of AWS takes 60 nanoseconds. It
// is no higher, so that what ends first on AWS ends first here.
const Top float64 = 1e9

// Never is how long work takes that is not done at any speed: some 292 years, which a state file can hold.
const Never time.Duration = math.MaxInt64

// Real is the machine's clock. Work takes the time it takes on AWS divided by speed, which is positive: 1 is as slow as
// AWS, Top is as good as at once.
func Real(speed float64) Clock { return scaled{speed} }

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

// Hand is a clock that stands still until it is turned. It may be used by several goroutines.
type Hand struct {
	mu  sync.Mutex
	now time.Time
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
}
