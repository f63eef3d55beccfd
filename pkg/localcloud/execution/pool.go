package execution

import (
	"container/list"
	"context"
	"runtime"
	"sync"
	"time"
)

// Pool runs functions. It may be used by several goroutines.
type Pool struct {
	config   Config
	starters int // how many environments may be busy starting at once
	launch   launcher
	code     codes
	owned    sync.WaitGroup // the goroutines of the pool

	mu        sync.Mutex
	base      context.Context // of everything that outlives the call which began it; set by the first call
	stop      context.CancelFunc
	closed    bool
	functions map[key]*function
	latest    map[string]version // by ARN, what was called last
	all       map[*environment]struct{}
	underWay  int // events without an answer
	starting  int // environments that are busy starting
	ending    int // environments that were told to end and have not
	arrivals  uint64
	reaping   bool
}

type key struct{ arn, revision string }

// version is what a function is at a time.
type version struct{ revision, code string }

// function is what a pool has of one revision of a function.
type function struct {
	Function
	key     key
	waiting list.List      // of *job, in the order they came
	idle    []*environment // the one that became idle last is last, and used first
	live    int            // environments that were not told to end
	pending int            // those of them that will be free for any event when they have started

	finished int  // events that have ended
	quick    bool // while an environment started, the others had an event each, or more
	held     bool // somebody looks after a while whether that is still so
}

// New is a pool without processes. Close it in the end.
func New(c Config) *Pool {
	c = c.withDefaults()
	return &Pool{
		config:    c,
		starters:  max(2, runtime.NumCPU()),
		code:      newCodes(c),
		functions: map[key]*function{},
		latest:    map[string]version{},
		all:       map[*environment]struct{}{},
	}
}

// Invoke hands an event to a process of the function, and waits for its answer. What goes wrong in the function is an
// Answer; an error is ErrTooMany, ErrClosed, that of the ctx, or that the process could not be made for a reason which
// is not the function's. ErrNotRun is in it if no process has had the event. An event whose ctx ends is not taken back
// from the process that has it.
func (p *Pool) Invoke(ctx context.Context, f Function, e Event) (Answer, error) {
	j, err := p.admit(ctx, f, e)
	if err != nil {
		return Answer{}, err
	}
	select {
	case o := <-j.done:
		return o.Answer, o.err
	case <-ctx.Done():
		if p.leave(j) {
			return Answer{}, notRun(ctx.Err())
		}
		return Answer{}, ctx.Err()
	}
}

func (p *Pool) admit(ctx context.Context, f Function, e Event) (*job, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return nil, notRun(ErrClosed)
	case ctx.Err() != nil:
		return nil, notRun(ctx.Err())
	case p.underWay >= p.config.Concurrency:
		return nil, notRun(ErrTooMany)
	}
	if p.base == nil {
		p.base, p.stop = context.WithCancel(context.WithoutCancel(ctx))
	}
	p.underWay++
	p.arrivals++
	j := &job{Event: e, arrival: p.arrivals, done: make(chan outcome, 1), of: p.function(f)}
	p.place(j)
	return j, nil
}

// place gives the event to an idle environment, or lets it wait. The one that was idle last is used, so that those
// which are not needed end.
func (p *Pool) place(j *job) {
	f := j.of
	if n := len(f.idle); n > 0 {
		e := f.idle[n-1]
		f.idle = f.idle[:n-1]
		p.hand(e, j)
		return
	}
	j.waits = f.waiting.PushBack(j)
	p.schedule()
}

// function finds what there is of a function. A revision that was not called before ends the others' idle environments.
func (p *Pool) function(f Function) *function {
	k := key{f.ARN, f.Revision}
	if p.latest[f.ARN].revision != f.Revision {
		p.supersede(f)
		p.retire(k)
	}
	have, ok := p.functions[k]
	if !ok {
		if f.Timeout <= 0 {
			f.Timeout = defaultTimeout
		}
		have = &function{Function: f, key: k}
		p.functions[k] = have
	}
	return have
}

// supersede makes a revision the one that was called last. The code of the one before goes, when nothing runs in it any
// more, unless another function has the same.
func (p *Pool) supersede(f Function) {
	before := p.latest[f.ARN].code
	p.latest[f.ARN] = version{f.Revision, f.Code}
	p.code.keep(f.Code)
	if before == "" {
		return
	}
	for _, v := range p.latest {
		if v.code == before {
			return
		}
	}
	p.code.forgo(before)
	p.owned.Go(func() { p.code.clear(before) })
}

func (p *Pool) retire(k key) {
	for other, f := range p.functions {
		if other.arn != k.arn || other.revision == k.revision {
			continue
		}
		for len(f.idle) > 0 {
			p.end(f.idle[0])
		}
		p.forget(f)
	}
}

// forget drops what is known of a function that has neither environments nor events, but for which revision and which
// code were its last.
func (p *Pool) forget(f *function) {
	if f.live > 0 || f.waiting.Len() > 0 || p.functions[f.key] != f {
		return
	}
	delete(p.functions, f.key)
}

// leave is told when the caller of an event is gone. An event that waits goes with it, and then it returns true.
func (p *Pool) leave(j *job) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if j.waits == nil {
		return false
	}
	j.of.take(j)
	p.answer(j, Answer{}, nil)
	p.forget(j.of)
	return true
}

// Processes is how many there are now, those included that are starting or ending.
func (p *Pool) Processes() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.all)
}

// Close ends all processes and waits until they are gone. Calls under way return ErrClosed.
func (p *Pool) Close() error {
	p.shut()
	p.owned.Wait()
	p.launch.close()
	return p.code.close()
}

func (p *Pool) shut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	for _, f := range p.functions {
		for j := f.next(); j != nil; j = f.next() {
			p.answer(j, Answer{}, notRun(ErrClosed))
		}
	}
	for e := range p.all {
		switch {
		case e.job == nil:
		case e.job.taken:
			p.answer(e.job, Answer{}, ErrClosed)
		default: // deliver does not give it any more
			p.answer(e.job, Answer{}, notRun(ErrClosed))
		}
		p.end(e)
	}
	if p.stop != nil {
		p.stop()
	}
}

// now is the time by the pool's clock.
func (p *Pool) now() time.Time { return p.config.Clock.Now() }
