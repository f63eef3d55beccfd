package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// Tx is one transaction. It is for one goroutine, and for as long as the work that it was given to.
//
// Reading and writing return no errors: the first that occurs is kept, ends what follows and fails the transaction, so
// what a service computed from a value that could not be read reaches nobody.
type Tx struct {
	path     string
	pages    pages
	blobs    blobs
	err      error
	kept     map[string]*Draft // drafts that become blobs at the end, by their sums
	released []string          // blobs that lost their last reference
}

// Format is the layout of the state that this plldb reads and writes.
const Format = "1"

const about, formatKey = "about", "format"

// run does the work, and gives the drafts that it kept their places last: before that, all can be undone.
func (tx *Tx) run(work func(*Tx) error) error {
	defer func() { tx.err = errEnded }()
	tx.format()
	if tx.err != nil {
		return tx.err
	}
	err := work(tx)
	if tx.err == nil && err == nil {
		tx.settle()
	}
	if tx.err != nil {
		return tx.err
	}
	return err
}

// format sees to it that the state is one of this layout.
func (tx *Tx) format() {
	found, ok := Get[string](tx, about, formatKey)
	switch {
	case tx.err != nil || found == Format:
	case !ok:
		tx.err = &Damaged{Path: tx.path, What: "it does not say which layout it has"}
	default:
		tx.err = fmt.Errorf("the local cloud's state %s has layout %s, and this plldb knows layout %s: "+
			"use the plldb that made it, or another folder", tx.path, found, Format)
	}
}

// Err is the first error of the transaction.
func (tx *Tx) Err() error { return tx.err }

// Get reads a value; false says that there is none.
func Get[T any](tx *Tx, table, key string) (T, bool) {
	var value T
	if tx.err != nil {
		return value, false
	}
	text, err := tx.pages.get(table, key)
	if err != nil || text == nil {
		tx.err = err
		return value, false
	}
	if err := json.Unmarshal(text, &value); err != nil {
		tx.unreadable(table, key, err)
		var none T
		return none, false
	}
	return value, true
}

func (tx *Tx) unreadable(table, key string, err error) {
	tx.err = &Damaged{Path: tx.path, What: "the value of " + table + "/" + key + " cannot be read", Err: err}
}

var errNoKey = errors.New("a value needs a table and a key, of at most 32768 bytes")

var errNotUTF8 = errors.New("a text in it is not valid UTF-8, and would come back changed")

// replaced tells whether encoding/json put U+FFFD for bytes that are no UTF-8. It writes that one escaped, and one that
// stood in the text as it is.
func replaced(text []byte) bool {
	for {
		i := bytes.IndexByte(text, '\\')
		if i < 0 {
			return false
		}
		if bytes.HasPrefix(text[i:], []byte(`\ufffd`)) {
			return true
		}
		text = text[i+2:] // every escape has a second byte: an escaped backslash begins none
	}
}

// longest is how many bytes a key may have: bbolt's limit.
const longest = 32768

// Put writes a value over whatever was there. T is a type that encoding/json gives back as it was; a
// string that is not valid UTF-8 is an error. Neither table nor key is empty.
func Put[T any](tx *Tx, table, key string, value T) {
	if tx.err != nil {
		return
	}
	text, err := json.Marshal(value)
	if err == nil && replaced(text) {
		err = errNotUTF8
	}
	if err == nil && (table == "" || key == "" || len(key) > longest) {
		err = errNoKey
	}
	if err != nil {
		tx.err = fmt.Errorf("writing %s/%s: %w", table, key, err)
		return
	}
	tx.err = tx.pages.put(table, key, text)
}

// Delete removes a value, if it is there.
func Delete(tx *Tx, table, key string) {
	if tx.err == nil {
		tx.err = tx.pages.remove(table, key)
	}
}

// Each visits the values whose keys begin with prefix, in the order of the keys' bytes, until visit returns false. The
// values are those of the moment at which it began: visit may put and delete.
func Each[T any](tx *Tx, table, prefix string, visit func(key string, value T) bool) {
	if tx.err != nil {
		return
	}
	type entry struct {
		key  string
		text []byte
	}
	var found []entry
	tx.err = tx.pages.each(table, prefix, func(key string, text []byte) {
		found = append(found, entry{key, text})
	})
	for _, e := range found {
		var value T
		if tx.err != nil {
			return
		}
		if err := json.Unmarshal(e.text, &value); err != nil {
			tx.unreadable(table, e.key, err)
			return
		}
		if !visit(e.key, value) {
			return
		}
	}
}

// Next counts: it gives 1 for a name that was never used, then 2, and so on.
func Next(tx *Tx, name string) uint64 {
	n, _ := Get[uint64](tx, "counters", name)
	Put(tx, "counters", name, n+1)
	return n + 1
}
