// Package groupcommit writes for many at the cost of one: what comes while a transaction is being written goes into
// the next one, together. A transaction costs a disk sync, and a thousand clients may connect at once.
package groupcommit

import (
	"context"
	"sync"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// Writer writes. It may be used by several goroutines.
type Writer struct {
	update func(ctx context.Context, work func(*store.Tx) error) error

	turn    chan struct{} // held by who writes for all; its capacity is one
	mu      sync.Mutex
	waiting []*entry
}

// entry is what one caller wants written.
type entry struct {
	work func(*store.Tx)
	done chan error // of capacity one
}

// New is a writer that runs its transactions with update: a Store's.
func New(update func(ctx context.Context, work func(*store.Tx) error) error) *Writer {
	return &Writer{update: update, turn: make(chan struct{}, 1)}
}

// Write runs work in a transaction, and returns when that is kept or has failed, for all that were in it. work only
// puts and deletes. ctx gives values: what is waiting is written though its caller has left.
func (w *Writer) Write(ctx context.Context, work func(*store.Tx)) error {
	e := &entry{work: work, done: make(chan error, 1)}
	w.mu.Lock()
	w.waiting = append(w.waiting, e)
	w.mu.Unlock()
	select {
	case err := <-e.done:
		return err
	case w.turn <- struct{}{}:
	}
	defer func() { <-w.turn }()
	w.flush(context.WithoutCancel(ctx))
	return <-e.done // by this flush, or one before
}

// flush writes what is waiting.
func (w *Writer) flush(ctx context.Context) {
	w.mu.Lock()
	group := w.waiting
	w.waiting = nil
	w.mu.Unlock()
	if len(group) == 0 {
		return
	}
	err := w.update(ctx, func(tx *store.Tx) error {
		for _, e := range group {
			e.work(tx)
		}
		return nil
	})
	for _, e := range group {
		e.done <- err
	}
}
