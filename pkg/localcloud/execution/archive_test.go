//go:build unix

package execution_test

import (
	"archive/zip"
	"bytes"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// entry is a file of an archive.
type entry struct {
	name    string
	mode    fs.FileMode
	content string
}

func linkTo(name, target string) entry { return entry{name, fs.ModeSymlink | 0o777, target} }

func program() entry { return entry{"bootstrap", 0o755, shell()} }

// listed is an archive of files in their order.
func listed(t *testing.T, entries ...entry) []byte {
	t.Helper()
	var text bytes.Buffer
	archive := zip.NewWriter(&text)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		h.SetMode(e.mode)
		w, err := archive.CreateHeader(h)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(w, e.content) // into memory
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

// unpacked invokes a function twice, by two pools, and gives its folder.
func unpacked(t *testing.T, archive []byte) string {
	t.Helper()
	dir := t.TempDir()
	for range 2 {
		p := execution.New(execution.Config{Dir: dir, Code: code(map[string][]byte{"echo": archive})})
		if a := invoke(t, p, does("echo"), do("x", 0)); a.Failed != "" {
			t.Errorf("failed: %s", a.Payload)
		}
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	}
	return filepath.Join(dir, "echo")
}

func TestLinksOfAnArchive(t *testing.T) {
	folder := unpacked(t, listed(t,
		entry{"./", fs.ModeDir | 0o755, ""}, entry{"bin/program", 0o755, shell()}, linkTo("bootstrap", "bin/program"),
		linkTo("lib/lib.so", "./lib.so.1"), entry{"lib/lib.so.1", 0o644, "library"}, linkTo("data", "lib/../lib"),
		linkTo("nowhere", "missing"), entry{"data/more", 0o644, "through a link"},
	))
	for name, want := range map[string]string{"lib/lib.so": "library", "data/lib.so.1": "library", "lib/more": "through a link"} {
		if text, err := os.ReadFile(filepath.Join(folder, name)); err != nil || string(text) != want {
			t.Errorf("%s has %s, %v", name, text, err)
		}
	}
	if to, err := os.Readlink(filepath.Join(folder, "nowhere")); err != nil || to != "missing" {
		t.Errorf("it leads to %s, %v", to, err)
	}
}

func TestOfFilesWithOneNameTheLastCounts(t *testing.T) {
	folder := unpacked(t, listed(t, entry{"bootstrap", 0o644, "no program"}, linkTo("data", "bootstrap"), program(),
		entry{"data", 0o644, "first"}, entry{"./data", 0o644, "second"}))
	if text, err := os.ReadFile(filepath.Join(folder, "data")); err != nil || string(text) != "second" {
		t.Errorf("got %s, %v", text, err)
	}
}

func TestNothingIsUnpackedOutside(t *testing.T) {
	for name, archive := range map[string][]byte{
		"absolute":         listed(t, program(), linkTo("x", os.TempDir())),
		"up":               listed(t, program(), linkTo("a/x", "../../x")),
		"by way of others": listed(t, program(), entry{"a/b/", fs.ModeDir | 0o755, ""}, linkTo("y", "a/b"), linkTo("a/b/c", ".."), linkTo("z", "a/b/c/../../..")),
		"through one":      listed(t, program(), linkTo("x", "../out"), entry{"x/file", 0o644, "out"}),
		"through two": listed(t, program(), entry{"a/", fs.ModeDir | 0o755, ""}, linkTo("a/up", ".."),
			linkTo("x", "a/up/../out"), entry{"x/file", 0o644, "out"}),
		"a pipe": listed(t, program(), entry{"x", fs.ModeNamedPipe | 0o644, ""}),
		"long":   listed(t, program(), linkTo("x", strings.Repeat("x", 4097))),
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "in")
			p := execution.New(execution.Config{Dir: dir, Code: code(map[string][]byte{"echo": archive})})
			defer p.Close()
			if a, err := p.Invoke(t.Context(), does("echo"), do("x", 0)); err == nil {
				t.Errorf("answered %s", a.Payload)
			}
			if got := folders(t, root); len(got) != 1 || len(folders(t, dir)) != 0 {
				t.Errorf("there are %v and %v", got, folders(t, dir))
			}
		})
	}
}

// claiming is an archive whose files say that they are larger than they are.
func claiming(t *testing.T, sizes ...uint64) []byte {
	t.Helper()
	var text bytes.Buffer
	archive := zip.NewWriter(&text)
	for i, size := range sizes {
		h := &zip.FileHeader{Name: strings.Repeat("x", i+1), UncompressedSize64: size, CompressedSize64: 0}
		h.SetMode(0o644)
		if _, err := archive.CreateRaw(h); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	return text.Bytes()
}

func TestArchiveHasALimit(t *testing.T) {
	const limit = 250 << 20
	for name, test := range map[string]struct {
		sizes []uint64
		large bool
	}{
		"one": {[]uint64{limit + 1}, true}, "two": {[]uint64{limit, 1}, true}, "as much as may be": {[]uint64{limit - 1, 1}, false},
		"more than a number can say": {[]uint64{1 << 63, 1 << 63}, true},
	} {
		t.Run(name, func(t *testing.T) {
			codes := map[string][]byte{"echo": claiming(t, test.sizes...)}
			p := execution.New(execution.Config{Dir: t.TempDir(), Code: code(codes)})
			defer p.Close()
			_, err := p.Invoke(t.Context(), does("echo"), do("x", 0))
			if err == nil || strings.Contains(err.Error(), "the archive is too large unpacked") != test.large {
				t.Errorf("got %v", err)
			}
		})
	}
}
