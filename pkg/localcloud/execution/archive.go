package execution

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// bundle is a function's code as it was uploaded.
type bundle struct{ *zip.Reader }

// unpackedLimit is Lambda's (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
const unpackedLimit = 250 << 20

// open reads an archive's list. It refuses one whose files would be elsewhere than in its folder, are neither files nor
// folders, or are too much.
func open(text []byte) (bundle, error) {
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return bundle{}, err
	}
	var size uint64
	for _, f := range archive.File {
		if err := acceptable(f); err != nil {
			return bundle{}, err
		}
		size += f.UncompressedSize64
		if f.UncompressedSize64 > unpackedLimit || size > unpackedLimit {
			return bundle{}, errors.New("the archive is too large unpacked")
		}
	}
	return bundle{archive}, nil
}

func acceptable(f *zip.File) error {
	name := strings.TrimSuffix(f.Name, "/")
	if name != "" && (!filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`)) {
		return fmt.Errorf("the archive has a file %q outside of its folder", f.Name)
	}
	if mode := f.Mode(); !mode.IsRegular() && !mode.IsDir() {
		return fmt.Errorf("the archive's %q is neither a file nor a folder", f.Name)
	}
	return nil
}

// isIn tells whether a folder has the archive's files. A folder is given its name only when it is whole; but functions
// run in it and may have written there, and a machine may have stopped before its disk had everything.
func (b bundle) isIn(folder string) bool {
	for _, f := range b.File {
		if !f.Mode().IsDir() && !same(f, filepath.Join(folder, filepath.FromSlash(f.Name))) {
			return false
		}
	}
	_, err := os.Stat(folder)
	return err == nil
}

func same(f *zip.File, path string) bool {
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != f.UncompressedSize64 {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	sum := crc32.NewIEEE()
	_, err = io.Copy(sum, file)
	return err == nil && sum.Sum32() == f.CRC32
}

// replace unpacks the archive beside the folder and gives it the folder's name when it is whole, so that a folder with
// that name is never half. Somebody else may do the same at the same time: then theirs is as good.
func (b bundle) replace(root, folder string) error {
	sweep(root, time.Now().Add(-time.Hour))
	fresh, err := os.MkdirTemp(root, unfinished)
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	whole := filepath.Join(fresh, "code")
	if err := b.unpack(whole); err != nil {
		return err
	}
	err = os.Rename(whole, folder)
	if err == nil || b.isIn(folder) {
		return nil
	}
	if err := os.Rename(folder, filepath.Join(fresh, "old")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err = os.Rename(whole, folder)
	if err != nil && b.isIn(folder) {
		return nil
	}
	return err
}

// unfinished is the beginning of the names of folders that are not whole yet.
const unfinished = ".new-"

// sweep removes what was left by those that were killed while they unpacked. Nobody needs an hour for it.
func sweep(root string, before time.Time) {
	entries, err := os.ReadDir(root)
	if err != nil {
		return // to write there will say why
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err == nil && strings.HasPrefix(entry.Name(), unfinished) && info.ModTime().Before(before) {
			os.RemoveAll(filepath.Join(root, entry.Name())) // or the next one does
		}
	}
}

func (b bundle) unpack(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	for _, f := range b.File {
		if err := extract(f, filepath.Join(folder, filepath.FromSlash(f.Name))); err != nil {
			return fmt.Errorf("unpacking %s: %w", f.Name, err)
		}
	}
	return nil
}

// extract unpacks one file, with its mode. Folders can be written by plldb whatever the archive says, else nobody could
// remove them.
func extract(f *zip.File, path string) error {
	if f.Mode().IsDir() {
		return os.MkdirAll(path, 0o700)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from) // it checks size and checksum
	return errors.Join(err, to.Chmod(f.Mode().Perm()), to.Close())
}
