package store

import (
	"fmt"
	"io"
)

// blobs are byte strings, each known by its SHA-256 in lower-case hexadecimal. They may be asked within a transaction
// and outside one.
type blobs interface {
	// draft takes what r gives until its end, and holds it until it is kept or discarded.
	draft(r io.Reader) (*Draft, error)
	// keep makes the draft one of the blobs; a blob of those bytes may be there already.
	keep(d *Draft) error
	read(sum string) ([]byte, error)
	readDraft(d *Draft) ([]byte, error)
	remove(sum string)
}

// Draft is bytes that were received and belong to nothing yet.
type Draft struct {
	Sum  string // SHA-256, lower-case hexadecimal
	Size int64  // bytes

	path string // on disk
	data []byte // in memory
	drop func() error
}

// Discard forgets the draft. After a transaction that kept it, it does nothing.
func (d *Draft) Discard() error {
	if d.drop == nil {
		return nil
	}
	drop := d.drop
	d.drop = nil
	return drop()
}

// Draft receives bytes outside any transaction, since they may take their time. Discard it, whether it was kept or not.
func (s *Store) Draft(r io.Reader) (*Draft, error) { return s.blobs.draft(r) }

// Keep makes the draft a blob, once the transaction is committed. It counts references: each Keep wants its Release.
func Keep(tx *Tx, d *Draft) {
	n, _ := Get[int](tx, "blobs", d.Sum)
	Put(tx, "blobs", d.Sum, n+1)
	tx.kept[d.Sum] = d
}

// Retain counts one more reference to a blob that is kept.
func Retain(tx *Tx, sum string) {
	if n, ok := tx.references(sum); ok {
		Put(tx, "blobs", sum, n+1)
	}
}

// Release gives one reference up. The bytes go with the last of them, once the transaction is committed; a process that
// is killed in between leaves bytes that nothing names, which is harmless.
func Release(tx *Tx, sum string) {
	switch n, ok := tx.references(sum); {
	case !ok:
	case n > 1:
		Put(tx, "blobs", sum, n-1)
	default:
		Delete(tx, "blobs", sum)
		tx.released = append(tx.released, sum)
	}
}

// references counts. A blob without one is an error: somebody gave up what was not theirs.
func (tx *Tx) references(sum string) (int, bool) {
	n, ok := Get[int](tx, "blobs", sum)
	if !ok && tx.err == nil {
		tx.err = fmt.Errorf("the blob %s is not kept", sum)
	}
	return n, ok
}

// settle ends the transaction for blobs: those that are referred to get their places, and of the others those are left
// over that had a place.
func (tx *Tx) settle() {
	for sum, d := range tx.kept {
		if _, referred := Get[int](tx, "blobs", sum); !referred || tx.err != nil {
			continue
		}
		if err := tx.blobs.keep(d); err != nil {
			tx.err = err
			return
		}
	}
	var gone []string
	for _, sum := range tx.released {
		if _, referred := Get[int](tx, "blobs", sum); !referred {
			gone = append(gone, sum)
		}
	}
	tx.released = gone
}

// drop removes what nothing refers to any more.
func (tx *Tx) drop() {
	for _, sum := range tx.released {
		tx.blobs.remove(sum)
	}
}

// Bytes reads a blob, and sees that it is the one that was kept.
func Bytes(tx *Tx, sum string) []byte {
	if tx.err != nil {
		return nil
	}
	read := tx.blobs.read
	if d, ok := tx.kept[sum]; ok {
		read = func(string) ([]byte, error) { return tx.blobs.readDraft(d) }
	}
	data, err := read(sum)
	if err != nil {
		tx.err = err
		return nil
	}
	return data
}
