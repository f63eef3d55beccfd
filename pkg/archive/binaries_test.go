package archive_test

import (
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

// code gives n bytes that look a little like a program: the same in every run, neither random nor empty.
func code(seed uint32, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		if i%64 == 0 {
			seed = seed*1664525 + 1013904223
		}
		b[i] = byte(seed>>24) ^ byte(i%64*7)
	}
	return b
}

// big is many times what a small program holds of its own executable.
const big = 16 << 20

// noise gives n bytes that cannot be packed any smaller, the same in every run.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b) // which has no errors
	return b
}

func binary(t *testing.T, name string, content []byte) artifact.Binary {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	id := artifact.DigestOf(content).String()
	return artifact.Binary{Name: name, Path: path, ID: id, Size: int64(len(content))}
}

func pair(t *testing.T) []artifact.Binary {
	t.Helper()
	return []artifact.Binary{binary(t, "b", code(2, 300_000)), binary(t, "a", code(1, 200_000))}
}

func zipped(t *testing.T, dir string, binaries []artifact.Binary) []artifact.Archive {
	t.Helper()
	archives, err := archive.Zipper{Dir: dir}.Zip(t.Context(), binaries, nil)
	if err != nil {
		t.Fatal(err)
	}
	return archives
}

// bytesOf reads an archive as the uploader does, and holds the bytes against its digest and size.
func bytesOf(t *testing.T, a artifact.Archive) []byte {
	t.Helper()
	r, err := a.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if artifact.DigestOf(b) != a.Digest || int64(len(b)) != a.Size {
		t.Errorf("%s: %d bytes with digest %s, said to be %d with %s",
			a.Name, len(b), artifact.DigestOf(b), a.Size, a.Digest)
	}
	return b
}

func reused(archives []artifact.Archive) (names []string) {
	for _, a := range archives {
		if a.Reused {
			names = append(names, a.Name)
		}
	}
	return names
}

func holds(t *testing.T, dir string, want ...string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, entry := range list {
		got = append(got, entry.Name())
	}
	if !slices.Equal(got, want) {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
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

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
