package execution

// UnderWay is how many events have no answer yet.
func (p *Pool) UnderWay() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.underWay
}

// Idle tells whether an environment is idle.
func (p *Pool) Idle() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.functions {
		if len(f.idle) > 0 {
			return true
		}
	}
	return false
}
