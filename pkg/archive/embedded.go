package archive

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/plldb/plldb/pkg/artifact"
)

// Export writes the archives and their manifest into dir, for From. Each archive's bytes must have its digest: nobody
// hashes them again before they are in the bucket. What an earlier Export left there and is gone now is removed.
func Export(ctx context.Context, archives []artifact.Archive, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("making the folder of the archives: %w", err)
	}
	m := manifest{Format: format}
	for _, a := range archives {
		m.Functions = append(m.Functions, entry{Name: a.Name, Digest: a.Digest, Size: a.Size})
	}
	if err := readManifest(dir).withdraw(dir, m.Functions); err != nil {
		return err
	}
	for i, a := range archives {
		if err := export(ctx, a, filepath.Join(dir, m.Functions[i].file())); err != nil {
			return fmt.Errorf("exporting %s: %w", a.Name, err)
		}
	}
	return m.write(dir)
}

func export(ctx context.Context, a artifact.Archive, path string) error {
	src, err := a.Open()
	if err != nil {
		return err
	}
	defer src.Close()
	return place(path, func(f *os.File) error {
		digest, size, err := artifact.DigestFrom(io.TeeReader(until{ctx, src}, f))
		if err == nil && (digest != a.Digest || size != a.Size) {
			err = fmt.Errorf("the zip has changed since it was packed: its SHA-256 is %s, not %s", digest, a.Digest)
		}
		return err
	})
}

// From returns the archives that Export wrote, in the same order. Their digests are the manifest's; nothing is read
// but that. A manifest that is missing or damaged, or a zip of another size, is an error.
func From(fsys fs.FS) ([]artifact.Archive, error) {
	text, err := fs.ReadFile(fsys, manifestName)
	if err != nil {
		return nil, err
	}
	m, err := parseManifest(text)
	if err != nil {
		return nil, err
	}
	if len(m.Functions) == 0 {
		return nil, fmt.Errorf("reading %s: it names no function", manifestName)
	}
	archives := make([]artifact.Archive, 0, len(m.Functions))
	for _, e := range m.Functions {
		info, err := fs.Stat(fsys, e.file())
		if err != nil {
			return nil, err
		}
		if info.Size() != e.Size {
			return nil, fmt.Errorf("%s has %d bytes, and %s says %d", e.file(), info.Size(), manifestName, e.Size)
		}
		archives = append(archives, e.embedded(fsys))
	}
	return archives, nil
}

// embedded reads the zip where it lies: a file of embed.FS seeks, so no bytes are copied until they are sent.
func (e entry) embedded(fsys fs.FS) artifact.Archive {
	return artifact.Archive{
		Name: e.Name, Digest: e.Digest, Size: e.Size, Reused: true,
		Open: func() (io.ReadSeekCloser, error) {
			f, err := fsys.Open(e.file())
			if err != nil {
				return nil, err
			}
			if seeker, ok := f.(io.ReadSeekCloser); ok {
				return seeker, nil
			}
			_ = f.Close()
			return nil, fmt.Errorf("opening %s: it can only be read from its beginning", e.file())
		},
	}
}
