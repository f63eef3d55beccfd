package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// patience is how long a transaction waits for another process. Theirs take milliseconds.
const patience = 30 * time.Second

// Open opens the state in a folder, which is made if it is not there.
func Open(dir string) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("opening the local cloud's state: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "blobs"), 0o700); err != nil {
		return nil, fmt.Errorf("opening the local cloud's state: %w", err)
	}
	d := &onDisk{path: filepath.Join(dir, "state.db")}
	s := &Store{tables: d, blobs: &diskBlobs{dir: filepath.Join(dir, "blobs")}}
	return s, nil
}

// onDisk opens the file for each transaction, so that it is locked no longer than that. It costs a few hundred
// microseconds.
type onDisk struct {
	path string

	mu     sync.Mutex // the lock is the process's own, too
	broken error      // the damage that was found; it is not looked at again
}

func (d *onDisk) update(ctx context.Context, work func(pages) error, after func() error) (err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		return d.broken
	}
	defer func() {
		if isDamage(err) {
			d.broken = err
		}
	}()
	// bbolt maps the file: a page that is cut off faults. It shall be an error that names the file.
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))

	db, err := d.open(ctx)
	if err != nil {
		return err
	}
	tx, err := d.begin(db)
	if isDamage(err) {
		return err // bbolt panicked, and may hold locks that Close would wait for
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // after Commit it does nothing
	p := &diskPages{tx: tx, path: d.path}
	if err := work(p); err != nil || !p.dirty {
		return err
	}
	if err := p.commit(); err != nil {
		return err
	}
	return after()
}

func (d *onDisk) begin(db *bbolt.DB) (tx *bbolt.Tx, err error) {
	defer fault(d.path, &err)
	tx, err = db.Begin(true)
	if err != nil {
		return nil, fmt.Errorf("reading the local cloud's state %s: %w", d.path, err)
	}
	return tx, nil
}

// fault makes the panic of a file that is cut off or overwritten an error.
func fault(path string, err *error) {
	if r := recover(); r != nil {
		*err = &Damaged{Path: path, What: strings.TrimRight(fmt.Sprint(r), "\x00")}
	}
}

// open waits for the lock in short steps, so that a cancelled ctx ends the wait.
func (d *onDisk) open(ctx context.Context) (*bbolt.DB, error) {
	end := time.Now().Add(patience)
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		db, err := d.tryOpen()
		switch {
		case err == nil:
			return db, nil
		case isDamage(err):
			return nil, err
		case errors.Is(err, berrors.ErrTimeout) && time.Now().Before(end):
			continue
		case errors.Is(err, berrors.ErrTimeout):
			return nil, fmt.Errorf("%w: %s", ErrBusy, d.path)
		case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
			return nil, fmt.Errorf("opening the local cloud's state: %w", err)
		}
		return nil, &Damaged{Path: d.path, What: "it cannot be opened", Err: err}
	}
}

func isDamage(err error) bool {
	_, is := errors.AsType[*Damaged](err)
	return is
}

func (d *onDisk) tryOpen() (db *bbolt.DB, err error) {
	defer fault(d.path, &err)
	return bbolt.Open(d.path, 0o600, &bbolt.Options{Timeout: 100 * time.Millisecond, NoStatistics: true})
}

func (d *onDisk) close() error { return nil }

// diskPages puts a CRC-32C before every value: bbolt checks its two meta pages only.
type diskPages struct {
	tx    *bbolt.Tx
	path  string
	dirty bool
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func (p *diskPages) get(table, key string) (value []byte, err error) {
	defer fault(p.path, &err)
	b := p.tx.Bucket([]byte(table))
	if b == nil {
		return nil, nil
	}
	return p.checked(table, key, b.Get([]byte(key)))
}

func (p *diskPages) commit() (err error) {
	defer fault(p.path, &err)
	if err := p.tx.Commit(); err != nil {
		return fmt.Errorf("writing the local cloud's state %s: %w", p.path, err)
	}
	return nil
}

func (p *diskPages) checked(table, key string, sealed []byte) ([]byte, error) {
	if sealed == nil {
		return nil, nil
	}
	if len(sealed) < 4 || binary.BigEndian.Uint32(sealed) != sum(table, key, sealed[4:]) {
		return nil, &Damaged{Path: p.path, What: "the checksum of " + table + "/" + key + " is wrong"}
	}
	return bytes.Clone(sealed[4:]), nil
}

// sum covers the names too: a value that stands in another's place is damage.
func sum(table, key string, value []byte) uint32 {
	c := crc32.Update(0, castagnoli, []byte(table+"\x00"+key+"\x00"))
	return crc32.Update(c, castagnoli, value)
}

func (p *diskPages) put(table, key string, value []byte) (err error) {
	defer fault(p.path, &err)
	b, err := p.tx.CreateBucketIfNotExists([]byte(table))
	if err != nil {
		return fmt.Errorf("writing %s/%s: %w", table, key, err)
	}
	p.dirty = true
	sealed := binary.BigEndian.AppendUint32(nil, sum(table, key, value))
	if err := b.Put([]byte(key), append(sealed, value...)); err != nil {
		return fmt.Errorf("writing %s/%s: %w", table, key, err)
	}
	return nil
}

func (p *diskPages) remove(table, key string) (err error) {
	defer fault(p.path, &err)
	b := p.tx.Bucket([]byte(table))
	if b == nil || b.Get([]byte(key)) == nil {
		return nil
	}
	p.dirty = true
	if err := b.Delete([]byte(key)); err != nil {
		return fmt.Errorf("removing %s/%s: %w", table, key, err)
	}
	return nil
}

func (p *diskPages) each(table, prefix string, visit func(string, []byte) bool) (err error) {
	defer fault(p.path, &err)
	b := p.tx.Bucket([]byte(table))
	if b == nil {
		return nil
	}
	c := b.Cursor()
	for k, v := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, v = c.Next() {
		value, err := p.checked(table, string(k), v)
		if err != nil {
			return err
		}
		if !visit(string(k), value) {
			return nil
		}
	}
	return nil
}

// diskBlobs are files, named by their digest, in folders of its first two digits.
type diskBlobs struct{ dir string }

func (d *diskBlobs) path(sum string) string { return filepath.Join(d.dir, sum[:2], sum[2:]) }

func (d *diskBlobs) draft(r io.Reader) (_ *Draft, err error) {
	f, err := os.CreateTemp(d.dir, ".draft-")
	if err != nil {
		return nil, fmt.Errorf("receiving an object: %w", err)
	}
	drop := func() error { return os.Remove(f.Name()) }
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = drop()
		}
	}()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), r)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("receiving an object: %w", err)
	}
	return &Draft{Sum: hex.EncodeToString(hash.Sum(nil)), Size: n, path: f.Name(), drop: drop}, nil
}

func (d *diskBlobs) keep(draft *Draft) error {
	path := d.path(draft.Sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keeping an object: %w", err)
	}
	if err := os.Rename(draft.path, path); err != nil {
		return fmt.Errorf("keeping an object: %w", err)
	}
	draft.drop = nil
	return nil
}

func (d *diskBlobs) read(sum string) ([]byte, error) {
	path := d.path(sum)
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Damaged{Path: path, What: "the bytes of an object are missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	return checked(path, sum, data)
}

func (d *diskBlobs) remove(sum string) error {
	if err := os.Remove(d.path(sum)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing an object: %w", err)
	}
	return nil
}

func (d *diskBlobs) any() (bool, error) {
	found, err := filepath.Glob(filepath.Join(d.dir, "??", "*"))
	return len(found) > 0, err
}

func (d *diskBlobs) close() error { return nil }
