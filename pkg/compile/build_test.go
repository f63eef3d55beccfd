package compile_test

import (
	"context"
	"debug/elf"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/compile"
)

// prints is a program of its own: bytes that differ with the word.
func prints(word string) string {
	return "package main\n\nfunc main() { println(\"" + word + "\") }\n"
}

func build(t *testing.T, c compile.Compiler) []artifact.Binary {
	t.Helper()
	binaries, err := c.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return binaries
}

func TestBuild(t *testing.T) {
	c := compiler(t, map[string]string{"functions/b/main.go": prints("b"), "functions/a/main.go": prints("a")})
	binaries := build(t, c)
	if len(binaries) != 2 || binaries[0].Name != "a" || binaries[1].Name != "b" {
		t.Fatalf("binaries %+v, want a and b", binaries)
	}
	for _, b := range binaries {
		check(t, b)
	}
	if binaries[0].ID == binaries[1].ID {
		t.Error("two functions, one build ID")
	}
	if got := entries(t, c.Out); !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("the folder holds %q, want the binaries alone", got)
	}
}

// check holds a binary against what other tools read in it: its platform, its size, its build ID.
func check(t *testing.T, b artifact.Binary) {
	t.Helper()
	f, err := elf.Open(b.Path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if f.Machine != elf.EM_AARCH64 {
		t.Errorf("%s is for %v", b.Name, f.Machine)
	}
	if info, err := os.Stat(b.Path); err != nil || info.Size() != b.Size {
		t.Errorf("%s: size %d, error %v", b.Name, b.Size, err)
	}
	want, err := exec.CommandContext(t.Context(), "go", "tool", "buildid", b.Path).Output()
	if err != nil {
		t.Fatal(err)
	}
	if b.ID != strings.TrimSpace(string(want)) {
		t.Errorf("%s: ID %q, go says %q", b.Name, b.ID, want)
	}
}

func TestTrap64UnchangedIsNotLinkedAgain(t *testing.T) {
	for name, functions := range map[string][]string{"one": {"a"}, "two": {"a", "b"}} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{}
			for _, function := range functions {
				files["functions/"+function+"/main.go"] = prints(function)
			}
			c := compiler(t, files)
			first := build(t, c)
			before := stat(t, first[0].Path)

			if second := build(t, c); !slices.Equal(first, second) {
				t.Errorf("got %+v, then %+v", first, second)
			}
			if !os.SameFile(before, stat(t, first[0].Path)) {
				t.Error("the binary was linked again")
			}

			write(t, filepath.Join(c.Root, "functions/a/main.go"), prints("changed"))
			third := build(t, c)
			if third[0].ID == first[0].ID || os.SameFile(before, stat(t, first[0].Path)) {
				t.Error("the change is not in the binary")
			}
			if !slices.Equal(third[1:], first[1:]) {
				t.Errorf("the others were %+v and are %+v", first[1:], third[1:])
			}
		})
	}
}

func stat(t *testing.T, path string) os.FileInfo {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func TestBuildLeavesGoneFunctionsOut(t *testing.T) {
	c := compiler(t, map[string]string{"functions/a/main.go": prints("a")})
	write(t, filepath.Join(c.Out, "gone"), "a binary of yesterday")
	if got := build(t, c); len(got) != 1 || got[0].Name != "a" {
		t.Errorf("binaries %+v, want a alone", got)
	}
}

func TestBuildProblems(t *testing.T) {
	const broken = "package main\n\nfunc main() { nothing() }\n"
	for name, test := range map[string]struct {
		files   map[string]string
		message []string
		not     string
	}{
		"one of two": {
			map[string]string{"functions/a/main.go": prints("a"), "functions/b/main.go": broken},
			[]string{"the function b does not compile:\n", "functions/b/main.go:3:15: undefined: nothing"},
			"function a",
		},
		"both": {
			map[string]string{"functions/a/main.go": broken, "functions/b/main.go": broken},
			[]string{"the functions a, b do not compile:\n", "functions/a/main.go:3:15", "functions/b/main.go:3:15"},
			"handlers",
		},
		"a syntax error": {
			map[string]string{"functions/a/main.go": "package main\n\nfunc main( {}\n"},
			[]string{"the function a does not compile:\n", "functions/a/main.go:3:"},
			"go: downloading",
		},
		"what they share": {
			map[string]string{
				"functions/a/main.go":     imports("github.com/plldb/plldb/functions/handlers"),
				"functions/handlers/h.go": "package handlers\n\nvar x int = \"\"\n",
			},
			[]string{"the functions cannot be compiled:\n", "functions/handlers/h.go:3:13"},
			"function a",
		},
		"a package that is not there": {
			map[string]string{"functions/a/main.go": imports("example.com/x")},
			[]string{"the function a does not compile:\n", "functions/a/main.go:3:8", "example.com/x"},
			"go: downloading",
		},
	} {
		t.Run(name, func(t *testing.T) {
			refuses(t, compiler(t, test.files), test.message, test.not)
		})
	}
}

// imports is a program that needs a package.
func imports(path string) string {
	return "package main\n\nimport _ \"" + path + "\"\n\nfunc main() {}\n"
}

// refuses builds what does not compile: the message holds all these parts, not that one and no absolute path.
func refuses(t *testing.T, c compile.Compiler, parts []string, not string) {
	t.Helper()
	binaries, err := c.Build(t.Context())
	p := problem(t, err, parts[0], "")
	for _, part := range parts[1:] {
		if !strings.Contains(p.Message, part) {
			t.Errorf("message %q lacks %q", p.Message, part)
		}
	}
	if p.Hint == "" || strings.Contains(p.Message, not) || strings.Contains(p.Message, c.Root) {
		t.Errorf("hint %q, message %q", p.Hint, p.Message)
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.ExitCode() != 1 {
		t.Errorf("behind it is %v, want go's exit code", p.Err)
	}
	if binaries != nil {
		t.Errorf("binaries %+v beside an error", binaries)
	}
}

func TestBuildWithoutGo(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	c := compiler(t, map[string]string{"functions/a/main.go": empty})
	_, err := c.Build(t.Context())
	p := problem(t, err, "Go is needed", "https://go.dev/dl")
	if !strings.Contains(p.Hint, "mage install") {
		t.Errorf("hint %q does not name the other way out", p.Hint)
	}
}

func TestBuildEndsWithoutAWord(t *testing.T) {
	c := compiler(t, map[string]string{"functions/a/main.go": empty})
	killed := errors.New("signal: killed")
	c.Run = func(cmd *exec.Cmd) error {
		_, err := cmd.Stderr.Write([]byte("go: downloading go1.26.8 (linux/amd64)\n"))
		return errors.Join(killed, err)
	}
	if _, err := c.Build(t.Context()); !errors.Is(err, killed) || strings.Contains(err.Error(), "downloading") {
		t.Errorf("error %v, want the child's own", err)
	}
}

func TestBuildWithoutABinary(t *testing.T) {
	c := compiler(t, map[string]string{"functions/a/main.go": empty})
	c.Run = func(*exec.Cmd) error { return nil }
	if _, err := c.Build(t.Context()); !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "binary of a") {
		t.Errorf("error %v, want one that misses the binary of a", err)
	}
}

// Where go copies a binary into its place, a stopped build leaves none. Where it renames, what is there is whole, and may be
// that of another run.
func TestStoppedBuildTrustsNoHalves(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("there are no setgid bits")
	}
	for mode, want := range map[os.FileMode][]string{0o755 | os.ModeSetgid: nil, 0o755: {"a"}} {
		c := compiler(t, map[string]string{"functions/a/main.go": empty})
		if err := errors.Join(os.MkdirAll(c.Out, 0o755), os.Chmod(c.Out, mode)); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		c.Run = func(*exec.Cmd) error {
			write(t, filepath.Join(c.Out, "a"), "half a bin")
			cancel()
			return ctx.Err()
		}
		if _, err := c.Build(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want context.Canceled", err)
		}
		if got := entries(t, c.Out); !slices.Equal(got, want) {
			t.Errorf("%v: the folder holds %q, want %q", mode, got, want)
		}
	}
}
