package archive_test

import (
	stdzip "archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

// TestTrap40WhatIsInAZip reads it with a reader that is not the writer's.
func TestTrap40WhatIsInAZip(t *testing.T) {
	content := code(7, 100_000)
	zip := bytesOf(t, zipped(t, t.TempDir(), []artifact.Binary{binary(t, "f", content)})[0])
	r, err := stdzip.NewReader(bytes.NewReader(zip), int64(len(zip)))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 1 || r.Comment != "" {
		t.Fatalf("%d files, comment %q", len(r.File), r.Comment)
	}
	f := r.File[0]
	const unix = 3
	if f.Name != "bootstrap" || f.Mode() != 0o755 || f.CreatorVersion>>8 != unix || f.Method != stdzip.Deflate {
		t.Errorf("%s, mode %v, creator %#x, method %d", f.Name, f.Mode(), f.CreatorVersion, f.Method)
	}
	if f.ModifiedDate != 0 || f.ModifiedTime != 0 || len(f.Extra) != 0 || f.Comment != "" {
		t.Errorf("date %d, time %d, extra %x, comment %q", f.ModifiedDate, f.ModifiedTime, f.Extra, f.Comment)
	}
	if local := zip[10:14]; !bytes.Equal(local, make([]byte, 4)) {
		t.Errorf("the local header holds the time %x", local)
	}
	if extra := zip[28:30]; !bytes.Equal(extra, make([]byte, 2)) {
		t.Errorf("the local header announces extra fields: %x", extra)
	}
	src, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(src); err != nil || !bytes.Equal(got, content) {
		t.Errorf("unpacked %d bytes, error %v; want the binary", len(got), err)
	}
}

// TestTrap32TheBytesAreFixed holds digests of known content. When it fails, the way of packing has changed: count
// manifest.go's format on, so that nobody keeps zips of the old way.
func TestTrap32TheBytesAreFixed(t *testing.T) {
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"nothing":   {nil, "+Cc+0UUVxVW7GEkUJxk5YyNgaYUzYwh0VUUb6zN+HXE="},
		"a line":    {[]byte("#!/bin/sh\n"), "A+/ZIq7hQVigHCJu5n/TXypykArJrJY+ONc3TPPOr5s="},
		"a program": {code(1, 3_000_000), "zP3IOCXeEUq8FYCJovh+cOfGfP5Nu29OaPVfTigwNKg="},
	} {
		t.Run(name, func(t *testing.T) {
			a := zipped(t, t.TempDir(), []artifact.Binary{binary(t, "f", test.content)})[0]
			if got := a.Digest.String(); got != test.want {
				t.Errorf("digest %s of %d bytes, want %s", got, a.Size, test.want)
			}
		})
	}
}

func TestZipsDoNotKnowTheirMachine(t *testing.T) {
	binaries := pair(t)
	first := zipped(t, t.TempDir(), binaries)
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	second := zipped(t, t.TempDir(), []artifact.Binary{
		binary(t, "other", code(2, 300_000)), binary(t, "a", code(1, 200_000)),
	})
	for i := range first {
		if !bytes.Equal(bytesOf(t, first[i]), bytesOf(t, second[i])) {
			t.Errorf("%s has other bytes the second time", first[i].Name)
		}
	}
}

func TestABinaryThatChangesMeanwhile(t *testing.T) {
	b := binary(t, "f", code(1, 1000))
	b.Size++
	dir := t.TempDir()
	_, err := archive.Zipper{Dir: dir}.Zip(t.Context(), []artifact.Binary{b}, nil)
	if err == nil || !strings.Contains(err.Error(), "packing f: ") || !strings.Contains(err.Error(), "changed") {
		t.Errorf("error %v, want one that says f changed", err)
	}
	holds(t, dir)
}

func TestOpenTellsWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	a := zipped(t, dir, pair(t))[0]
	bytesOf(t, a)
	bytesOf(t, a) // once more
	lose(t, filepath.Join(dir, "b.zip"))
	if r, err := a.Open(); !os.IsNotExist(err) || r != nil {
		t.Errorf("got %v, %v; want nil and that it does not exist", r, err)
	}
}

func TestOpenSeeks(t *testing.T) {
	a := zipped(t, t.TempDir(), pair(t))[0]
	all := bytesOf(t, a)
	r, err := a.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(-10, io.SeekEnd); err != nil {
		t.Fatal(err)
	}
	if end, err := io.ReadAll(r); err != nil || !slices.Equal(end, all[len(all)-10:]) {
		t.Errorf("end %x, error %v", end, err)
	}
}
