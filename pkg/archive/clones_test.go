package archive_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/compile"
)

// TestTrap58TwoClonesGiveTheSameZips builds the real functions in two folders: once as this machine is, and once with
// an empty build cache and everything in the environment that could reach a compiler. It compiles a part of the
// standard library, which takes a while.
func TestTrap58TwoClonesGiveTheSameZips(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles with an empty cache")
	}
	root, err := compile.FindRoot(".")
	if err != nil {
		t.Fatal(err)
	}
	first := release(t, clone(t, root))
	beHostile(t)
	second := release(t, clone(t, root))

	if len(first) == 0 || len(first) != len(second) {
		t.Fatalf("%d zips, then %d", len(first), len(second))
	}
	for i, a := range first {
		b := second[i]
		if a.Name != b.Name || !bytes.Equal(bytesOf(t, a), bytesOf(t, b)) {
			t.Errorf("%s is %s in one clone, %s is %s in the other", a.Name, a.Digest, b.Name, b.Digest)
		}
	}
}

// release goes from a source tree to its zips.
func release(t *testing.T, root string) []artifact.Archive {
	t.Helper()
	c := compile.Compiler{Root: root, Out: filepath.Join(t.TempDir(), "binaries"), Platform: compile.Lambda()}
	binaries, err := c.Build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return zipped(t, filepath.Join(t.TempDir(), "zips"), binaries)
}

// beHostile sets, for the rest of the test, what would change the bytes if it reached the compiler.
func beHostile(t *testing.T) {
	t.Helper()
	settings := filepath.Join(t.TempDir(), "env")
	write(t, settings, "GOFLAGS=-ldflags=-X=main.x=file\nGOARM64=v8.5\nGOEXPERIMENT=arenas\nGOTOOLCHAIN=local\n")
	work := filepath.Join(t.TempDir(), "go.work")
	write(t, work, "go 1.26\n\nuse ./nowhere\n")
	for name, value := range map[string]string{
		"GOCACHE": t.TempDir(), "GOENV": settings, "GOWORK": work,
		"GOFLAGS":      "-tags=x -ldflags=-X=main.x=y -gcflags=all=-N -mod=mod",
		"GOEXPERIMENT": "arenas,synctest", "GOARM64": "v9.0", "GOAMD64": "v3", "GOFIPS140": "latest",
		"GOOS": "windows", "GOARCH": "386", "GO111MODULE": "off", "CGO_ENABLED": "1", "CC": "/nowhere/cc",
		"GODEBUG": "gocachetest=1,asynctimerchan=1", "GOROOT": "/nowhere", "GO_EXTLINK_ENABLED": "1",
		"GIT_DIR": "/nowhere", "SOURCE_DATE_EPOCH": "1", "TZ": "Pacific/Chatham", "LC_ALL": "tr_TR.UTF-8",
	} {
		t.Setenv(name, value)
	}
	tightenUmask(t)
}

// clone copies the Go sources and the module files of a tree, and not what was built in it.
func clone(t *testing.T, root string) string {
	t.Helper()
	dir := t.TempDir()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "dist"):
			return filepath.SkipDir
		case !d.Type().IsRegular() || !slices.Contains([]string{".go", ".mod", ".sum"}, filepath.Ext(path)):
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil {
			write(t, filepath.Join(dir, relative), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}
