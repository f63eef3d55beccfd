package archive

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/zip"

	"github.com/plldb/plldb/pkg/artifact"
)

// bootstrap is the name under which provided.al2023 starts a function, and its mode.
const (
	bootstrap     = "bootstrap"
	bootstrapMode = 0o755
)

// level of the deflater, by measurement on a function of 5.8 MB: 1 gives 2.74 MB in 39 ms, 6 gives 2.48 MB in 75 ms,
// 7 gives 2.44 MB in 109 ms, 9 gives 2.42 MB in 640 ms. Beyond 6 the time grows faster than an upload gains.
const level = 6

// pack writes the zip of one binary into dir, looks whether it is as Lambda wants it, and puts it in its place.
func pack(ctx context.Context, b artifact.Binary, dir string) (entry, error) {
	e := entry{Name: b.Name, Binary: b.ID}
	err := place(filepath.Join(dir, e.file()), func(f *os.File) error {
		sum := sha256.New()
		if err := deflate(ctx, io.MultiWriter(f, sum), b.Path); err != nil {
			return err
		}
		e.Digest = artifact.Digest(sum.Sum(nil))
		var err error
		if e.Size, err = f.Seek(0, io.SeekCurrent); err != nil {
			return err
		}
		return verify(f, e.Size, b.Size)
	})
	return e, err
}

// deflate writes the zip: one file, its mode (which Windows would lose: trap 40), and no time, so neither are there
// the extra fields that times bring.
func deflate(ctx context.Context, w io.Writer, path string) error {
	src, err := os.Open(path)
	if err != nil {
		return err
	}
	defer src.Close()

	zw := zip.NewWriter(w)
	zw.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w, level)
	})
	header := &zip.FileHeader{Name: bootstrap, Method: zip.Deflate}
	header.SetMode(bootstrapMode)
	file, err := zw.CreateHeader(header)
	if err != nil {
		return err
	}
	if _, err := io.Copy(file, until{ctx, src}); err != nil {
		return err
	}
	return zw.Close()
}

// verify reads the zip's directory back (trap 40). size is the zip's, want the binary's, in bytes.
func verify(r io.ReaderAt, size, want int64) error {
	zr, err := zip.NewReader(r, size)
	if err != nil {
		return fmt.Errorf("reading the zip back: %w", err)
	}
	if len(zr.File) != 1 {
		return fmt.Errorf("the zip holds %d files, not one", len(zr.File))
	}
	f := zr.File[0]
	if f.Name != bootstrap || f.Mode() != bootstrapMode {
		return fmt.Errorf("the zip holds %s with mode %v, not %s with mode %o", f.Name, f.Mode(), bootstrap, bootstrapMode)
	}
	if got := f.UncompressedSize64; got != uint64(want) {
		return fmt.Errorf("the binary had %d bytes and %d were packed: it changed meanwhile", want, got)
	}
	return nil
}

// until reads until its ctx is cancelled.
type until struct {
	ctx context.Context
	io.Reader
}

func (u until) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.Reader.Read(p)
}

// place writes a file beside path and renames it to path when write has succeeded, so that under its name there is
// only ever a whole file.
func place(path string, write func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	err = write(f)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
