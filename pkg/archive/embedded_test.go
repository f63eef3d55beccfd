package archive_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

func exported(t *testing.T) (string, []artifact.Archive) {
	t.Helper()
	archives := zipped(t, t.TempDir(), pair(t))
	dir := filepath.Join(t.TempDir(), "embedded")
	if err := archive.Export(t.Context(), archives, dir); err != nil {
		t.Fatal(err)
	}
	return dir, archives
}

// from reads what Export wrote into the test's own memory.
func from(t *testing.T, dir string) ([]artifact.Archive, error) {
	t.Helper()
	text := read(t, filepath.Join(dir, "manifest.json"))
	return archive.From([]byte(text), read(t, filepath.Join(dir, "archives.bin")))
}

func TestExportAndFrom(t *testing.T) {
	dir, want := exported(t)
	holds(t, dir, "archives.bin", "manifest.json")
	got, err := from(t, dir)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d archives, error %v; want %d", len(got), err, len(want))
	}
	for i := range want {
		if got[i].Name != want[i].Name || got[i].Digest != want[i].Digest || !got[i].Reused {
			t.Errorf("got %+v, want %+v", got[i], want[i])
		}
		if !bytes.Equal(bytesOf(t, got[i]), bytesOf(t, want[i])) {
			t.Errorf("%s has other bytes", want[i].Name)
		}
	}
}

func TestExportAgain(t *testing.T) {
	dir, archives := exported(t)
	if err := archive.Export(t.Context(), archives[:1], dir); err != nil {
		t.Fatal(err)
	}
	holds(t, dir, "archives.bin", "manifest.json")
	got, err := from(t, dir)
	if err != nil || len(got) != 1 || got[0].Name != "b" {
		t.Fatalf("archives %+v, error %v; want b alone", got, err)
	}
	bytesOf(t, got[0])
}

func TestExportLooksAtTheBytes(t *testing.T) {
	zips, dir := t.TempDir(), filepath.Join(t.TempDir(), "embedded")
	archives := zipped(t, zips, pair(t))
	path := filepath.Join(zips, "a.zip")
	write(t, path, strings.Replace(read(t, path), "bootstrap", "bootstrop", 1))
	err := archive.Export(t.Context(), archives, dir)
	if err == nil || !strings.Contains(err.Error(), "exporting a: the zip has changed") {
		t.Errorf("error %v, want that a has changed", err)
	}
	holds(t, dir) // least of all a manifest
}

func TestExportCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	if err := archive.Export(ctx, zipped(t, t.TempDir(), pair(t)), dir); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	holds(t, dir)
}

func TestFromDamaged(t *testing.T) {
	const digest = `"sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="`
	const most = `{"functions":[{"name":"a","size":9223372036854775807,` + digest + `},` +
		`{"name":"b","size":9223372036854775807,` + digest + `}]}`
	for name, test := range map[string]struct{ manifest, want string }{
		"no manifest":      {"", "manifest.json"},
		"no JSON":          {"{", "manifest.json"},
		"no function":      {"{}", "names no function"},
		"a digest cut off": {`{"functions":[{"name":"a","size":3,"sha256":"47DE"}]}`, "SHA-256"},
		"no digest":        {`{"functions":[{"name":"a","size":3}]}`, `"a" is damaged`},
		"no size":          {`{"functions":[{"name":"a",` + digest + `}]}`, `"a" is damaged`},
		"another size":     {`{"functions":[{"name":"a","size":4,` + digest + `}]}`, "has 3 bytes, and the zips in manifest"},
		"a zip too many":   {`{"functions":[{"name":"b","size":2,` + digest + `}]}`, "have fewer"},
		"sizes past all":   {most, "have more"},
		"a path":           {`{"functions":[{"name":"../a","size":3,` + digest + `}]}`, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			archives, err := archive.From([]byte(test.manifest), "zip")
			if err == nil || !strings.Contains(err.Error(), test.want) || archives != nil {
				t.Errorf("archives %v, error %v; want %q in it", archives, err, test.want)
			}
		})
	}
}

// TestFromIsReadAnew seeks as an upload that is sent again does, and reads the same archive twice at once.
func TestFromIsReadAnew(t *testing.T) {
	dir, _ := exported(t)
	archives, err := from(t, dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range archives {
		first, second := open(t, a), open(t, a)
		want := all(t, first)
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(all(t, second), want) || artifact.DigestOf(want) != a.Digest {
			t.Errorf("%s reads otherwise the second time", a.Name)
		}
		if at, err := second.Seek(-10, io.SeekEnd); err != nil || at != a.Size-10 {
			t.Errorf("at %d, error %v; want %d", at, err, a.Size-10)
		}
		if !bytes.Equal(all(t, second), want[len(want)-10:]) {
			t.Errorf("%s has another end", a.Name)
		}
	}
}

func open(t *testing.T, a artifact.Archive) io.ReadSeekCloser {
	t.Helper()
	r, err := a.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func all(t *testing.T, r io.Reader) []byte {
	t.Helper()
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEmbeddedWithoutTheTag(t *testing.T) {
	out, err := show(t, "")
	if want := "carried false\nkept false\n"; err != nil || out != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestEmbedded(t *testing.T) {
	archives := zipped(t, t.TempDir(), append(pair(t), binary(t, "big", noise(big))))
	dir := filepath.Join(t.TempDir(), "embedded")
	if err := archive.Export(t.Context(), archives, dir); err != nil {
		t.Fatal(err)
	}
	want := "carried true\n"
	for _, a := range archives {
		want += fmt.Sprintf("%s %s true true true false\n", a.Name, a.Digest)
	}
	out, err := show(t, dir)
	if want += "kept false\n"; err != nil || out != want {
		t.Errorf("got %q, %v; want %q", out, err, want)
	}
}

func TestEmbeddedDamaged(t *testing.T) {
	dir, _ := exported(t)
	edit(t, dir, "{", "")
	out, err := show(t, dir)
	exit, ok := errors.AsType[*exec.ExitError](err)
	if out != "" || !ok || !strings.Contains(string(exit.Stderr), "the functions that came with plldb: reading manifest") {
		t.Errorf("got %q, %v; want an error that names the manifest", out, err)
	}
}

// show builds testdata/embedded and returns what it prints. With a folder it is built as a release is; go's overlay
// puts that folder's files where they are embedded from, so the source tree stays as it is.
func show(t *testing.T, dir string) (string, error) {
	t.Helper()
	args := []string{"build", "-o", filepath.Join(t.TempDir(), "show.exe")}
	if dir != "" {
		args = append(args, "-tags", "plldb_embedded", "-overlay", overlay(t, dir))
	}
	build := exec.CommandContext(t.Context(), "go", append(args, "./testdata/embedded")...)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), args[2]).Output()
	return string(out), err
}

func overlay(t *testing.T, dir string) string {
	t.Helper()
	replace := map[string]string{}
	for _, name := range []string{"archives.bin", "manifest.json"} {
		place, err := filepath.Abs(filepath.Join("embedded", name))
		if err != nil {
			t.Fatal(err)
		}
		replace[place] = filepath.Join(dir, name)
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "overlay.json")
	write(t, path, string(text))
	return path
}
