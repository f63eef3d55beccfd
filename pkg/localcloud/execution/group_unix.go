//go:build unix

package execution

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// kill ends the process and those it has started that did not leave its group. Lambda sends SIGTERM first only where a
// function has extensions (aws-samples/graceful-shutdown-with-aws-lambda), and there are none here.
func kill(p *os.Process) error {
	err := syscall.Kill(-p.Pid, syscall.SIGKILL)
	if errors.Is(err, syscall.ESRCH) {
		return os.ErrProcessDone
	}
	return err
}

// systemVariables are what a process needs on this system. The path is Lambda's.
func systemVariables(func(string) string) map[string]string {
	return map[string]string{"PATH": "/usr/local/bin:/usr/bin/:/bin:/opt/bin"}
}

// bootstrap is the command of a folder with code.
func bootstrap(folder string) string { return filepath.Join(folder, "bootstrap") }
