package execution

// again is told that the process asks for an event. It has ended the one before; if it has not answered that, it gets
// the same once more.
func (pr *process) again() *job {
	p, e := pr.env.pool, pr.env
	p.mu.Lock()
	defer p.mu.Unlock()
	if e.ended || e.process != pr {
		return nil
	}
	switch {
	case !pr.up:
		pr.up = true
		e.started()
	case e.phase != running:
	case e.job.answered:
		e.finish()
	case e.job.taken:
		return e.job
	}
	return nil
}

// started is told that the first process, or the second, is ready.
func (e *environment) started() {
	p := e.pool
	if e.phase == retrying {
		e.phase = running
		e.process.events <- e.job
		return
	}
	if e.phase != starting {
		return
	}
	e.process.ready()
	e.cold = p.now().Sub(e.began)
	e.of.quick = e.of.finished-e.finishedBefore >= e.of.live
	p.unpend(e)
	e.phase = between
	p.free(e)
	p.schedule()
}

// finish ends an event that was answered. Its end is in the pipe before the environment is free, so that no other
// event's lines can be before it. The lock is not held meanwhile: the pipe may be full.
func (e *environment) finish() {
	p, j, pr := e.pool, e.job, e.process
	e.job, e.phase = nil, between
	e.of.finished++
	j.settle()
	now := p.now()
	p.mu.Unlock()
	pr.out.mark(func() {
		e.log.end(j, now, pr.memorySoFar(now), nil)
		p.ended(j)
	})
	p.mu.Lock()
	if !e.ended {
		p.free(e)
	}
}

// deliver is told that the process gets the event; false says that it must not any more.
func (pr *process) deliver(j *job) bool {
	pr.env.pool.mu.Lock()
	ended := pr.env.ended
	j.taken = j.taken || !ended
	pr.env.pool.mu.Unlock()
	if !ended {
		pr.out.mark(func() { pr.env.log.start(j) })
	}
	return !ended
}

// answering begins the answer to an event, if it is this event's turn. Else it says in which state the environment is.
func (pr *process) answering(id string) (*job, string, error) {
	p, e := pr.env.pool, pr.env
	p.mu.Lock()
	defer p.mu.Unlock()
	j := e.job
	switch {
	case e.ended || e.process != pr || e.phase != running || j.RequestID != id:
		return nil, "", errWrongID
	case j.answered:
		return nil, stateSent, nil
	case j.posting:
		return nil, stateResponse, nil
	}
	j.posting = true
	return j, stateRunning, nil
}

// unturn takes the beginning of an answer back.
func (pr *process) unturn(j *job) {
	pr.env.pool.mu.Lock()
	defer pr.env.pool.mu.Unlock()
	j.posting = false
}

// settle is told the answer of an event.
func (pr *process) settle(j *job, a Answer) {
	pr.env.pool.mu.Lock()
	defer pr.env.pool.mu.Unlock()
	pr.env.pool.answer(j, a, nil)
}

// fail is told why the process cannot start, if it is the time for that. It returns the state that the environment is
// in.
func (pr *process) fail(why *failure) string {
	p, e := pr.env.pool, pr.env
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case e.ended || e.process != pr || pr.up:
		if e.phase == running {
			return stateRunning
		}
		return stateReady
	case e.failure != nil:
		return stateStarted
	}
	e.failure = why
	return stateInitError
}
