package store

import (
	"os"
	"path/filepath"
	"time"
)

// What the names of files begin with that are not yet what they will be.
const (
	draftPrefix = ".draft-"
	statePrefix = ".state-"
)

// abandoned is when nobody writes to such a file any more: its process was killed.
const abandoned = time.Hour

// sweep removes the files of the patterns that were left over. One that cannot be removed does no harm.
func sweep(patterns ...string) {
	for _, pattern := range patterns {
		found, _ := filepath.Glob(pattern) // a folder whose name is a pattern itself is not swept
		for _, path := range found {
			if info, err := os.Lstat(path); err == nil && info.Mode().IsRegular() && time.Since(info.ModTime()) > abandoned {
				_ = os.Remove(path)
			}
		}
	}
}
