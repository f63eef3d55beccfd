package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/plldb/plldb/pkg/artifact"
)

// manifestName is the file that stands beside the zips.
const manifestName = "manifest.json"

// format counts the ways in which a binary has been packed. Whoever changes one that changes the bytes (another level,
// another release of the deflater) counts on, so that zips of the old way are made anew. A test holds the bytes.
const format = 1

// manifest tells which binary each zip was made of, so that nothing need be hashed to know that nothing changed.
type manifest struct {
	Format    int     `json:"format"`
	Functions []entry `json:"functions"`
}

// entry is one function's zip.
type entry struct {
	Name   string          `json:"name"`
	Binary string          `json:"binary,omitempty"` // the binary's ID; "" in what Export writes
	Digest artifact.Digest `json:"sha256"`           // of the zip, base64
	Size   int64           `json:"size"`             // bytes of the zip
}

func (e entry) file() string { return e.Name + ".zip" }

// readManifest reads the manifest in dir. One that is not there or is damaged counts as empty: all is packed anew.
func readManifest(dir string) manifest {
	text, err := os.ReadFile(filepath.Join(dir, manifestName))
	if err != nil {
		return manifest{}
	}
	m, err := parseManifest(text)
	if err != nil {
		return manifest{}
	}
	return m
}

// parseManifest checks what it reads: the names become paths of files that are opened, and removed.
func parseManifest(text []byte) (manifest, error) {
	var m manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return manifest{}, fmt.Errorf("reading %s: %w", manifestName, err)
	}
	seen := map[string]bool{}
	for _, e := range m.Functions {
		plain := filepath.IsLocal(e.Name) && filepath.Base(e.Name) == e.Name && e.Name != "."
		if !plain || seen[e.Name] || e.Digest.IsZero() || e.Size <= 0 {
			return manifest{}, fmt.Errorf("reading %s: the entry of %q is damaged", manifestName, e.Name)
		}
		seen[e.Name] = true
	}
	return m, nil
}

// find returns the entry that was made of this very binary.
func (m manifest) find(b artifact.Binary) (entry, bool) {
	i := slices.IndexFunc(m.Functions, func(e entry) bool { return e.Name == b.Name })
	if i < 0 || m.Format != format || b.ID == "" || m.Functions[i].Binary != b.ID {
		return entry{}, false
	}
	return m.Functions[i], true
}

// withdraw takes the manifest away before zips are written, and the zips of functions that are no more among those to
// come. The zips go first: without the manifest nobody would know whose they are.
func (m manifest) withdraw(dir string, coming []entry) error {
	for _, e := range m.Functions {
		if slices.ContainsFunc(coming, func(c entry) bool { return c.Name == e.Name }) {
			continue
		}
		if err := remove(filepath.Join(dir, e.file())); err != nil {
			return fmt.Errorf("removing the zip of a function that is gone: %w", err)
		}
	}
	if err := remove(filepath.Join(dir, manifestName)); err != nil {
		return fmt.Errorf("removing the old manifest: %w", err)
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (m manifest) write(dir string) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	err = place(filepath.Join(dir, manifestName), func(f *os.File) error {
		_, err := io.Copy(f, bytes.NewReader(append(text, '\n')))
		return err
	})
	if err != nil {
		return fmt.Errorf("writing %s: %w", manifestName, err)
	}
	return nil
}

// stands says whether the zip is there in its size. Whether its bytes are still those is seen on the way to S3, which
// compares the digest.
func (e entry) stands(dir string) bool {
	info, err := os.Stat(filepath.Join(dir, e.file()))
	return err == nil && info.Mode().IsRegular() && info.Size() == e.Size
}

func (e entry) archive(dir string, reused bool) artifact.Archive {
	path := filepath.Join(dir, e.file())
	return artifact.Archive{
		Name: e.Name, Digest: e.Digest, Size: e.Size, Reused: reused,
		Open: func() (io.ReadSeekCloser, error) {
			f, err := os.Open(path)
			if err != nil {
				return nil, err
			}
			return f, nil
		},
	}
}
