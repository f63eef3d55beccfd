package archive

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/plldb/plldb/pkg/artifact"
)

// archivesName is the file in which Export puts all zips, one after the other in the order of the manifest.
const archivesName = "archives.bin"

// window is how many bytes of a zip are read before its pages are given back.
const window = 1 << 20

// Export writes the archives into one file in dir, and their manifest, for From; it replaces what an earlier Export
// left there. Each archive's bytes must have its digest: nobody hashes them again before they are on their way.
func Export(ctx context.Context, archives []artifact.Archive, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the archives: %w", err)
	}
	if err := remove(filepath.Join(dir, manifestName)); err != nil {
		return fmt.Errorf("removing the old manifest: %w", err)
	}
	m := manifest{Format: format}
	err := place(filepath.Join(dir, archivesName), func(f *os.File) error {
		for _, a := range archives {
			if err := export(ctx, a, f); err != nil {
				return fmt.Errorf("exporting %s: %w", a.Name, err)
			}
			m.Functions = append(m.Functions, entry{Name: a.Name, Digest: a.Digest, Size: a.Size})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return m.write(dir)
}

func export(ctx context.Context, a artifact.Archive, w io.Writer) error {
	src, err := a.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	digest, size, err := artifact.DigestFrom(io.TeeReader(until{ctx, src}, w))
	if err == nil && (digest != a.Digest || size != a.Size) {
		err = fmt.Errorf("the zip has changed since it was packed: its SHA-256 is %s, not %s", digest, a.Digest)
	}
	return err
}

// From returns the archives of the two files that Export wrote, in the same order. Their digests are the manifest's;
// nothing is read but that. A manifest that is damaged, or zips of another size, are an error.
func From(manifestText []byte, zips string) ([]artifact.Archive, error) {
	m, err := parseManifest(manifestText)
	if err != nil {
		return nil, err
	}
	if len(m.Functions) == 0 {
		return nil, fmt.Errorf("reading %s: it names no function", manifestName)
	}
	fromFile := sync.OnceValue(func() bool { return rereadable(zips) })
	archives := make([]artifact.Archive, 0, len(m.Functions))
	rest := zips
	for _, e := range m.Functions {
		if e.Size > int64(len(rest)) {
			return nil, fmt.Errorf("%s has %d bytes, and the zips in %s have more", archivesName, len(zips), manifestName)
		}
		archives = append(archives, e.within(rest[:e.Size], fromFile))
		rest = rest[e.Size:]
	}
	if rest != "" {
		return nil, fmt.Errorf("%s has %d bytes, and the zips in %s have fewer", archivesName, len(zips), manifestName)
	}
	return archives, nil
}

// within is the archive whose bytes are the zip. fromFile says whether their pages can be given back.
func (e entry) within(zip string, fromFile func() bool) artifact.Archive {
	return artifact.Archive{
		Name: e.Name, Digest: e.Digest, Size: e.Size, Reused: true,
		Open: func() (io.ReadSeekCloser, error) {
			return &inPlace{ReadSeeker: strings.NewReader(zip), zip: zip, fromFile: fromFile()}, nil
		},
	}
}

// inPlace reads a zip where it lies in memory: no bytes are copied until they are sent. Every page of the executable
// that was read counts as plldb's memory from then on, and with two hundred functions that is half a gigabyte; so the
// pages are given back while a zip is read and when it is closed, however much of it was read.
type inPlace struct {
	io.ReadSeeker // not a *strings.Reader: its WriteTo would send the zip in one piece

	zip      string
	fromFile bool
	since    int // bytes read since the pages were given back
}

// Read reads on. Reading what was given back is a matter of time alone, so a zip that is open twice is no exception.
func (r *inPlace) Read(p []byte) (int, error) {
	n, err := r.ReadSeeker.Read(p)
	if r.since += n; r.since >= window {
		r.since = 0
		r.giveBack()
	}
	return n, err
}

// Close touches nothing that Read does: an HTTP client may still be reading a body that was refused early.
func (r *inPlace) Close() error {
	r.giveBack()
	return nil
}

func (r *inPlace) giveBack() {
	if r.fromFile {
		giveBack(r.zip)
	}
}
