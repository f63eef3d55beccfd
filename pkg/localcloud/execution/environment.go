package execution

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"time"
)

// phase is what an environment does.
type phase int

const (
	starting phase = iota // its first start, which belongs to no event
	retrying              // its second start, within an event
	running               // it has an event
	between               // its event has ended, and that is being logged
	idle                  // it waits for an event
)

// environment is an execution environment. What is below the line is guarded by the pool.
type environment struct {
	pool   *Pool
	of     *function
	ctx    context.Context
	cancel context.CancelFunc // kills its process
	log    logbook
	inside bool // it counts among those in the folder of its code; its own goroutine alone uses it

	phase          phase
	process        *process // nil before the first
	job            *job
	ended          bool // it was told to end
	busy           bool // it counts among those that are busy starting
	attached       bool // it does not count among those that will be free any more
	began          time.Time
	idleSince      time.Time
	cold           time.Duration // how long it took to start, until an event reports it
	finishedBefore int           // how many of the function's events had ended when this began to start
	failure        *failure      // why it ends, if that is known before its process is gone
}

// run is the environment's life. A process that cannot start is started once more with an event, in that event's time:
// Lambda retries the Init phase at the first invocation, with the function's timeout
// (https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html).
func (e *environment) run() {
	defer e.pool.gone(e)
	defer e.cancel()
	for {
		why := e.live()
		if !e.after(why) {
			return
		}
	}
}

// live runs one process from its start to its end, and tells why it ended.
func (e *environment) live() *failure {
	ctx, cancel := context.WithCancel(e.ctx)
	defer cancel()
	defer e.vacate()
	e.pool.mu.Lock()
	e.began = e.pool.now()
	e.pool.mu.Unlock()
	proc, err := e.launch(ctx, cancel)
	if err != nil {
		return notStarted(err)
	}
	return proc.wait()
}

// launch starts a process, where the code is. To bring that is Lambda's work: the limit of the start begins after it.
func (e *environment) launch(ctx context.Context, cancel context.CancelFunc) (*process, error) {
	site, err := e.pool.site(ctx, e)
	if err != nil {
		return nil, err
	}
	proc := &process{env: e, ctx: ctx, cancel: cancel, events: make(chan *job, 1)}
	if !e.adopt(proc) {
		return nil, context.Canceled
	}
	if err := proc.start(site); err != nil {
		return nil, err
	}
	return proc, nil
}

// vacate is told that nothing of the environment is in its code's folder any more.
func (e *environment) vacate() {
	if e.inside {
		e.inside = false
		e.pool.code.leave(e.of.Code)
	}
}

// adopt makes the process the environment's. One that starts for the first time has its limit of time from here.
func (e *environment) adopt(proc *process) bool {
	p := e.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.ended {
		return false
	}
	e.process, e.began = proc, p.now()
	if e.phase != starting {
		return true
	}
	ctx, cancel := context.WithCancel(proc.ctx)
	proc.ready = cancel
	from := e.began
	p.owned.Go(func() {
		defer cancel()
		if p.config.Clock.Wait(ctx, from.Add(busyStart)) == nil {
			e.slow()
			if p.config.Clock.Wait(ctx, from.Add(initLimit)) == nil {
				e.overdue(proc)
			}
		}
	})
	return true
}

// slow lets another environment start beside this one, which takes long.
func (e *environment) slow() {
	e.pool.mu.Lock()
	defer e.pool.mu.Unlock()
	e.pool.unbusy(e)
	e.pool.schedule()
}

// overdue kills a process that does not get ready.
func (e *environment) overdue(proc *process) {
	e.pool.mu.Lock()
	defer e.pool.mu.Unlock()
	if e.process == proc && e.phase == starting && !e.ended {
		e.failure = &failure{status: "timeout"}
		proc.cancel()
	}
}

// after decides what comes after a process: another one, or the end.
func (e *environment) after(why *failure) (again bool) {
	p := e.pool
	p.mu.Lock()
	if e.failure != nil {
		why, e.failure = e.failure, nil
	}
	at, j, took := e.phase, e.job, p.now().Sub(e.began)
	if at == starting && !e.ended {
		again = e.retry(why)
		p.mu.Unlock()
		if why.err == nil {
			e.log.initReport(took, "init", why)
		}
		return again
	}
	told := e.settle(why)
	p.mu.Unlock()
	if told {
		e.lastWords(at, j, took, why)
		p.ended(j)
	}
	return false
}

// settle answers the event of a process that is gone, if there is one, and tells whether that is to be logged. An event
// that the process never saw goes to another, once.
func (e *environment) settle(why *failure) bool {
	p, j := e.pool, e.job
	if j == nil || p.closed {
		return false
	}
	if e.phase == running && !j.taken && !j.returned && !e.ended {
		p.giveBack(j)
		return false
	}
	j.settle()
	p.answer(j, why.answer(j.RequestID), why.err)
	return true
}

// retry begins the event that the second start belongs to. There is none without an event, or if the function cannot
// help it.
func (e *environment) retry(why *failure) bool {
	p := e.pool
	p.unpend(e)
	j := e.of.next()
	if j == nil {
		return false
	}
	if why.err != nil {
		p.answer(j, Answer{}, why.err)
		return false
	}
	e.cold = 0
	p.begin(e, j)
	e.phase = retrying
	p.schedule()
	return true
}

// lastWords logs the end of an event that ended with its process.
func (e *environment) lastWords(at phase, j *job, took time.Duration, why *failure) {
	if why.err != nil {
		return
	}
	if at == retrying {
		e.log.initReport(took, "invoke", why)
		e.log.start(j)
	}
	e.log.failed(j, why)
	e.log.end(j, e.pool.now(), e.process.memory(), why)
}

// streamName is the name of an environment's log stream, as Lambda makes them
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-view.html).
func streamName(now time.Time, version string) string {
	random := make([]byte, 16)
	_, _ = rand.Read(random) // never fails: crypto/rand
	return now.UTC().Format("2006/01/02/") + "[" + version + "]" + hex.EncodeToString(random)
}
