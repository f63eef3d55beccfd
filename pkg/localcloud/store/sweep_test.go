package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// What a killed process left over goes when the state is opened, and what may be another's work does not.
func TestOpenSweeps(t *testing.T) {
	dir := t.TempDir()
	do(t, open(t, dir), func(tx *store.Tx) { store.Put(tx, "t", "a", 1) })
	old := time.Now().Add(-2 * time.Hour)
	files := map[string]bool{ // whether it is left
		".state-1": false, "blobs/.draft-1": false, "blobs/.draft-2": true, ".state-2": true, "state.db": true,
		"notes": true, "blobs/.other": true,
	}
	for name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if name != "state.db" {
			if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if filepath.Base(name) == ".draft-2" || name == ".state-2" { // of a moment ago
			continue
		}
		if err := os.Chtimes(path, old, old); err != nil {
			t.Fatal(err)
		}
	}
	folder := filepath.Join(dir, ".state-folder")
	if err := errors.Join(os.Mkdir(folder, 0o700), os.Chtimes(folder, old, old)); err != nil {
		t.Fatal(err)
	}
	files[".state-folder"] = true

	s := open(t, dir)
	for name, left := range files {
		_, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(name)))
		if left && err != nil || !left && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := table[int](t, s, "t"); got["a"] != 1 {
		t.Errorf("t is %v", got)
	}
}

func TestTextsAreValid(t *testing.T) {
	type value struct {
		Text string
		Map  map[string]string
	}
	for text, valid := range map[string]bool{
		"plain": true, "\uFFFD": true, `\ufffd`: true, `\\ufffd`: true, "\"\\": true, "\\": true, "ä\x00\u2028": true,
		"\xff": false, "a\\\xff": false, "caf\xe9": false, "\xed\xa0\x80": false,
	} {
		both(t, func(t *testing.T, s *store.Store) {
			for _, v := range []value{{Text: text}, {Map: map[string]string{"k": text}}, {Map: map[string]string{text: "v"}}} {
				err := try(t, s, func(tx *store.Tx) { store.Put(tx, "t", "a", v) })
				if (err == nil) != valid {
					t.Errorf("%q: %v", text, err)
				}
				got, ok := table[value](t, s, "t")["a"]
				if ok && (got.Text != v.Text || len(got.Map) != len(v.Map) || got.Map["k"] != v.Map["k"]) {
					t.Errorf("%q came back as %q", v, got)
				}
			}
		})
	}
}
