package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"go.etcd.io/bbolt"
)

// create makes the file, under another name first: there is never one that is half made. Where two processes do so at
// once, the first one's file stays.
func (d *onDisk) create() error {
	some, err := d.blobs.any()
	if err != nil {
		return err
	}
	if some {
		return &Damaged{Path: d.path, What: "it is missing, and there are bytes of objects beside it"}
	}
	temporary, err := os.CreateTemp(filepath.Dir(d.path), statePrefix)
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	if err := errors.Join(temporary.Close(), first(temporary.Name())); err != nil {
		return fmt.Errorf("making %s: %w", d.path, err)
	}
	if err := os.Link(temporary.Name(), d.path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// first writes a state that holds its layout only.
func first(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoStatistics: true})
	if err != nil {
		return err
	}
	tx, err := db.Begin(true)
	if err != nil {
		return errors.Join(err, db.Close())
	}
	p := &diskPages{tx: tx, on: &onDisk{path: path}}
	err = p.put(about, formatKey, []byte(strconv.Quote(Format)))
	if err == nil {
		err = p.commit()
	}
	return errors.Join(err, db.Close())
}
