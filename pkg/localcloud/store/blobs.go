package store

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"slices"
)

// blobs are byte strings, each known by its SHA-256 in lower-case hexadecimal.
type blobs interface {
	// draft takes what r gives until its end, and holds it until it is kept or discarded.
	draft(r io.Reader) (*Draft, error)
	// keep makes the draft one of the blobs; a blob of those bytes may be there already.
	keep(d *Draft) error
	read(sum string) ([]byte, error)
	remove(sum string) error
	any() (bool, error) // is there one
	close() error
}

// Draft is bytes that were received and belong to nothing yet.
type Draft struct {
	Sum  string // SHA-256, lower-case hexadecimal
	Size int64  // bytes

	path string // on disk
	data []byte // in memory
	drop func() error
}

// Discard forgets the draft. After Keep it does nothing.
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

// Keep makes the draft a blob. It counts references: each Keep wants its Release.
func Keep(tx *Tx, d *Draft) {
	if tx.err != nil {
		return
	}
	if tx.err = tx.blobs.keep(d); tx.err != nil {
		return
	}
	n, _ := Get[int](tx, "blobs", d.Sum)
	Put(tx, "blobs", d.Sum, n+1)
}

// Retain counts one more reference to a blob that is kept.
func Retain(tx *Tx, sum string) {
	n, ok := Get[int](tx, "blobs", sum)
	if !ok && tx.err == nil {
		tx.err = fmt.Errorf("the blob %s is not kept", sum)
	}
	Put(tx, "blobs", sum, n+1)
}

// Release gives one reference up. The bytes go with the last of them, once the transaction is committed; a process that
// is killed in between leaves bytes that nothing names, which is harmless.
func Release(tx *Tx, sum string) {
	n, _ := Get[int](tx, "blobs", sum)
	if n > 1 {
		Put(tx, "blobs", sum, n-1)
		return
	}
	Delete(tx, "blobs", sum)
	tx.released = append(tx.released, sum)
}

// unreferenced are the released blobs that nothing refers to any more.
func (tx *Tx) unreferenced() []string {
	return slices.DeleteFunc(tx.released, func(sum string) bool {
		_, kept := Get[int](tx, "blobs", sum)
		return kept
	})
}

// Bytes reads a blob, and sees that it is the one that was kept.
func Bytes(tx *Tx, sum string) []byte {
	if tx.err != nil {
		return nil
	}
	data, err := tx.blobs.read(sum)
	if err != nil {
		tx.err = err
		return nil
	}
	return data
}

func checked(path, sum string, data []byte) ([]byte, error) {
	if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
		return nil, &Damaged{Path: path, What: "its bytes are not those that were written"}
	}
	return data, nil
}
