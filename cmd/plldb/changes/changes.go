// Package changes finds out that the source of the functions, or the template, is another than it was: by content,
// which is read where size or time of a file are others.
package changes

import (
	"context"
	"crypto/sha256"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	// Interval is how often the tree is looked at.
	Interval = time.Second / 2
	// settle is how long nothing may change any more until a change is told: an editor saves one file after the other.
	settle = time.Second / 10
	// coarse is how far the times of a file system may lie apart at most: a file that was written so short a time ago may
	// be written again without a later time. FAT counts in steps of two seconds.
	coarse = 2 * time.Second
)

// Tree is a source tree as it was when it was last looked at.
type Tree struct {
	root  string
	files map[string]file // by path, relative to root and with slashes
	sleep func(context.Context, time.Duration) error
}

// file is one file as it was.
type file struct {
	size    int64
	written time.Time
	looked  time.Time
	sum     [sha256.Size]byte
}

// Look reads the tree in a folder. sleep waits between later looks.
func Look(root string, sleep func(context.Context, time.Duration) error) *Tree {
	t := &Tree{root: root, sleep: sleep}
	t.Changed()
	return t
}

// Wait returns the files that are other than before, new or gone, sorted, once there are any and no more come. Its
// error is the context's.
func (t *Tree) Wait(ctx context.Context) ([]string, error) {
	changed, pause := map[string]bool{}, Interval
	for {
		if err := t.sleep(ctx, pause); err != nil {
			return nil, err
		}
		more := t.Changed()
		for _, name := range more {
			changed[name], pause = true, settle
		}
		if len(more) == 0 && len(changed) > 0 {
			return slices.Sorted(maps.Keys(changed)), nil
		}
	}
}

// Changed looks once more and returns the files that are other than at the last look, new or gone, sorted.
func (t *Tree) Changed() []string {
	now := map[string]file{}
	for _, part := range []string{"functions", "cloudformation", "go.mod", "go.sum"} {
		t.read(part, now)
	}
	var changed []string
	for name, f := range now {
		if was, ok := t.files[name]; !ok || was.sum != f.sum {
			changed = append(changed, name)
		}
	}
	for name := range t.files {
		if _, ok := now[name]; !ok {
			changed = append(changed, name)
		}
	}
	t.files = now
	slices.Sort(changed)
	return changed
}

// read adds what lies in a part of the tree. What cannot be read is not there: whoever compiles it says why.
func (t *Tree) read(part string, into map[string]file) {
	_ = filepath.WalkDir(filepath.Join(t.root, part), func(path string, entry fs.DirEntry, err error) error {
		name := filepath.Base(path)
		switch {
		case err != nil && entry != nil && entry.IsDir():
			return fs.SkipDir
		case err != nil:
			return nil //nolint:nilerr // it is not there
		case entry.IsDir() && passedOver(name):
			return fs.SkipDir
		case entry.IsDir() || passedOver(name) || !ofSource(name):
			return nil
		}
		relative, err := filepath.Rel(t.root, path)
		if err != nil {
			return nil //nolint:nilerr // it lies below
		}
		relative = filepath.ToSlash(relative)
		if f, ok := t.files[relative].again(path); ok {
			into[relative] = f
		}
		return nil
	})
}

// passedOver is what go passes over, too: https://pkg.go.dev/cmd/go#hdr-Package_lists_and_patterns.
func passedOver(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata"
}

// ofSource leaves out tests and what editors leave beside a file while they write it.
func ofSource(name string) bool {
	return !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "#") && !strings.HasSuffix(name, "~") &&
		!slices.Contains([]string{".swp", ".swx", ".tmp", ".bak", ".orig"}, filepath.Ext(name)) &&
		name != "4913" // vim tries with it whether it may write
}

// again is the file as it is now.
func (f file) again(path string) (file, bool) {
	looked := time.Now()
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return file{}, false
	}
	same := info.Size() == f.size && info.ModTime().Equal(f.written)
	if same && f.looked.Sub(f.written) > coarse {
		return f, true
	}
	text, err := os.ReadFile(path)
	return file{size: info.Size(), written: info.ModTime(), looked: looked, sum: sha256.Sum256(text)}, err == nil
}
