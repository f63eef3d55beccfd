//go:build unix

package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/cloudformation"
)

// workshop is what all scenes share: two source trees that differ in one function, and a home whose cache holds what
// was compiled of them.
type workshop struct {
	env          []string
	older, newer string // source trees
	home, set    string // set is the state of an account where the older tree is set up
}

func openWorkshop(t *testing.T) *workshop {
	t.Helper()
	w := &workshop{home: t.TempDir(), older: t.TempDir(), newer: t.TempDir(), set: t.TempDir()}
	check(t, errors.Join(noTelemetry(w.home), plant(w.older, "older"), plant(w.newer, "newer")))
	none := filepath.Join(w.home, "none")
	w.env = append(goCaches(t),
		"PATH="+os.Getenv("PATH"), "HOME="+w.home, "XDG_CACHE_HOME="+filepath.Join(w.home, "cache"),
		"AWS_CONFIG_FILE="+none, "AWS_SHARED_CREDENTIALS_FILE="+none,
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1",
		"AWS_ACCESS_KEY_ID="+victimKey, "AWS_SECRET_ACCESS_KEY=kept-secret", "GORACE=atexit_sleep_ms=0")
	return w
}

// plant makes a source tree of small programs under the functions' real names, with the real template.
func plant(root, says string) error {
	gomod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	head, _, _ := strings.Cut(string(gomod), "\ntool ") // these programs need no other module
	files := map[string]string{
		"go.mod": head + "\n", "cloudformation/template.yaml": string(cloudformation.Template()),
	}
	for _, name := range []string{"authorize", "connect", "disconnect", "default"} {
		text := name
		if name == "connect" {
			text = says
		}
		program := "package main\n\nfunc main() { println(\"" + text + "\") }\n"
		files["functions/ws_api_"+name+"_handler/main.go"] = program
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		err = errors.Join(err, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600))
	}
	return err
}

// setUp sets the older tree up, in the account that is then copied.
func (w *workshop) setUp(t *testing.T) {
	t.Helper()
	s, end := openScene(t, w, w.set)
	defer end()
	s.pace.fast.Store(true)
	if e := s.run(t, w.older, s.command(setsUp)...); e.code != 0 {
		t.Fatal(e.story)
	}
}

// state is the folder of the account in which a plot begins; "" is an empty one.
func (p plot) state(t *testing.T, w *workshop) string {
	t.Helper()
	if p.empty {
		return ""
	}
	dir := filepath.Join(t.TempDir(), "state")
	check(t, os.CopyFS(dir, os.DirFS(w.set)))
	return dir
}
