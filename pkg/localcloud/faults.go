package localcloud

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Fault is something that goes wrong with an API call. Of Wait, Stall, Refuse, Drop and Lose any may be set.
type Fault struct {
	Service   string                  // "s3", "cloudformation"; "" is every service
	Operation string                  // "PutObject"; "" is every operation
	After     int                     // let so many matching calls pass first
	Times     int                     // then hurt so many; 0 is all that follow
	Match     func(c *wire.Call) bool // nil matches every call; it may not use the Faults

	Wait   time.Duration // answer late, by the machine's clock
	Stall  bool          // answer only when the fault is lifted, the client is gone or the cloud is closed
	Refuse *wire.Error   // answer this, without taking effect
	Drop   bool          // close the connection, without taking effect
	Lose   bool          // take effect, and close the connection instead of answering
}

// Faults are the things that go wrong with a cloud. They are not part of its state: they end with the process.
type Faults struct {
	mu        sync.Mutex
	calls     []*planned
	resources []*ResourceFault
	closed    chan struct{}
	once      sync.Once
}

type planned struct {
	Fault
	seen   int
	lifted chan struct{}
}

// ResourceFault is something that goes wrong with a resource of a stack. Work is done when it is looked at, so a fault that
// is lifted before the next call has hurt nothing.
type ResourceFault struct {
	LogicalID string
	Action    string // "CREATE", "UPDATE", "DELETE"; "" is each of them. "READ" is a look for drift
	After     int    // let so many matching works pass first
	Times     int    // then hurt so many; 0 is all that follow

	Fail  string        // fail with this reason
	Stall bool          // stay in progress until the fault is lifted
	Slow  time.Duration // take this much longer, by the cloud's clock

	seen int
}

// Call adds a fault, and returns what lifts it.
func (f *Faults) Call(fault Fault) (lift func()) {
	p := &planned{Fault: fault, lifted: make(chan struct{})}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, p)
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.calls = slices.DeleteFunc(f.calls, func(other *planned) bool { return other == p })
		close(p.lifted)
	})
}

// Resource adds a fault of a resource, and returns what lifts it.
func (f *Faults) Resource(fault ResourceFault) (lift func()) {
	p := &fault
	f.mu.Lock()
	defer f.mu.Unlock()
	f.resources = append(f.resources, p)
	return sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.resources = slices.DeleteFunc(f.resources, func(other *ResourceFault) bool { return other == p })
	})
}

// Begin tells CloudFormation what goes wrong with a resource whose CREATE, UPDATE, DELETE or READ begins now: a reason to
// fail with, "" for none; whether it stalls; how much longer it takes. The first fault whose turn it is hurts it. The
// others count it, too.
func (f *Faults) Begin(logicalID, action string) (fail string, stalls bool, slow time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var first ResourceFault
	found := false
	for _, p := range f.resources {
		if p.turn(logicalID, action) && !found {
			first, found = *p, true
		}
	}
	return first.Fail, first.Stall, first.Slow
}

// turn counts a work that fits, and tells whether it is one to hurt.
func (f *ResourceFault) turn(logicalID, action string) bool {
	if !f.fits(logicalID, action) {
		return false
	}
	f.seen++
	return inTurn(f.seen, f.After, f.Times)
}

func (f *ResourceFault) fits(logicalID, action string) bool {
	return f.LogicalID == logicalID && (f.Action == action || f.Action == "" && action != "READ")
}

// inTurn tells whether the seen-th that fits is one to hurt.
func inTurn(seen, after, times int) bool {
	return seen > after && (times == 0 || seen <= after+times)
}

// Stalls tells whether a resource that stalled when its work began still does.
func (f *Faults) Stalls(logicalID, action string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.resources, func(p *ResourceFault) bool {
		return p.Stall && p.fits(logicalID, action)
	})
}

// before decides what happens to a call: the first fault whose turn it is hurts it. The others count it, too.
func (f *Faults) before(c *wire.Call) wire.Intercept {
	f.mu.Lock()
	defer f.mu.Unlock()
	var first *planned
	for _, p := range f.calls {
		if p.turn(c) && first == nil {
			first = p
		}
	}
	if first == nil {
		return wire.Intercept{}
	}
	i := wire.Intercept{Wait: first.Wait, Refuse: first.Refuse, Drop: first.Drop, Lose: first.Lose}
	if first.Stall {
		i.Until = either(c.Context(), first.lifted, f.closed)
	}
	return i
}

// turn counts a call that fits, and tells whether it is one to hurt.
func (p *planned) turn(c *wire.Call) bool {
	fits := (p.Service == "" || p.Service == c.Service) && (p.Operation == "" || p.Operation == c.Operation) &&
		(p.Match == nil || p.Match(c))
	if !fits {
		return false
	}
	p.seen++
	return inTurn(p.seen, p.After, p.Times)
}

// close lets go of every call that stalls.
func (f *Faults) close() { f.once.Do(func() { close(f.closed) }) }

// either is closed when one of the two is, or ctx is done.
func either(ctx context.Context, a, b <-chan struct{}) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		select {
		case <-a:
		case <-b:
		case <-ctx.Done():
		}
	}()
	return done
}
