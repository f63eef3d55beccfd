//go:build unix

package compile

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// endTogether puts go and all that it starts into a process group of their own, which ends as a whole when the
// command's ctx is cancelled. Killed at once: go's caches stand that, and there is little time (R6, trap 33).
func endTogether(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error {
		err := syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		if errors.Is(err, syscall.ESRCH) {
			return os.ErrProcessDone
		}
		return err
	}
}
