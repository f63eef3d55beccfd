package rollout

import (
	"context"
	"strings"
	"time"
)

// DefaultTimeout is how long a command may take, unless somebody says otherwise.
const DefaultTimeout = time.Hour

// TimedOut is the cause with which a timeout cancels a run's context.
type TimedOut struct{ After time.Duration }

// Error names the time that was given: "not done within 30m".
func (t TimedOut) Error() string { return "not done within " + short(t.After) }

// EndAfter returns a context that is cancelled, with TimedOut as its cause, once d has passed: a run then stops as it does
// at a signal. It is no deadline of the context's, which would look like a network that does not answer. 0 is no limit.
func EndAfter(ctx context.Context, d time.Duration) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	if d <= 0 {
		return ctx, func() { cancel(nil) }
	}
	timer := time.AfterFunc(d, func() { cancel(TimedOut{d}) })
	return ctx, func() {
		timer.Stop()
		cancel(nil)
	}
}

// short writes a duration without the zeros that time.Duration puts behind it: 1h, 1m30s.
func short(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
