//go:build plldb_embedded

package archive

import (
	"embed"
	"fmt"
	"io/fs"

	"github.com/plldb/plldb/pkg/artifact"
)

// embedded is what Export wrote before this plldb was built.
//
//go:embed embedded/*
var embedded embed.FS

// Embedded returns the archives that came with this build of plldb: with the build tag plldb_embedded those that
// Export wrote to pkg/archive/embedded, and true; without it none, and false.
func Embedded() ([]artifact.Archive, bool, error) {
	fsys, err := fs.Sub(embedded, "embedded")
	if err != nil {
		return nil, true, err
	}
	archives, err := From(fsys)
	if err != nil {
		return nil, true, fmt.Errorf("reading the functions that came with plldb: %w", err)
	}
	return archives, true, nil
}
