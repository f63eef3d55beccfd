package archive_test

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

// mapped exports a big archive and maps it into memory as the system maps an executable's read-only data. change,
// unless nil, writes to that memory before it is closed to writers.
func mapped(t *testing.T, change func([]byte)) (artifact.Archive, []byte) {
	t.Helper()
	zips := zipped(t, t.TempDir(), []artifact.Binary{binary(t, "big", noise(big)), binary(t, "small", noise(5000))})
	dir := t.TempDir()
	if err := archive.Export(t.Context(), zips, dir); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(filepath.Join(dir, "archives.bin"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	memory, err := syscall.Mmap(int(f.Fd()), 0, int(zips[0].Size+zips[1].Size),
		syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	if change != nil {
		change(memory)
	}
	if err := syscall.Mprotect(memory, syscall.PROT_READ); err != nil {
		t.Fatal(err)
	}
	text := read(t, filepath.Join(dir, "manifest.json"))
	archives, err := archive.From([]byte(text), unsafe.String(&memory[0], len(memory)))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(dir); err != nil { // as when plldb is replaced while it runs
		t.Fatal(err)
	}
	return archives[0], memory
}

// resident is how many bytes of the mapping are in this process's memory.
func resident(t *testing.T, memory []byte) int {
	t.Helper()
	f, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	inside, start := false, fmt.Sprintf("%x-", uintptr(unsafe.Pointer(&memory[0])))
	for lines := bufio.NewScanner(f); lines.Scan(); {
		inside = inside || strings.HasPrefix(lines.Text(), start)
		var kilobytes int
		if _, err := fmt.Sscanf(lines.Text(), "Rss: %d kB", &kilobytes); inside && err == nil {
			return kilobytes * 1024
		}
	}
	t.Skip("this system does not tell how much of a mapping is in memory")
	return 0
}

// TestPagesAreGivenBack reads an archive in pieces, as an upload does.
func TestPagesAreGivenBack(t *testing.T) {
	a, memory := mapped(t, nil)
	r, most := open(t, a), 0
	for piece := make([]byte, 32<<10); ; {
		_, err := r.Read(piece)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		most = max(most, resident(t, memory))
	}
	if most == 0 || most > big/4 {
		t.Errorf("%d bytes of %d were in memory at once", most, big)
	}
	bytesOf(t, a) // the file is gone by now, and not for the mapping
}

// TestPagesAreGivenBackAtTheEnd closes an archive of which little was read.
func TestPagesAreGivenBackAtTheEnd(t *testing.T) {
	a, memory := mapped(t, nil)
	r := open(t, a)
	if _, err := io.ReadFull(r, make([]byte, 900<<10)); err != nil {
		t.Fatal(err)
	}
	before := resident(t, memory)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if after := resident(t, memory); before < 900<<10 || after > before/2 {
		t.Errorf("%d bytes were in memory, and %d after Close", before, after)
	}
}

// TestPagesThatWereWrittenToStay puts one byte into the memory that the file has not: giving its page back would lose
// it.
func TestPagesThatWereWrittenToStay(t *testing.T) {
	a, memory := mapped(t, func(memory []byte) { memory[big/2]++ })
	changed := memory[big/2]
	for range 2 {
		r := open(t, a)
		if got := all(t, r)[big/2]; got != changed {
			t.Fatalf("the byte is %d, want %d", got, changed)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if left := resident(t, memory); left < big {
		t.Errorf("%d bytes of %d are in memory, want all", left, big)
	}
}
