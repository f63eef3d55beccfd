package localcloud

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Reset forgets the state in a folder. Where that is cut short, the state counts as damaged until it is done again. It refuses while a server serves it, and where something lies in it that is not the
// local cloud's; then nothing is removed. A folder that is not there has no state.
func Reset(ctx context.Context, state string) error {
	entries, err := os.ReadDir(state)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("forgetting the local cloud's state: %w", err)
	}
	if url, pid, ok := Serving(ctx, state); ok {
		return &Already{State: state, URL: url, PID: pid}
	}
	for _, e := range entries {
		if !ofState(e.Name()) {
			return fmt.Errorf("%s holds %s, which is not the local cloud's: nothing was removed", state, e.Name())
		}
	}
	for _, e := range entries {
		if e.Name() == keyFile {
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
