package archive_test

import (
	"os"
	"strconv"
	"testing"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

// programs are four binaries made of this test's own executable: real code, about the size of a function.
func programs(b *testing.B) []artifact.Binary {
	b.Helper()
	path, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	binaries := make([]artifact.Binary, 4)
	for i := range binaries {
		name := "f" + strconv.Itoa(i)
		binaries[i] = artifact.Binary{Name: name, Path: path, ID: name, Size: info.Size()}
	}
	b.SetBytes(info.Size() * int64(len(binaries)))
	return binaries
}

func BenchmarkZip(b *testing.B) {
	binaries := programs(b)
	b.Run("packed", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			run(b, b.TempDir(), binaries)
		}
	})
	b.Run("unchanged", func(b *testing.B) {
		dir := b.TempDir()
		run(b, dir, binaries)
		b.ReportAllocs()
		for b.Loop() {
			run(b, dir, binaries)
		}
	})
}

func run(b *testing.B, dir string, binaries []artifact.Binary) {
	b.Helper()
	if _, err := (archive.Zipper{Dir: dir}).Zip(b.Context(), binaries, nil); err != nil {
		b.Fatal(err)
	}
}
