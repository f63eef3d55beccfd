package execution

import (
	"archive/zip"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// bundle is a function's code as it was uploaded.
type bundle struct {
	files []*zip.File       // one of each name
	links map[string]string // where those lead that are symbolic links, by name
}

const (
	// unpackedLimit is Lambda's (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
	unpackedLimit = 250 << 20
	// longestTarget is what Linux takes (PATH_MAX).
	longestTarget = 4096
)

// open reads an archive's list. It refuses one whose files would be elsewhere than in its folder or lead out of it, are
// neither files nor folders nor symbolic links, or are too much. Of files with one name the last counts, as with unzip.
func open(text []byte) (bundle, error) {
	archive, err := zip.NewReader(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		return bundle{}, err
	}
	b := bundle{files: lasting(archive.File), links: map[string]string{}}
	var size uint64
	for _, f := range b.files {
		size += f.UncompressedSize64
		if f.UncompressedSize64 > unpackedLimit || size > unpackedLimit {
			return bundle{}, errors.New("the archive is too large unpacked")
		}
		if err := b.accept(f); err != nil {
			return bundle{}, err
		}
	}
	return b, nil
}

// lasting are the files that no later one replaces.
func lasting(all []*zip.File) []*zip.File {
	last := map[string]*zip.File{}
	for _, f := range all {
		last[path.Clean(f.Name)] = f
	}
	return slices.DeleteFunc(slices.Clone(all), func(f *zip.File) bool { return last[path.Clean(f.Name)] != f })
}

func (b bundle) accept(f *zip.File) error {
	name := strings.TrimSuffix(f.Name, "/")
	if name != "" && (!filepath.IsLocal(filepath.FromSlash(name)) || strings.Contains(name, `\`)) {
		return fmt.Errorf("the archive has a file %q outside of its folder", f.Name)
	}
	switch mode := f.Mode(); {
	case mode.IsRegular() || mode.IsDir():
		return nil
	case mode.Type() != fs.ModeSymlink:
		return fmt.Errorf("the archive's %q is neither a file, a folder nor a link", f.Name)
	}
	to, err := target(f)
	if err != nil {
		return fmt.Errorf("reading the archive's link %q: %w", f.Name, err)
	}
	if path.IsAbs(to) || !filepath.IsLocal(filepath.FromSlash(path.Join(path.Dir(name), to))) {
		return outside(f.Name)
	}
	b.links[f.Name] = to
	return nil
}

func outside(link string) error {
	return fmt.Errorf("the archive's link %q leads out of its folder", link)
}

// target is where a symbolic link leads, which an archive has as the file's content.
func target(f *zip.File) (string, error) {
	if f.UncompressedSize64 > longestTarget {
		return "", errors.New("it is too long")
	}
	from, err := f.Open()
	if err != nil {
		return "", err
	}
	defer from.Close()
	text, err := io.ReadAll(from)
	return string(text), err
}

// isIn tells whether a folder has the archive's files. A folder is given its name only when it is whole; but functions
// run in it and may have written there, and a machine may have stopped before its disk had everything.
func (b bundle) isIn(folder string) bool {
	for _, f := range b.files {
		at := filepath.Join(folder, filepath.FromSlash(f.Name))
		if to, link := b.links[f.Name]; link {
			if have, err := os.Readlink(at); err != nil || filepath.ToSlash(have) != to {
				return false
			}
			continue
		}
		if !f.Mode().IsDir() && !same(f, at) {
			return false
		}
	}
	_, err := os.Stat(folder)
	return err == nil
}

func same(f *zip.File, at string) bool {
	info, err := os.Lstat(at)
	if err != nil || !info.Mode().IsRegular() || uint64(info.Size()) != f.UncompressedSize64 {
		return false
	}
	file, err := os.Open(at)
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
			_ = os.RemoveAll(filepath.Join(root, entry.Name())) // or the next one does
		}
	}
}

// unpack makes the folder. The system sees to it that nothing is written outside, whatever links are on the way.
func (b bundle) unpack(folder string) error {
	if err := os.Mkdir(folder, 0o700); err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, f := range b.files {
		if err := b.extract(root, f); err != nil {
			return fmt.Errorf("unpacking %s: %w", f.Name, err)
		}
	}
	return b.follow(root)
}

// follow refuses links that lead out by way of other links. Those that lead to nothing stay.
func (b bundle) follow(root *os.Root) error {
	for name := range b.links {
		if _, err := root.Stat(filepath.FromSlash(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: %w", outside(name), err)
		}
	}
	return nil
}

// extract unpacks one file, with its mode. Folders can be written by plldb whatever the archive says, else nobody could
// remove them.
func (b bundle) extract(root *os.Root, f *zip.File) error {
	at := filepath.FromSlash(strings.TrimSuffix(f.Name, "/"))
	if f.Mode().IsDir() {
		return root.MkdirAll(cmp.Or(at, "."), 0o700)
	}
	if err := root.MkdirAll(filepath.Dir(at), 0o700); err != nil {
		return err
	}
	if to, link := b.links[f.Name]; link {
		return root.Symlink(filepath.FromSlash(to), at)
	}
	from, err := f.Open()
	if err != nil {
		return err
	}
	defer from.Close()
	to, err := root.OpenFile(at, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from) // it checks size and checksum
	return errors.Join(err, to.Chmod(f.Mode().Perm()), to.Close())
}
