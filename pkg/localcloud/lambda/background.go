package lambda

import (
	"context"
	"sync"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// background is work that goes on beside its callers, until it is closed.
type background struct {
	mu      sync.Mutex
	cancels map[int]context.CancelFunc // of what goes on
	started int
	closed  chan struct{} // nil until close; then closed once nothing goes on any more
}

// start does work beside the caller. An error is execution.ErrClosed, or execution.ErrTooMany where as much goes on as
// may.
func (b *background) start(ctx context.Context, work func(context.Context)) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.closed != nil:
		return execution.ErrClosed
	case len(b.cancels) >= mostEvents:
		return execution.ErrTooMany
	}
	ctx, cancel := context.WithCancel(ctx)
	if b.cancels == nil {
		b.cancels = map[int]context.CancelFunc{}
	}
	b.started++
	id := b.started
	b.cancels[id] = cancel
	go func() {
		defer b.end(id)
		work(ctx)
	}()
	return nil
}

func (b *background) end(id int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.cancels[id]()
	delete(b.cancels, id)
	if b.closed != nil && len(b.cancels) == 0 {
		close(b.closed)
	}
}

// close ends what goes on, and waits for it as long as ctx lasts.
// What is over already is no matter of ctx.
func (b *background) close(ctx context.Context) error {
	over := b.closing()
	select {
	case <-over:
		return nil
	default:
	}
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// closing cancels what goes on, and gives what is closed once that is over.
func (b *background) closing() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed != nil {
		return b.closed
	}
	b.closed = make(chan struct{})
	for _, cancel := range b.cancels {
		cancel()
	}
	if len(b.cancels) == 0 {
		close(b.closed)
	}
	return b.closed
}
