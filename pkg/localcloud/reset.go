package localcloud

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// forget removes the state in a folder that is held.
func forget(state string) error {
	entries, err := os.ReadDir(state)
	if err != nil {
		return fmt.Errorf("forgetting the local cloud's state: %w", err)
	}
	for _, e := range entries {
		if !ofState(e.Name()) {
			return fmt.Errorf("%s holds %s, which is not the local cloud's: nothing was removed", state, e.Name())
		}
	}
	for _, e := range entries {
		if e.Name() == keyFile || e.Name() == lockFile {
			continue
		}
		if err := os.RemoveAll(filepath.Join(state, e.Name())); err != nil {
			return fmt.Errorf("forgetting the local cloud's state: %w", err)
		}
	}
	return nil
}

// ofState tells whether a file of a state's folder is the local cloud's.
func ofState(name string) bool {
	return slices.Contains([]string{"state.db", "blobs", "functions", keyFile, noteFile, lockFile}, name) ||
		strings.HasPrefix(name, ".state-") || strings.HasPrefix(name, noteFile+"-") || strings.HasPrefix(name, keyFile+"-")
}
