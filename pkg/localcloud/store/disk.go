package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Option changes how a state in a folder is opened.
type Option func(*onDisk)

// Patience is how long a transaction waits for another process before it fails with ErrBusy: 30 s where this option is
// not given. Transactions take milliseconds.
func Patience(d time.Duration) Option { return func(o *onDisk) { o.patience = d } }

// Open opens the state in a folder, which is made if it is not there.
func Open(dir string, options ...Option) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the local cloud's state: %w", err)
	}
	objects := &diskBlobs{dir: filepath.Join(dir, "blobs")}
	if err := os.MkdirAll(objects.dir, 0o700); err != nil {
		return nil, fmt.Errorf("opening the local cloud's state: %w", err)
	}
	sweep(filepath.Join(dir, statePrefix+"*"), filepath.Join(objects.dir, draftPrefix+"*"))
	d := &onDisk{path: filepath.Join(dir, "state.db"), blobs: objects, turn: make(turn, 1), patience: 30 * time.Second}
	for _, option := range options {
		option(d)
	}
	return &Store{path: d.path, tables: d, blobs: objects}, nil
}

// onDisk opens the file for each transaction, so that it is locked no longer than that. It costs some tens of
// microseconds.
type onDisk struct {
	path     string
	blobs    *diskBlobs
	patience time.Duration

	turn turn // the lock is the process's own, too

	// What stands under turn's protection:
	seen   fs.FileInfo // the file as it was when it was last verified or written; nil before
	broken error       // bbolt panicked and may hold locks: it is not called again
}

func (d *onDisk) update(ctx context.Context, work func(pages) error, after func()) (err error) {
	if err := d.turn.take(ctx); err != nil {
		return err
	}
	defer d.turn.give()
	// bbolt maps the file. Where it is cut off meanwhile, a page faults: that shall be an error that names the file.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))

	db, err := d.ready(ctx)
	if err != nil {
		return err
	}
	defer d.release(db, &err)
	tx, err := d.begin(db)
	if err != nil {
		return err
	}
	defer d.end(tx)
	p := &diskPages{tx: tx, on: d}
	if err := work(p); err != nil || !p.dirty {
		return err
	}
	if err := p.commit(); err != nil {
		return err
	}
	after()
	return nil
}

// ready opens the file, which is verified if anybody else wrote it.
func (d *onDisk) ready(ctx context.Context) (*bbolt.DB, error) {
	if d.broken != nil {
		return nil, d.broken
	}
	end := time.Now().Add(d.patience)
	if err := d.known(ctx, end); err != nil {
		return nil, err
	}
	return d.open(ctx, end, &bbolt.Options{})
}

// known sees that the file is one that this store has verified or written. Between that and the transaction another
// process may write; it is a plldb, and verified what it found.
func (d *onDisk) known(ctx context.Context, end time.Time) (err error) {
	now, err := os.Stat(d.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = d.create()
	}
	if err != nil {
		return fmt.Errorf("opening the local cloud's state: %w", err)
	}
	if now != nil && now.Size() == 0 {
		return &Damaged{Path: d.path, What: "it is empty"}
	}
	if d.seen != nil && now != nil && os.SameFile(now, d.seen) && now.Size() == d.seen.Size() &&
		now.ModTime().Equal(d.seen.ModTime()) {
		return nil
	}
	db, err := d.open(ctx, end, &bbolt.Options{ReadOnly: true}) // which reads no more than the head
	if err != nil {
		return err
	}
	defer d.release(db, &err)
	return d.look()
}

// look verifies the file. It is locked.
func (d *onDisk) look() error {
	now, err := os.Stat(d.path)
	if err != nil {
		return fmt.Errorf("reading the local cloud's state: %w", err)
	}
	file, err := os.ReadFile(d.path)
	if err != nil {
		return fmt.Errorf("reading the local cloud's state: %w", err)
	}
	if err := verify(file); err != nil {
		return &Damaged{Path: d.path, What: err.Error()}
	}
	d.seen = now
	return nil
}

// open waits for the lock, for as long as the patience lasts and ctx is not done.
func (d *onDisk) open(ctx context.Context, end time.Time, options *bbolt.Options) (*bbolt.DB, error) {
	options.Timeout = time.Nanosecond // bbolt itself would sleep for 50 ms
	options.NoStatistics = true
	for pause := time.Millisecond; ; pause = min(2*pause, 16*time.Millisecond) {
		db, err := d.tryOpen(options)
		switch {
		case err == nil:
			return db, nil
		case !errors.Is(err, berrors.ErrTimeout):
			return nil, d.unopened(err)
		case time.Now().After(end):
			return nil, fmt.Errorf("%w: %s", ErrBusy, d.path)
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

func (d *onDisk) tryOpen(options *bbolt.Options) (db *bbolt.DB, err error) {
	defer d.fault(&err)
	return bbolt.Open(d.path, 0o600, options)
}

// unopened tells what the system does not allow from what is wrong with the file.
func (d *onDisk) unopened(err error) error {
	if _, system := errors.AsType[syscall.Errno](err); system {
		return fmt.Errorf("opening the local cloud's state %s: %w", d.path, err)
	}
	if _, known := errors.AsType[*Damaged](err); known {
		return err
	}
	return &Damaged{Path: d.path, What: "it cannot be opened", Err: err}
}

func (d *onDisk) begin(db *bbolt.DB) (tx *bbolt.Tx, err error) {
	defer d.fault(&err)
	tx, err = db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("reading the local cloud's state %s: %w", d.path, err)
	}
	return tx, nil
}

// end gives up what was not committed.
func (d *onDisk) end(tx *bbolt.Tx) {
	if d.broken != nil {
		return
	}
	var err error
	defer d.fault(&err)
	_ = tx.Rollback() // after Commit it does nothing
}

// release closes the file. After a panic Close might wait for a lock that nobody opens: then the file is free when the
// process ends.
func (d *onDisk) release(db *bbolt.DB, err *error) {
	if d.broken != nil {
		return
	}
	if failed := db.Close(); failed != nil {
		*err = errors.Join(*err, failed)
	}
}

// fault makes a panic of bbolt's an error.
func (d *onDisk) fault(err *error) {
	if r := recover(); r != nil {
		d.broken = &Damaged{Path: d.path, What: strings.TrimRight(fmt.Sprint(r), "\x00")}
		*err = d.broken
	}
}
