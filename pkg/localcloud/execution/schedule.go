package execution

import (
	"context"
	"time"
)

// schedule starts environments for the events that wait. As on AWS each of them gets one of its own, but that no more
// start at once than the machine has processors: an event that is done in a millisecond leaves its environment to the
// next before another has started. What starts for long does not need the processor, and stops counting. Call it with
// the lock.
func (p *Pool) schedule() {
	for !p.closed && p.starting < p.starters {
		f := p.neediest(nil)
		if f == nil {
			return
		}
		if len(p.all) >= p.config.Processes {
			p.makeRoom()
			return
		}
		p.start(f)
	}
}

// needs tells whether events wait that an environment is to be made for. Events that are done sooner than a process
// starts keep the machine busy with few processes, and more of them make it slower: they get a few for each processor.
func (p *Pool) needs(f *function) bool {
	if f.waiting.Len() <= f.pending {
		return false
	}
	if !f.quick || f.live < quickProcesses*p.starters {
		return true
	}
	p.hold(f)
	return false
}

// hold looks again in a while whether the function's events still are quick.
func (p *Pool) hold(f *function) {
	if f.held {
		return
	}
	f.held = true
	before, until := f.finished, p.now().Add(holdFor)
	p.owned.Go(func() {
		if p.config.Clock.Wait(p.base, until) != nil {
			return
		}
		p.mu.Lock()
		defer p.mu.Unlock()
		f.held = false
		f.quick = f.finished-before >= f.live
		p.schedule()
	})
}

// neediest is the function with the fewest environments of those that need one, but for one function. Of equals it is
// the one whose event waits longest.
func (p *Pool) neediest(but *function) *function {
	var best *function
	for _, f := range p.functions {
		if f == but || !p.needs(f) {
			continue
		}
		if best == nil || f.live < best.live || f.live == best.live && f.oldest() < best.oldest() {
			best = f
		}
	}
	return best
}

// oldest is when the event came that waits longest, as a number. Events must be waiting.
func (f *function) oldest() uint64 { return f.waiting.Front().Value.(*job).arrival }

// makeRoom ends the environment that is idle longest. The function that needs room has none of its own that is idle.
func (p *Pool) makeRoom() {
	if p.ending >= p.starters-p.starting {
		return // there will be room
	}
	var oldest *environment
	for _, f := range p.functions {
		if len(f.idle) > 0 && (oldest == nil || f.idle[0].idleSince.Before(oldest.idleSince)) {
			oldest = f.idle[0]
		}
	}
	if oldest != nil {
		p.end(oldest)
	}
}

// free is told of an environment that can take an event.
func (p *Pool) free(e *environment) {
	f := e.of
	if p.yields(f) {
		p.end(e)
		return
	}
	if j := f.next(); j != nil {
		p.hand(e, j)
		return
	}
	if p.latest[f.ARN].revision != f.Revision {
		p.end(e)
		return
	}
	e.phase, e.idleSince = idle, p.now()
	f.idle = append(f.idle, e)
	p.reap()
	p.schedule()
}

// yields tells whether a function has to give a free environment up, because all places are taken and another has fewer
// than it. One that has none gets one in its turn.
func (p *Pool) yields(f *function) bool {
	if len(p.all) < p.config.Processes || p.ending > 0 {
		return false
	}
	g := p.neediest(f)
	switch {
	case g == nil:
		return false
	case g.live > 0:
		return g.live+1 < f.live
	default:
		return f.live > 1 || f.waiting.Len() == 0 || g.oldest() < f.oldest()
	}
}

// reap begins to look after idle environments. One goroutine does it for all of them, while there are any.
func (p *Pool) reap() {
	if p.reaping {
		return
	}
	p.reaping = true
	ctx := p.base
	p.owned.Go(func() {
		for {
			until, ok := p.nextIdleEnd()
			if !ok || p.config.Clock.Wait(ctx, until) != nil {
				return
			}
		}
	})
}

// nextIdleEnd ends what was idle for too long, and tells when to look again. It says so, and forgets the one who looks,
// if there is nothing to look for.
func (p *Pool) nextIdleEnd() (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var first time.Time
	now := p.now()
	for _, f := range p.functions {
		for len(f.idle) > 0 && !f.idle[0].idleSince.Add(idleLimit).After(now) {
			p.end(f.idle[0])
		}
		if len(f.idle) > 0 && (first.IsZero() || f.idle[0].idleSince.Before(first)) {
			first = f.idle[0].idleSince
		}
	}
	p.reaping = !first.IsZero()
	return first.Add(idleLimit), p.reaping
}

// start makes an environment.
func (p *Pool) start(f *function) {
	e := &environment{pool: p, of: f, phase: starting, busy: true}
	e.finishedBefore = f.finished
	e.log = logbook{pool: p, of: f.Function, stream: streamName(p.now(), f.Version)}
	e.ctx, e.cancel = context.WithCancel(p.base)
	p.all[e] = struct{}{}
	f.live++
	f.pending++
	p.starting++
	p.owned.Go(e.run)
}

// end tells an environment to end. It is still there until its process is gone.
func (p *Pool) end(e *environment) {
	if e.ended {
		return
	}
	e.ended = true
	p.unpend(e)
	p.unidle(e)
	e.of.live--
	p.ending++
	e.cancel()
}

// unpend is told that an environment is not one any more that starts and will be free for any event.
func (p *Pool) unpend(e *environment) {
	if e.phase == starting && !e.attached {
		e.attached = true
		e.of.pending--
	}
	p.unbusy(e)
}

// unbusy is told that an environment does not need a processor any more in order to start.
func (p *Pool) unbusy(e *environment) {
	if e.busy {
		e.busy = false
		p.starting--
	}
}

func (p *Pool) unidle(e *environment) {
	for i, other := range e.of.idle {
		if other == e {
			e.of.idle = append(e.of.idle[:i], e.of.idle[i+1:]...)
			return
		}
	}
}

// gone is told of an environment whose process has ended.
func (p *Pool) gone(e *environment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end(e)
	p.ending--
	delete(p.all, e)
	p.forget(e.of)
	p.schedule()
}
