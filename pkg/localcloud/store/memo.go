package store

import (
	"context"
	"os"
	"sync"
)

// Memo keeps what was read for as long as nobody writes to the store, whoever it is. A value is shared: who gets it does
// not change it. It may be used by several goroutines.
type Memo[V any] struct {
	store   *Store
	reading turn // of whom one reads, since what he finds is what the others wait for

	mu         sync.Mutex
	generation uint64
	values     map[string]V
}

// NewMemo is one that knows nothing yet.
func NewMemo[V any](s *Store) *Memo[V] { return &Memo[V]{store: s, reading: make(turn, 1)} }

// Get gives what read makes of the state as it is. read is called in a transaction, where the value is not known by its key
// already; it writes nothing, and its errors are not kept.
func (m *Memo[V]) Get(ctx context.Context, key string, read func(*Tx) (V, error)) (V, error) {
	if value, ok := m.present(key); ok {
		return value, nil
	}
	if err := m.reading.take(ctx); err != nil {
		var none V
		return none, err
	}
	defer m.reading.give()
	value, ok := m.present(key)
	if ok {
		return value, nil
	}
	err := m.store.Update(ctx, func(tx *Tx) error {
		now, ok := m.store.tables.generation() // nobody writes meanwhile
		var err error
		if value, err = read(tx); err == nil && ok && tx.err == nil {
			m.keep(now, key, value)
		}
		return err
	})
	return value, err
}

// present is the value of a key if it is known, and nothing was written since.
func (m *Memo[V]) present(key string) (V, bool) {
	now, ok := m.store.tables.generation()
	if !ok {
		var none V
		return none, false
	}
	return m.known(now, key)
}

func (m *Memo[V]) known(generation uint64, key string) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation != m.generation {
		var none V
		return none, false
	}
	value, ok := m.values[key]
	return value, ok
}

func (m *Memo[V]) keep(generation uint64, key string, value V) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if generation != m.generation || m.values == nil {
		m.generation, m.values = generation, map[string]V{}
	}
	m.values[key] = value
}

// generation tells one state of the tables from the next: it counts what was written. It is read from the file, since other
// processes write there, and without the lock, which takes most of a transaction's time. A head that is just being
// written has a wrong checksum, and then nothing is known.
func (d *onDisk) generation() (uint64, bool) {
	file, err := os.Open(d.path)
	if err != nil {
		return 0, false
	}
	defer file.Close()
	head := make([]byte, headerSize+metaSize)
	var last uint64
	for at := 0; ; {
		if _, err := file.ReadAt(head, int64(at)); err != nil {
			return 0, false
		}
		m, err := metaAt(head, 0)
		if err != nil {
			return 0, false
		}
		last = max(last, m.txid)
		if at > 0 {
			return last, true
		}
		at = m.pageSize
	}
}

func (m *inMemory) generation() (uint64, bool) { return m.commits.Load(), true }
