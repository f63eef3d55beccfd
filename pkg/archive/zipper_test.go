package archive_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

func TestZip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	archives := zipped(t, dir, pair(t))
	if len(archives) != 2 || archives[0].Name != "b" || archives[1].Name != "a" {
		t.Fatalf("archives %+v, want b and a", archives)
	}
	for _, a := range archives {
		bytesOf(t, a)
	}
	if got := reused(archives); got != nil {
		t.Errorf("reused %q in an empty folder", got)
	}
	holds(t, dir, "a.zip", "b.zip", "manifest.json")
}

// TestUnchangedIsNotPacked takes the binaries away: packing would need them.
func TestUnchangedIsNotPacked(t *testing.T) {
	dir, binaries := t.TempDir(), pair(t)
	first := zipped(t, dir, binaries)
	manifest := read(t, filepath.Join(dir, "manifest.json"))
	for _, b := range binaries {
		lose(t, b.Path)
	}
	second := zipped(t, dir, binaries)
	if got := reused(second); !slices.Equal(got, []string{"b", "a"}) {
		t.Errorf("reused %q, want both", got)
	}
	for i := range first {
		if first[i].Digest != second[i].Digest || first[i].Size != second[i].Size {
			t.Errorf("was %+v, is %+v", first[i], second[i])
		}
		bytesOf(t, second[i])
	}
	if read(t, filepath.Join(dir, "manifest.json")) != manifest {
		t.Error("the manifest has changed")
	}
}

func TestWhatIsPackedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		change func(t *testing.T, dir string, binaries []artifact.Binary)
		reused []string
	}{
		"a binary of other content": {func(t *testing.T, _ string, binaries []artifact.Binary) {
			binaries[0] = binary(t, "b", code(9, 1000))
		}, []string{"a"}},
		"a zip that is gone": {func(t *testing.T, dir string, _ []artifact.Binary) {
			lose(t, filepath.Join(dir, "a.zip"))
		}, []string{"b"}},
		"a zip of another size": {func(t *testing.T, dir string, _ []artifact.Binary) {
			write(t, filepath.Join(dir, "a.zip"), "short")
		}, []string{"b"}},
		"a binary without an ID": {func(_ *testing.T, _ string, binaries []artifact.Binary) {
			binaries[1].ID = ""
		}, []string{"b"}},
		"no manifest": {func(t *testing.T, dir string, _ []artifact.Binary) {
			lose(t, filepath.Join(dir, "manifest.json"))
		}, nil},
		"a manifest of another way of packing": {func(t *testing.T, dir string, _ []artifact.Binary) {
			edit(t, dir, `"format": 1`, `"format": 0`)
		}, nil},
		"a manifest cut short": {func(t *testing.T, dir string, _ []artifact.Binary) {
			edit(t, dir, "\n}\n", "")
		}, nil},
		"a manifest with a damaged digest": {func(t *testing.T, dir string, _ []artifact.Binary) {
			edit(t, dir, `"sha256": "`, `"sha256": "!`)
		}, nil},
		"a manifest with a function twice": {func(t *testing.T, dir string, _ []artifact.Binary) {
			edit(t, dir, `"name": "a"`, `"name": "b"`)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			dir, binaries := t.TempDir(), pair(t)
			zipped(t, dir, binaries)
			test.change(t, dir, binaries)
			archives := zipped(t, dir, binaries)
			if got := reused(archives); !slices.Equal(got, test.reused) {
				t.Errorf("reused %q, want %q", got, test.reused)
			}
			for _, a := range archives {
				bytesOf(t, a)
			}
			holds(t, dir, "a.zip", "b.zip", "manifest.json")
		})
	}
}

func lose(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func edit(t *testing.T, dir, old, new string) {
	t.Helper()
	path := filepath.Join(dir, "manifest.json")
	text := read(t, path)
	if !strings.Contains(text, old) {
		t.Fatalf("the manifest holds no %q:\n%s", old, text)
	}
	write(t, path, strings.Replace(text, old, new, 1))
}

func TestZipsOfGoneFunctionsAreRemoved(t *testing.T) {
	dir, binaries := t.TempDir(), pair(t)
	zipped(t, dir, binaries)
	write(t, filepath.Join(dir, "mine.zip"), "put here by somebody")
	if got := reused(zipped(t, dir, binaries[:1])); !slices.Equal(got, []string{"b"}) {
		t.Errorf("reused %q, want b", got)
	}
	holds(t, dir, "b.zip", "manifest.json", "mine.zip")
	if manifest := read(t, filepath.Join(dir, "manifest.json")); strings.Contains(manifest, `"a"`) {
		t.Errorf("the manifest still names a:\n%s", manifest)
	}
}

// TestAManifestCannotReachOutside puts names into it that are paths.
func TestAManifestCannotReachOutside(t *testing.T) {
	for _, name := range []string{"../victim", "sub/victim", "..", ".", ""} {
		t.Run(name, func(t *testing.T) {
			parent := t.TempDir()
			dir := filepath.Join(parent, "zips")
			binaries := pair(t)
			zipped(t, dir, binaries)
			for _, victim := range []string{"victim.zip", "zips/sub/victim.zip", "zips/.zip", "zips/..zip", "zips/...zip"} {
				write(t, filepath.Join(parent, victim), "not ours")
			}
			edit(t, dir, `"name": "a"`, `"name": "`+name+`"`)
			if got := reused(zipped(t, dir, binaries)); got != nil {
				t.Errorf("reused %q by a damaged manifest", got)
			}
			holds(t, parent, "victim.zip", "zips")
			holds(t, dir, "...zip", "..zip", ".zip", "a.zip", "b.zip", "manifest.json", "sub")
			holds(t, filepath.Join(dir, "sub"), "victim.zip")
		})
	}
}

func TestAFailedRunIsFollowedByAWholeOne(t *testing.T) {
	dir, binaries := t.TempDir(), pair(t)
	zipped(t, dir, binaries)
	changed := binary(t, "a", code(5, 5000))
	lost := changed
	lost.Path = filepath.Join(dir, "nothing")
	_, err := archive.Zipper{Dir: dir}.Zip(t.Context(), []artifact.Binary{binaries[0], lost}, nil)
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "packing a: ") {
		t.Errorf("error %v, want one that misses the binary of a", err)
	}
	holds(t, dir, "a.zip", "b.zip")
	archives := zipped(t, dir, []artifact.Binary{binaries[0], changed})
	if got := reused(archives); got != nil {
		t.Errorf("reused %q after a run that failed", got)
	}
	bytesOf(t, archives[1])
}

func TestZipCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := t.TempDir()
	_, err := archive.Zipper{Dir: dir}.Zip(ctx, pair(t), func(a artifact.Archive) { t.Errorf("told of %s", a.Name) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	holds(t, dir)
}

// TestZipTells runs under the race detector too: tell needs no lock of its own.
func TestZipTells(t *testing.T) {
	dir := t.TempDir()
	var binaries []artifact.Binary
	for _, name := range strings.Split("abcdefghijkl", "") {
		binaries = append(binaries, binary(t, name, code(uint32(name[0]), 20_000)))
	}
	zipped(t, dir, binaries[:3])
	told := map[string]bool{}
	archives, err := archive.Zipper{Dir: dir}.Zip(t.Context(), binaries, func(a artifact.Archive) {
		told[a.Name] = a.Reused
		bytesOf(t, a)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(told) != len(binaries) {
		t.Errorf("told of %d archives, want %d", len(told), len(binaries))
	}
	for _, a := range archives {
		if told[a.Name] != a.Reused || a.Reused != (a.Name <= "c") {
			t.Errorf("%s: told %v, returned %v", a.Name, told[a.Name], a.Reused)
		}
	}
}

func TestZipNothing(t *testing.T) {
	dir := t.TempDir()
	zipped(t, dir, pair(t))
	if got := zipped(t, dir, nil); len(got) != 0 {
		t.Errorf("archives %+v of nothing", got)
	}
	holds(t, dir, "manifest.json")
}

func TestZipWhereItCannotWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	write(t, path, "in the way")
	if _, err := (archive.Zipper{Dir: path}).Zip(t.Context(), pair(t), nil); err == nil ||
		!strings.Contains(err.Error(), "folder of the zips") {
		t.Errorf("error %v, want one that names the folder", err)
	}
}
