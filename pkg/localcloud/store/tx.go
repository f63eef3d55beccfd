package store

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// Tx is one transaction. It is for one goroutine, and for as long as the work that it was given to.
//
// Reading and writing return no errors: the first that occurs is kept, ends what follows and fails the transaction, so
// what a service computed from a value that could not be read reaches nobody.
type Tx struct {
	pages    pages
	blobs    blobs
	err      error
	released []string // blobs that lost a reference
}

// Format is the layout of the state that this plldb reads and writes.
const Format = "1"

const about = "about"

// format sees to it that the state is one of this layout, or empty.
func (tx *Tx) format() error {
	found, ok := Get[string](tx, about, "format")
	if tx.err != nil {
		return tx.err
	}
	if !ok {
		return tx.empty()
	}
	if found != Format {
		return fmt.Errorf("the local cloud's state has layout %s, and this plldb knows layout %s: "+
			"use the plldb that made it, or another folder", found, Format)
	}
	return nil
}

// empty sees that a state without a value is a new one: blobs are kept only beside values.
func (tx *Tx) empty() error {
	some, err := tx.blobs.any()
	if err == nil && some {
		err = &Damaged{Path: "state.db", What: "it is empty, and there are bytes of objects beside it"}
	}
	return err
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
		tx.err = &Damaged{Path: table + "/" + key, What: "the value cannot be read", Err: err}
		var none T
		return none, false
	}
	return value, true
}

// Put writes a value over whatever was there. T is a type that encoding/json gives back as it was.
func Put[T any](tx *Tx, table, key string, value T) {
	if tx.err != nil {
		return
	}
	text, err := json.Marshal(value)
	if err != nil {
		tx.err = fmt.Errorf("writing %s/%s: %w", table, key, err)
		return
	}
	tx.stamp()
	if tx.err == nil {
		tx.err = tx.pages.put(table, key, text)
	}
}

// stamp writes the layout before the first value.
func (tx *Tx) stamp() {
	text, err := tx.pages.get(about, "format")
	if err == nil && text == nil {
		err = tx.pages.put(about, "format", []byte(strconv.Quote(Format)))
	}
	tx.err = err
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
	tx.err = tx.pages.each(table, prefix, func(key string, text []byte) bool {
		found = append(found, entry{key, text})
		return true
	})
	for _, e := range found {
		var value T
		if tx.err != nil {
			return
		}
		if err := json.Unmarshal(e.text, &value); err != nil {
			tx.err = &Damaged{Path: table + "/" + e.key, What: "the value cannot be read", Err: err}
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
