package rollout_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/cloudformation"
)

var names = []string{
	"ws_api_authorize_handler", "ws_api_connect_handler", "ws_api_default_handler", "ws_api_disconnect_handler",
}

// tree makes a source tree of small programs under the functions' real names, with the real template.
func tree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	mustDo(t, plantTree(root))
	return root
}

func plantTree(root string) error {
	gomod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	head, _, _ := strings.Cut(string(gomod), "\ntool ") // module, go and toolchain: these programs need no other module
	err = errors.Join(err, writeFile(filepath.Join(root, "go.mod"), head+"\n"),
		writeFile(templateIn(root), string(cloudformation.Template())))
	for _, name := range names {
		err = errors.Join(err, writeProgram(root, name, name))
	}
	return err
}

// untouched is a tree as tree makes it, for the tests that change nothing in it: what is made of it is kept between them.
var untouched string

// TestMain gives the tests a cache of their own, except for go's.
func TestMain(m *testing.M) {
	os.Exit(func() int {
		goCache, err := exec.Command("go", "env", "GOCACHE").Output()
		own, err2 := os.MkdirTemp("", "plldb-rollout-")
		defer os.RemoveAll(own)
		untouched = filepath.Join(own, "tree")
		err = errors.Join(err, err2, os.Setenv("GOCACHE", strings.TrimSpace(string(goCache))),
			os.Setenv("XDG_CACHE_HOME", filepath.Join(own, "cache")), plantTree(untouched))
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return m.Run()
	}())
}

func program(t *testing.T, root, name, says string) {
	t.Helper()
	mustDo(t, writeProgram(root, name, says))
}

func writeProgram(root, name, says string) error {
	return writeFile(filepath.Join(root, "functions", name, "main.go"),
		fmt.Sprintf("package main\n\nfunc main() { println(%q) }\n", says))
}

func write(t *testing.T, path, text string) {
	t.Helper()
	mustDo(t, writeFile(path, text))
}

func writeFile(path, text string) error {
	return errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600))
}

func templateIn(root string) string { return filepath.Join(root, "cloudformation", "template.yaml") }
