package compile_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/report"
)

func TestFindRoot(t *testing.T) {
	root := tree(t, map[string]string{
		"pkg/deep/x.go": "package deep\n",
		"tools/go.mod":  "module example.com/tools\n",
	})
	for _, dir := range []string{".", "pkg/deep", "tools"} {
		if got, err := compile.FindRoot(filepath.Join(root, dir)); err != nil || got != root {
			t.Errorf("from %s: %q, %v; want %q", dir, got, err, root)
		}
	}
}

func TestFindRootTakesARelativeFolder(t *testing.T) {
	root := tree(t, nil)
	t.Chdir(root)
	want, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := compile.FindRoot("."); err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestFindRootElsewhere(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module github.com/plldb/plldb/v2\n")
	if got, err := compile.FindRoot(dir); !errors.Is(err, compile.ErrNoSource) {
		t.Errorf("got %q, %v; want ErrNoSource", got, err)
	}
}

func TestFunctions(t *testing.T) {
	c := compiler(t, map[string]string{
		"functions/ws_b/main.go":       "// Command ws_b answers.\npackage main // it is small\n\nfunc main() {}\n",
		"functions/a-1/main.go":        empty,
		"functions/handlers/answer.go": "package handlers\n",
		"functions/.hidden/main.go":    empty,
		"functions/_off/main.go":       empty,
		"functions/testdata/main.go":   empty,
		"functions/main.go":            empty,
		"functions/a-1/deep/main.go":   empty,
	})
	got, err := c.Functions()
	if want := []string{"a-1", "ws_b"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func TestFunctionsProblems(t *testing.T) {
	for name, test := range map[string]struct {
		files         map[string]string
		message, hint string
	}{
		"no folder":  {nil, "no functions", "mage install"},
		"none in it": {map[string]string{"functions/handlers/a.go": "package handlers\n"}, "no functions", "functions/NAME"},
		"a name that makes no key": {
			map[string]string{"functions/a b/main.go": empty}, "functions/a b", "rename",
		},
		"a name that a placeholder could not end": {
			map[string]string{"functions/a.key/main.go": empty}, "functions/a.key", "rename",
		},
		"another package": {
			map[string]string{"functions/a/main.go": "package a\n// package main\n"}, "functions/a/main.go", "package main",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := compiler(t, test.files)
			if err := os.MkdirAll(c.Out, 0o755); err != nil {
				t.Fatal(err)
			}
			names, err := c.Functions()
			problem(t, err, test.message, test.hint)
			if names != nil {
				t.Errorf("names %q beside an error", names)
			}
		})
	}
}

// problem checks that err is one for people, that its message and hint hold these words, and returns it.
func problem(t *testing.T, err error, message, hint string) *report.Problem {
	t.Helper()
	p, ok := errors.AsType[*report.Problem](err)
	if !ok {
		t.Fatalf("error %v is no Problem", err)
	}
	if !strings.Contains(p.Message, message) || !strings.Contains(p.Hint, hint) {
		t.Errorf("message %q, hint %q; want %q and %q in them", p.Message, p.Hint, message, hint)
	}
	if p.Code != report.ExitFailed {
		t.Errorf("exit code %d, want %d", p.Code, report.ExitFailed)
	}
	return p
}
