package targets_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/magefile/mage/mg"
)

// asMage is the variable that makes this test's binary do what mage's does: call targets one after another, without a
// run in their context, print the first error, and leave with its code. A process of its own, since settings are read
// once.
const asMage = "RUN_AS_MAGE"

func TestMain(m *testing.M) {
	if names := os.Getenv(asMage); names != "" {
		os.Exit(mage(strings.Fields(names)))
	}
	os.Exit(m.Run())
}

func mage(names []string) int {
	for _, name := range names {
		if err := all()[name](context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "Error:", err)
			return mg.ExitStatus(err)
		}
	}
	return 0
}

// process is what a mage process said.
type process struct {
	code        int
	out, errors string
}

func runMage(t *testing.T, w *world, root string, names string, set ...string) process {
	t.Helper()
	self, err := os.Executable()
	mustDo(t, err)
	var out, story bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Dir, cmd.Stdout, cmd.Stderr = root, &out, &story
	cmd.Env = append(environment(t, w.url), append(set, asMage+"="+names)...)
	err = cmd.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		mustDo(t, err)
	}
	return process{cmd.ProcessState.ExitCode(), out.String(), story.String()}
}

// PLLDB_LOCAL goes into the local cloud and asks nobody else; what it says to do next leads there too.
func TestLocalUnderMage(t *testing.T) {
	t.Parallel()
	root, w, state := tree(t, compiles), newWorld(t), t.TempDir()
	for _, made := range []struct{ target, says string }{
		{"Deploy", "the stack plldb in account 000000000000, region us-east-1, was created"},
		{"Destroy", "`PLLDB_LOCAL=true PLLDB_STATE='" + state + "' PLLDB_PURGE=true PLLDB_YES=true go tool mage destroy`"},
	} {
		got := runMage(t, w, root, made.target, "PLLDB_LOCAL=true", "PLLDB_STATE="+state)
		if got.code != 0 || !strings.Contains(got.out+got.errors, made.says) {
			t.Errorf("%s: exit code %d, answer %q, story %s", made.target, got.code, got.out, got.errors)
		}
	}
	if len(w.asked) != 0 {
		t.Errorf("asked of the AWS that is configured: %q", w.asked)
	}
}

// "mage zip leaves dist/lambda_functions/NAME.zip, mage render leaves dist/template.yaml", and a whole command its
// answer.
func TestUnderMage(t *testing.T) {
	t.Parallel()
	root, w := tree(t, compiles), newWorld(t)
	for _, made := range []struct{ target, file, says string }{
		{"Zip", "dist/lambda_functions/hello.zip", ""},
		{"Render", "dist/template.yaml", ""},
		{"Deploy", "dist/template.yaml", "the stack plldb in account 123456789012, region eu-west-1, was created"},
	} {
		got := runMage(t, w, root, made.target)
		if got.code != 0 || !strings.Contains(got.out, made.says) || made.says == "" && got.out != "" {
			t.Errorf("%s: exit code %d, answer %q, story %s", made.target, got.code, got.out, got.errors)
		}
		path := filepath.Join(root, filepath.FromSlash(made.file))
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
		mustDo(t, os.RemoveAll(filepath.Join(root, "dist")))
	}
}

// What was asked for stands on standard output, and diff ends well whatever differs; what comes after it is told as ever.
func TestLookingUnderMage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const names = "Zip Bootstrap.Diff Bootstrap.Setup Bootstrap.Diff Bootstrap.Status"
	got := runMage(t, w, tree(t, compiles), names, "PLLDB_DRIFT=1")
	want := regexp.MustCompile(`(?s)^differs  hello.*plan: stack plldb: create.*was created.*agrees   hello.*` +
		`would change nothing.*: CREATE_COMPLETE.*drift: none\n$`)
	if got.code != 0 || !want.MatchString(got.out) {
		t.Errorf("exit code %d, answer %q, story %s", got.code, got.out, got.errors)
	}
}

// `mage destroy deploy`: the second command is not taken for done because the first is.
func TestTwoCommandsInOneProcess(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.make(t, logGroup, true)
	got := runMage(t, w, tree(t, compiles), "Destroy Zip Deploy Bootstrap.Watch Destroy")
	want := regexp.MustCompile(`(?s)was deleted.*was created.*at rest.*was deleted`)
	if got.code != 0 || !want.MatchString(got.out) {
		t.Errorf("exit code %d, answer %q, story %s", got.code, got.out, got.errors)
	}
}

// A problem is printed whole, with its hint in mage's own terms, and mage leaves with its exit code.
func TestAProblemUnderMage(t *testing.T) {
	t.Parallel()
	got := runMage(t, newWorld(t), tree(t, broken), "Build")
	if got.code != 1 || !strings.Contains(got.errors, "Error: the function hello does not compile:\n") ||
		!strings.Contains(got.errors, "functions/hello/main.go:3:15: undefined: nonsense\nhint: ") {
		t.Errorf("exit code %d, story %s", got.code, got.errors)
	}
	w := newWorld(t)
	w.deny("GetCallerIdentity")
	got = runMage(t, w, tree(t, compiles), "Bootstrap.Destroy")
	if got.code != 4 || !strings.Contains(got.errors, "Error: not allowed: sts:GetCallerIdentity") {
		t.Errorf("exit code %d, story %s", got.code, got.errors)
	}
}

// "go tool mage -l lists …, each with a true sentence. go run magefile.go does the same without mage. No warning from
// either."
func TestMageLists(t *testing.T) {
	if testing.Short() {
		t.Skip("this compiles mage's view of the magefiles")
	}
	t.Parallel()
	for _, door := range [][]string{{"tool", "mage", "-l"}, {"run", "magefile.go", "-l"}} {
		var out, warnings bytes.Buffer
		cmd := exec.CommandContext(t.Context(), "go", door...)
		cmd.Dir, cmd.Stdout, cmd.Stderr = filepath.Join("..", ".."), &out, &warnings
		cmd.Env = append(os.Environ(), "MAGEFILE_CACHE="+t.TempDir())
		if err := cmd.Run(); err != nil || warnings.Len() > 0 {
			t.Errorf("%v: %v\n%s", door, err, warnings.String())
		}
		for _, target := range []string{
			"build", "zip", "upload", "render", "deploy", "destroy", "bootstrap:setup", "bootstrap:destroy", "bootstrap:watch",
			"bootstrap:diff", "bootstrap:status",
		} {
			if !regexp.MustCompile(`(?m)^  ` + target + `\*? +\w.*\.$`).MatchString(out.String()) {
				t.Errorf("%v does not list %s with its sentence:\n%s", door, target, out.String())
			}
		}
	}
}
