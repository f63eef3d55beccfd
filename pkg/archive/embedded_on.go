//go:build plldb_embedded

package archive

import (
	_ "embed"
	"fmt"

	"github.com/plldb/plldb/pkg/artifact"
)

// These are what Export wrote before this plldb was built. The zips are a string, and so lie in the executable's
// read-only data at an address that can be asked for; the files of an embed.FS cannot.
var (
	//go:embed embedded/manifest.json
	embeddedManifest []byte
	//go:embed embedded/archives.bin
	embeddedArchives string
)

// Embedded returns the archives that came with this build of plldb: with the build tag plldb_embedded those that
// Export wrote to pkg/archive/embedded, and true; without it none, and false.
func Embedded() ([]artifact.Archive, bool, error) {
	archives, err := From(embeddedManifest, embeddedArchives)
	if err != nil {
		return nil, true, fmt.Errorf("reading the functions that came with plldb: %w", err)
	}
	return archives, true, nil
}
