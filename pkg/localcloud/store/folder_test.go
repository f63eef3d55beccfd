package store_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

func TestABlobIsDamaged(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"changed": func(path string) error { return os.WriteFile(path, []byte("other"), 0o600) },
		"cut":     func(path string) error { return os.Truncate(path, 2) },
		"missing": os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			d := draft(t, s, "bytes")
			do(t, s, func(tx *store.Tx) { store.Keep(tx, d) })
			path := filepath.Join(dir, "blobs", d.Sum[:2], d.Sum[2:])
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			err := try(t, s, func(tx *store.Tx) {
				if got := store.Bytes(tx, d.Sum); got != nil {
					t.Errorf("got %q", got)
				}
			})
			if damaged, ok := errors.AsType[*store.Damaged](err); !ok || damaged.Path != path {
				t.Errorf("got %v", err)
			}
			again := draft(t, s, "bytes") // what is sent again heals
			do(t, s, func(tx *store.Tx) { store.Keep(tx, again) })
			do(t, s, func(tx *store.Tx) { store.Bytes(tx, d.Sum) })
		})
	}
}

func TestAStateThatIsGone(t *testing.T) {
	for name, damage := range map[string]func(path string) error{
		"missing": os.Remove,
		"empty":   func(path string) error { return os.Truncate(path, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			d := draft(t, s, "bytes")
			do(t, s, func(tx *store.Tx) { store.Keep(tx, d) })
			path := filepath.Join(dir, "state.db")
			if err := damage(path); err != nil {
				t.Fatal(err)
			}
			for _, s := range []*store.Store{s, open(t, dir)} {
				err := try(t, s, func(*store.Tx) { t.Error("it ran") })
				if damaged, ok := errors.AsType[*store.Damaged](err); !ok || damaged.Path != path {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

func TestAnotherLayoutIsNotTouched(t *testing.T) {
	dir := t.TempDir()
	do(t, open(t, dir), func(tx *store.Tx) { store.Put(tx, "about", "format", "2") })
	for range 2 {
		err := try(t, open(t, dir), func(*store.Tx) { t.Error("it ran") })
		if err == nil || !strings.Contains(err.Error(), "layout 2") || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
		if _, ok := errors.AsType[*store.Damaged](err); ok {
			t.Error("it is not damage")
		}
	}
}

func TestFoldersThatCannotBeUsed(t *testing.T) {
	t.Run("a file", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := store.Open(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a folder for a file", func(t *testing.T) {
		dir := t.TempDir()
		if err := os.Mkdir(filepath.Join(dir, "state.db"), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := try(t, open(t, dir), func(*store.Tx) {}); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not writable", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may write everywhere")
		}
		dir := t.TempDir()
		s := open(t, dir)
		if err := os.Chmod(dir, 0o500); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(dir, 0o700) }) // else it cannot be removed
		if err := try(t, s, func(*store.Tx) {}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
		if _, err := store.Open(filepath.Join(dir, "below")); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not readable", func(t *testing.T) {
		if os.Getuid() == 0 {
			t.Skip("root may read everything")
		}
		dir := t.TempDir()
		do(t, open(t, dir), func(*store.Tx) {})
		if err := os.Chmod(filepath.Join(dir, "state.db"), 0); err != nil {
			t.Fatal(err)
		}
		if err := try(t, open(t, dir), func(*store.Tx) {}); !errors.Is(err, fs.ErrPermission) {
			t.Errorf("got %v", err)
		}
	})
}
