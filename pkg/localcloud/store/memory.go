package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// inMemory keeps tables in maps. A transaction works on copies of the tables that it writes to.
type inMemory struct {
	turn    turn
	tables  map[string]map[string][]byte
	commits atomic.Uint64
}

func newInMemory() *inMemory {
	format := map[string][]byte{formatKey: []byte(strconv.Quote(Format))}
	return &inMemory{turn: make(turn, 1), tables: map[string]map[string][]byte{about: format}}
}

func (m *inMemory) update(ctx context.Context, work func(pages) error, after func()) error {
	if err := m.turn.take(ctx); err != nil {
		return err
	}
	defer m.turn.give()
	p := &memoryPages{old: m.tables, written: map[string]map[string][]byte{}}
	if err := work(p); err != nil {
		return err
	}
	if len(p.written) > 0 {
		maps.Copy(m.tables, p.written)
		m.commits.Add(1)
		after()
	}
	return nil
}

type memoryPages struct {
	old     map[string]map[string][]byte
	written map[string]map[string][]byte
}

func (p *memoryPages) table(name string) map[string][]byte {
	if t, ok := p.written[name]; ok {
		return t
	}
	return p.old[name]
}

func (p *memoryPages) open(name string) map[string][]byte {
	t, ok := p.written[name]
	if !ok {
		t = maps.Clone(p.old[name])
		if t == nil {
			t = map[string][]byte{}
		}
		p.written[name] = t
	}
	return t
}

func (p *memoryPages) get(table, key string) ([]byte, error) { return p.table(table)[key], nil }

func (p *memoryPages) put(table, key string, value []byte) error {
	p.open(table)[key] = value
	return nil
}

func (p *memoryPages) remove(table, key string) error {
	if _, ok := p.table(table)[key]; ok {
		delete(p.open(table), key)
	}
	return nil
}

func (p *memoryPages) each(table, prefix string, visit func(string, []byte)) error {
	t := p.table(table)
	for _, key := range slices.Sorted(maps.Keys(t)) {
		if strings.HasPrefix(key, prefix) {
			visit(key, t[key])
		}
	}
	return nil
}

// memoryBlobs may be asked within a transaction and outside one.
type memoryBlobs struct {
	mu   sync.Mutex
	data map[string][]byte
}

func newMemoryBlobs() *memoryBlobs { return &memoryBlobs{data: map[string][]byte{}} }

func (m *memoryBlobs) draft(r io.Reader) (*Draft, error) {
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return &Draft{Sum: hex.EncodeToString(sum[:]), Size: int64(len(data)), data: data}, nil
}

func (m *memoryBlobs) keep(d *Draft) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.data[d.Sum] = d.data
	return nil
}

func (m *memoryBlobs) read(sum string) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	data, ok := m.data[sum]
	if !ok {
		return nil, &Damaged{Path: "in memory", What: "the bytes of the object " + sum + " are missing"}
	}
	return bytes.Clone(data), nil
}

func (m *memoryBlobs) readDraft(d *Draft) ([]byte, error) { return bytes.Clone(d.data), nil }

func (m *memoryBlobs) remove(sum string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.data, sum)
}
