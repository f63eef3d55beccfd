package compile_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/compile"
)

const empty = "package main\n\nfunc main() {}\n"

// tree writes files into a new folder, with a go.mod that asks for the Go that runs this test, so that none is fetched.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	version := strings.Fields(runtime.Version())[0]
	write(t, filepath.Join(root, "go.mod"),
		fmt.Sprintf("module github.com/plldb/plldb\n\ngo 1.26\n\ntoolchain %s\n", version))
	for name, text := range files {
		write(t, filepath.Join(root, name), text)
	}
	return root
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func compiler(t *testing.T, files map[string]string) compile.Compiler {
	t.Helper()
	return compile.Compiler{
		Root: tree(t, files), Out: filepath.Join(t.TempDir(), "out"), Platform: compile.Lambda(),
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}
