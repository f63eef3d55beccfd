package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// A store that has verified a file looks at it again when somebody wrote to it.
func TestDamageWhileTheStoreIsOpen(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	do(t, s, func(tx *store.Tx) { store.Put(tx, "t", "a", "some text") })
	path := filepath.Join(dir, "state.db")
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	damaged := []byte(strings.ReplaceAll(string(file), "some text", "same text"))
	if err := os.WriteFile(path, damaged, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, time.Now().Add(time.Second)); err != nil { // where the clock is coarse
		t.Fatal(err)
	}
	err = try(t, s, func(*store.Tx) { t.Error("it ran") })
	if found, ok := errors.AsType[*store.Damaged](err); !ok || found.Path != path {
		t.Errorf("got %v", err)
	}
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := table[string](t, s, "t"); got["a"] != "some text" {
		t.Errorf("healed, t is %v", got)
	}
}

func TestReadingWritesNothing(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	do(t, s, func(tx *store.Tx) { store.Put(tx, "t", "a", 1) })
	before, err := os.ReadFile(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	do(t, s, func(tx *store.Tx) {
		store.Get[int](tx, "t", "a")
		store.Delete(tx, "t", "b")
		each[int](tx, "u")
	})
	after, err := os.ReadFile(filepath.Join(dir, "state.db"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file is another, %v", err)
	}
}

func TestTwoStoresOnOneFolder(t *testing.T) {
	dir := t.TempDir()
	a, b := open(t, dir), open(t, dir)
	for i := range uint64(20) {
		for j, s := range []*store.Store{a, b} {
			do(t, s, func(tx *store.Tx) {
				if n := store.Next(tx, "n"); n != 2*i+uint64(j)+1 {
					t.Errorf("it counts %d", n)
				}
			})
		}
	}
}
