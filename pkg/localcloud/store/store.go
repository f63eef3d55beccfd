// Package store keeps the state of the local cloud: tables of JSON values in one file (bbolt), and the bytes of objects
// beside it, in one folder; or all of it in memory.
//
// A transaction is all or nothing and alone, also among processes: the file is locked for as long as a transaction
// takes, and not held between them, so two plldb may work on one folder. What is committed survives kill -9. What is
// damaged is named and never guessed at: every value carries a checksum, and so does every blob, and all values together
// have a sum.
package store

import (
	"context"
	"errors"
	"fmt"
)

// Store is the state. It may be used by several goroutines.
type Store struct {
	path   string // the file of the tables, or a word for it
	tables keeper
	blobs  blobs
}

// keeper runs transactions on tables.
type keeper interface {
	// update calls work alone, and keeps what it wrote if it returns nil; then it calls after, still alone. Where work
	// wrote nothing, it does not.
	update(ctx context.Context, work func(pages) error, after func()) error
	// generation is another number after each transaction that wrote; false says that it cannot be told.
	generation() (uint64, bool)
}

// pages are the tables within one transaction. Keys come in the order of their bytes.
type pages interface {
	get(table, key string) ([]byte, error)
	put(table, key string, value []byte) error
	remove(table, key string) error
	// each visits the keys that begin with prefix. visit neither puts nor removes.
	each(table, prefix string, visit func(key string, value []byte)) error
}

// Memory is a store that is gone with the process.
func Memory() *Store {
	return &Store{path: "in memory", tables: newInMemory(), blobs: newMemoryBlobs()}
}

// Damaged is the error for a state that cannot be read. Nothing in it was changed.
type Damaged struct {
	Path string // the file or folder
	What string // what is wrong with it
	Err  error  // may be nil
}

// Error names the file and what is wrong.
func (d *Damaged) Error() string {
	if d.Err == nil {
		return fmt.Sprintf("the local cloud's state %s is damaged: %s", d.Path, d.What)
	}
	return fmt.Sprintf("the local cloud's state %s is damaged: %s: %v", d.Path, d.What, d.Err)
}

// Unwrap returns what the file system or bbolt said.
func (d *Damaged) Unwrap() error { return d.Err }

// ErrBusy is the error when another process does not let go of the state.
var ErrBusy = errors.New("another process holds the local cloud's state")

// errEnded is the error of a transaction that is used after its work.
var errEnded = errors.New("the transaction has ended")

// Update runs work alone, on the state as it is. What work wrote is kept if Update returns nil, and only then. Where
// work wrote nothing, nothing is written to the disk. A transaction with an error of its own (Tx.Err) fails with it,
// whatever work returned. ctx ends the wait for others, not the work. Within work there is no other Update.
func (s *Store) Update(ctx context.Context, work func(*Tx) error) error {
	tx := &Tx{path: s.path, blobs: s.blobs, kept: map[string]*Draft{}}
	return s.tables.update(ctx, func(p pages) error {
		tx.pages = p
		return tx.run(work)
	}, tx.drop)
}

// Close lets go of the state. Between transactions nothing is held, so there is nothing to do yet.
func (s *Store) Close() error { return nil }
