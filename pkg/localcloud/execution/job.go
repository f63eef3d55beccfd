package execution

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// job is an event under way. All but its log is guarded by the pool.
type job struct {
	Event
	of      *function
	arrival uint64
	done    chan outcome  // takes one
	waits   *list.Element // while it waits for an environment

	started, deadline time.Time // from when an environment has it
	settle            func()    // ends the watch over its deadline
	taken             bool      // the process has asked for it
	returned          bool      // a process ended without asking for it
	posting           bool      // the process is sending its answer
	answered          bool
	sent              bool
	reply             outcome
	cold              time.Duration // how long the environment took to start, if this is its first event

	log tail
}

type outcome struct {
	Answer
	err error
}

// next takes the event that waits longest, or nil.
func (f *function) next() *job {
	front := f.waiting.Front()
	if front == nil {
		return nil
	}
	j := front.Value.(*job)
	f.take(j)
	return j
}

func (f *function) take(j *job) {
	f.waiting.Remove(j.waits)
	j.waits = nil
}

// answer settles what the caller is told. A caller who asked for the log's tail is told when the event has ended.
func (p *Pool) answer(j *job, a Answer, err error) {
	if j.answered {
		if err != nil { // the pool is closed
			p.send(j)
		}
		return
	}
	j.answered = true
	j.reply = outcome{a, err}
	p.underWay--
	if !j.Tail || err != nil {
		p.send(j)
	}
}

func (p *Pool) send(j *job) {
	if j.sent || !j.answered {
		return
	}
	j.sent = true
	j.reply.Log = j.log.bytes()
	j.done <- j.reply
}

// ended tells the caller of an event that has ended.
func (p *Pool) ended(j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.send(j)
}

// hand gives an event to an environment that is free. Its process gets it by asking.
func (p *Pool) hand(e *environment, j *job) {
	p.begin(e, j)
	e.phase = running
	e.process.events <- j
}

// begin starts the time of an event: the function's timeout runs from here.
func (p *Pool) begin(e *environment, j *job) {
	e.job = j
	j.started = p.now()
	j.deadline = j.started.Add(e.of.Timeout)
	j.cold, e.cold = e.cold, 0
	ctx, cancel := context.WithCancel(p.base)
	j.settle = cancel
	p.owned.Go(func() {
		defer cancel()
		if p.config.Clock.Wait(ctx, j.deadline) == nil {
			p.expire(e, j)
		}
	})
}

// expire ends an environment whose event takes too long. Its logs are written when the process is gone.
func (p *Pool) expire(e *environment, j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.job != j || e.ended {
		return
	}
	e.failure = timedOut(e.of.Timeout)
	p.answer(j, e.failure.answer(j.RequestID), nil)
	p.end(e)
}

// giveBack gives an event that its process never saw to another, or lets it wait before all others.
func (p *Pool) giveBack(j *job) {
	j.settle()
	j.returned = true
	if n := len(j.of.idle); n > 0 {
		e := j.of.idle[n-1]
		j.of.idle = j.of.idle[:n-1]
		p.hand(e, j)
		return
	}
	j.waits = j.of.waiting.PushFront(j)
}

// tail is the last 4 KB of a log (https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html, LogType).
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailSize = 4 << 10

func (t *tail) add(line string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(line) > tailSize {
		line = line[len(line)-tailSize:]
	}
	t.text = append(append(t.text, line...), '\n')
	if over := len(t.text) - tailSize; over > 0 {
		t.text = t.text[:copy(t.text, t.text[over:])]
	}
}

func (t *tail) bytes() []byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]byte(nil), t.text...)
}
