//go:build unix

package archive_test

import (
	"syscall"
	"testing"
)

// tightenUmask takes all rights from group and others until the test ends.
func tightenUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(old) })
}
