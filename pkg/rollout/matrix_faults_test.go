package rollout_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// call is the n-th call of an operation in a run, each attempt counted.
type call struct {
	operation string // "s3.PutObject"
	n         int    // from 1
}

func (c call) String() string { return fmt.Sprintf("%s %d", c.operation, c.n) }

// ill is something that can go wrong with a call.
type ill struct {
	name  string
	fault func(service string) localcloud.Fault
	kind  kind
}

// kind is what may be expected of a run that meets an ill.
type kind int

const (
	passes  kind = iota // once, it is nobody's trouble
	refuses             // AWS does not serve these credentials
	stops               // a signal
)

func ills() []ill {
	return []ill{
		{"throttled", func(service string) localcloud.Fault {
			if service == "s3" {
				return refusal(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
			}
			return refusal(http.StatusBadRequest, "Throttling", "Rate exceeded")
		}, passes},
		{"500", func(service string) localcloud.Fault {
			if service == "s3" {
				return refusal(http.StatusInternalServerError, "InternalError", "We encountered an internal error.")
			}
			return refusal(http.StatusInternalServerError, "InternalFailure", "An internal error occurred.")
		}, passes},
		{"503", always(refusal(http.StatusServiceUnavailable, "ServiceUnavailable", "Service is unavailable.")), passes},
		{"dropped", always(localcloud.Fault{Drop: true}), passes},
		{"lost", always(localcloud.Fault{Lose: true}), passes},
		{"stalled", always(silence()), passes},
		{"expired", func(service string) localcloud.Fault {
			status := http.StatusForbidden
			if service == "s3" {
				status = http.StatusBadRequest
			}
			return refusal(status, "ExpiredToken", "The security token included in the request is expired")
		}, refuses},
		{"denied", always(refusal(http.StatusForbidden, "AccessDenied", "Access Denied")), refuses},
		{"stopped", always(localcloud.Fault{}), stops},
		{"stopped in silence", always(silence()), stops},
	}
}

func always(f localcloud.Fault) func(string) localcloud.Fault {
	return func(string) localcloud.Fault { return f }
}

func refusal(status int, code, message string) localcloud.Fault {
	return localcloud.Fault{Refuse: wire.Errorf(status, code, "%s", message)}
}

// silence never answers, and nothing comes of the call.
func silence() localcloud.Fault { return localcloud.Fault{Stall: true, Drop: true} }

// span is how many calls an ill hurts.
type span string

const (
	once    span = "once"
	lasting span = "lasting"  // this call and all later ones of the operation
	forGood span = "for good" // this call and every later one of any service
)

// patience is after how long a lasting ill is over, for those who wait as long as it takes.
const patience = 2 * time.Minute

// mishap is one ill at one call of a scenario.
type mishap struct {
	call
	ill
	span
	begun bool // by then the run had asked CloudFormation to begin something
}

func (m mishap) String() string { return fmt.Sprintf("%s, %s %s", m.call, m.ill.name, m.span) }

// hit is when a mishap happened.
type hit struct {
	mu    sync.Mutex
	at    time.Time // zero: not yet
	count int       // calls of the operation so far
}

// since is how long ago the mishap happened, and whether it did.
func (h *hit) since() (time.Duration, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Since(h.at), !h.at.IsZero()
}

// befalls lets the mishap happen to the next run. It returns that run's context, and what ends the mishap.
func (w *world) befalls(ctx context.Context, m mishap) (_ context.Context, h *hit, end func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	h = &hit{}
	var lifts []func()
	for _, service := range []string{"sts", "s3", "cloudformation"} {
		f := m.fault(service)
		f.Service = service
		f.Match = func(in *wire.Call) bool {
			now := in.AccessKey == runsKey && h.hurts(m, in)
			if now && m.kind == stops {
				cancel(rollout.Stopped{Signal: "SIGINT", Code: report.ExitInterrupt})
			}
			return now
		}
		lifts = append(lifts, w.Faults().Call(f))
	}
	over := time.AfterFunc(patience, func() { lift(lifts) })
	return ctx, h, func() {
		over.Stop()
		lift(lifts)
		cancel(nil)
	}
}

func lift(lifts []func()) {
	for _, l := range lifts {
		l()
	}
}

// hurts counts a call, and tells whether it is one to hurt.
func (h *hit) hurts(m mishap, in *wire.Call) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if in.Service+"."+in.Operation == m.operation {
		h.count++
		if h.count == m.n {
			h.at = time.Now()
			return true
		}
		return m.span != once && h.count > m.n
	}
	return m.span == forGood && !h.at.IsZero()
}

// mishaps are all that can befall a run that makes these calls: every ill at every call, and those that last at the
// first call of each operation, before CloudFormation was put to work and after.
func mishaps(calls []string) (all []mishap) {
	count, begun := map[string]int{}, false
	lasted := map[string]bool{}
	for _, name := range calls {
		count[name]++
		part := fmt.Sprint(name, begun)
		all = append(all, mishapsAt(call{name, count[name]}, !lasted[part], begun)...)
		lasted[part] = true
		begun = begun || slices.Contains(beginnings(), name)
	}
	return all
}

func mishapsAt(at call, first, begun bool) (all []mishap) {
	for _, i := range ills() {
		all = append(all, mishap{at, i, once, begun})
		if first && i.kind != stops {
			all = append(all, mishap{at, i, lasting, begun})
		}
		if i.name == "expired" {
			all = append(all, mishap{at, i, forGood, begun})
		}
	}
	return all
}
