package changes_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/plldb/plldb/cmd/plldb/changes"
)

// source is a small tree that was written long ago.
func source(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for _, name := range []string{
		"go.mod", "go.sum", "README.md", "cloudformation/template.yaml", "functions/a/main.go", "functions/handlers/a/handle.go",
	} {
		write(t, root, name, "before")
	}
	return root
}

// write writes a file as it was an hour ago.
func write(t *testing.T, root, name, text string) {
	t.Helper()
	path := filepath.Join(root, filepath.FromSlash(name))
	check(t, os.MkdirAll(filepath.Dir(path), 0o755))
	check(t, os.WriteFile(path, []byte(text), 0o600))
	then := time.Now().Add(-time.Hour)
	check(t, os.Chtimes(path, then, then))
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// never is for trees that are not waited for.
func never(context.Context, time.Duration) error { return errors.New("nobody waits here") }

func TestChanged(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, root string)
		want   []string
	}{
		"nothing":     {func(*testing.T, string) {}, nil},
		"a handler":   {writes("functions/handlers/a/handle.go"), []string{"functions/handlers/a/handle.go"}},
		"a template":  {writes("cloudformation/template.yaml"), []string{"cloudformation/template.yaml"}},
		"the modules": {writes("go.mod", "go.sum"), []string{"go.mod", "go.sum"}},
		"a new one":   {writes("functions/b/main.go"), []string{"functions/b/main.go"}},
		"one is gone": {func(t *testing.T, root string) {
			check(t, os.RemoveAll(filepath.Join(root, "functions", "a")))
		}, []string{"functions/a/main.go"}},
		"the time alone": {func(t *testing.T, root string) {
			now := time.Now()
			check(t, os.Chtimes(filepath.Join(root, "go.mod"), now, now))
		}, nil},
		"what is not deployed": {writes("README.md", "pkg/x/x.go", "functions/a/main_test.go", "functions/a/testdata/event.json"), nil},
		"what editors leave": {writes(
			"functions/a/.main.go.swp", "functions/a/main.go~", "functions/a/#main.go#", "functions/a/.#main.go", "functions/a/4913",
			"functions/a/main.go.tmp", "functions/a/main.go.bak", "functions/.git/index", "functions/_old/main.go",
		), nil},
		"a folder with a name of a file": {func(t *testing.T, root string) {
			check(t, os.RemoveAll(filepath.Join(root, "go.sum")))
			check(t, os.Mkdir(filepath.Join(root, "go.sum"), 0o755))
		}, []string{"go.sum"}},
	} {
		t.Run(name, func(t *testing.T) {
			root := source(t)
			tree := changes.Look(root, never)
			test.change(t, root)
			if got := tree.Changed(); !slices.Equal(got, test.want) {
				t.Errorf("changed are %v, want %v", got, test.want)
			}
			if got := tree.Changed(); len(got) > 0 {
				t.Errorf("%v changed twice", got)
			}
		})
	}
}

func writes(names ...string) func(*testing.T, string) {
	return func(t *testing.T, root string) {
		for _, name := range names {
			write(t, root, name, "after it")
		}
	}
}

// Two writes within the same tick of the file system's clock: the second shows neither in time nor in size.
func TestASecondWriteAtTheSameTime(t *testing.T) {
	root := source(t)
	tree := changes.Look(root, never)
	path, now := filepath.Join(root, "go.mod"), time.Now()
	for _, text := range []string{"first!", "second"} {
		check(t, os.WriteFile(path, []byte(text), 0o600))
		check(t, os.Chtimes(path, now, now))
		if got := tree.Changed(); !slices.Equal(got, []string{"go.mod"}) {
			t.Errorf("%s: changed are %v", text, got)
		}
	}
}

// A change is told once no more comes, all of it together.
func TestWaitTellsAChangeWhole(t *testing.T) {
	root, looks := source(t), 0
	tree := changes.Look(root, func(context.Context, time.Duration) error {
		looks++
		switch looks {
		case 3:
			write(t, root, "functions/a/main.go", "after it")
		case 4:
			write(t, root, "go.mod", "after it")
		}
		return nil
	})
	got, err := tree.Wait(t.Context())
	if err != nil || !slices.Equal(got, []string{"functions/a/main.go", "go.mod"}) || looks != 5 {
		t.Errorf("after %d looks changed are %v, %v", looks, got, err)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	tree := changes.Look(source(t), func(ctx context.Context, d time.Duration) error {
		if d != changes.Interval {
			t.Errorf("waits for %v", d)
		}
		cancel()
		return ctx.Err()
	})
	if got, err := tree.Wait(ctx); !errors.Is(err, context.Canceled) || got != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

// A tree that cannot be read is no end: it is gone, and later there again.
func TestATreeThatGoesAway(t *testing.T) {
	root := source(t)
	tree := changes.Look(root, never)
	away := root + "-away"
	check(t, os.Rename(root, away))
	if got := tree.Changed(); len(got) != 5 {
		t.Errorf("gone are %v", got)
	}
	check(t, os.Rename(away, root))
	if got := tree.Changed(); len(got) != 5 {
		t.Errorf("there again are %v", got)
	}
}
