package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// diskBlobs are files, named by their digest, in folders of its first two digits.
type diskBlobs struct{ dir string }

func (d *diskBlobs) path(sum string) string { return filepath.Join(d.dir, sum[:2], sum[2:]) }

func (d *diskBlobs) draft(r io.Reader) (_ *Draft, err error) {
	f, err := os.CreateTemp(d.dir, draftPrefix)
	if err != nil {
		return nil, fmt.Errorf("receiving an object: %w", err)
	}
	drop := func() error { return os.Remove(f.Name()) }
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = drop()
		}
	}()
	hash := sha256.New()
	n, err := io.Copy(io.MultiWriter(f, hash), r)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return nil, fmt.Errorf("receiving an object: %w", err)
	}
	return &Draft{Sum: hex.EncodeToString(hash.Sum(nil)), Size: n, path: f.Name(), drop: drop}, nil
}

func (d *diskBlobs) keep(draft *Draft) error {
	path := d.path(draft.Sum)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("keeping an object: %w", err)
	}
	if err := os.Rename(draft.path, path); err != nil {
		return fmt.Errorf("keeping an object: %w", err)
	}
	draft.path, draft.drop = path, nil
	return nil
}

func (d *diskBlobs) read(sum string) ([]byte, error) { return readBlob(d.path(sum), sum) }

func (d *diskBlobs) readDraft(draft *Draft) ([]byte, error) { return readBlob(draft.path, draft.Sum) }

func readBlob(path, sum string) ([]byte, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Damaged{Path: path, What: "the bytes of an object are missing"}
	}
	if err != nil {
		return nil, fmt.Errorf("reading an object: %w", err)
	}
	if got := sha256.Sum256(data); hex.EncodeToString(got[:]) != sum {
		return nil, &Damaged{Path: path, What: "its bytes are not those that were written"}
	}
	return data, nil
}

// remove may fail: what stays is named by nothing, and does no harm.
func (d *diskBlobs) remove(sum string) { _ = os.Remove(d.path(sum)) }

// any ignores drafts.
func (d *diskBlobs) any() (bool, error) {
	folders, err := os.ReadDir(d.dir)
	if err != nil {
		return false, err
	}
	for _, folder := range folders {
		if strings.HasPrefix(folder.Name(), ".") {
			continue
		}
		found, err := os.ReadDir(filepath.Join(d.dir, folder.Name()))
		if err != nil || len(found) > 0 {
			return true, err
		}
	}
	return false, nil
}
