package localcloud

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const keyFile = "key"

// Key is the access key of a state's folder, made when it is first asked for: whoever has it may do everything in the cloud,
// run code as this user included. The folder is its user's alone, so on a machine of several users it keeps the others out.
func Key(state string) (string, error) {
	path := filepath.Join(state, keyFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeKey(state, path); err != nil {
			return "", fmt.Errorf("making the local cloud's access key: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	key := strings.TrimSpace(string(text))
	if err == nil && len(key) < 16 { // AWS's shortest
		err = fmt.Errorf("%s holds no key: remove it", path)
	}
	if err != nil {
		return "", fmt.Errorf("reading the local cloud's access key: %w", err)
	}
	return key, nil
}

// makeKey puts a new key in its place whole. Where two do so at once, the first one's stays.
func makeKey(state, path string) error {
	if err := os.MkdirAll(state, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(state, keyFile+"-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString("PLLDB" + rand.Text() + "\n")
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Link(f.Name(), path)
	}
	if errors.Is(err, fs.ErrExist) {
		err = nil
	}
	return errors.Join(err, os.Remove(f.Name()))
}
