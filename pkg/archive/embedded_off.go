//go:build !plldb_embedded

package archive

import "github.com/plldb/plldb/pkg/artifact"

// Embedded returns the archives that came with this build of plldb: with the build tag plldb_embedded those that
// Export wrote to pkg/archive/embedded, and true; without it none, and false.
func Embedded() ([]artifact.Archive, bool, error) { return nil, false, nil }
