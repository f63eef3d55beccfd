//go:build unix && !linux

package execution

import (
	"errors"
	"os"
	"syscall"
)

// attributes give the process a group of its own. If plldb is killed with -9, the process ends by itself when it asks
// for the next event, and nobody answers: AWS's runtime clients end then.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// usedSoFar is not told of a running process.
func usedSoFar(int) int { return 0 }

func usedInAll(*os.ProcessState) int { return 0 } // its unit differs from system to system

func busyFile(err error) bool { return errors.Is(err, syscall.ETXTBSY) }

// awaitEnd returns false: here the end of a child is waited for and looked at in one.
func awaitEnd(int) bool { return false }
