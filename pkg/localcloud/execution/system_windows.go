package execution

import (
	"os"
	"path/filepath"
	"syscall"
)

// attributes are none. If plldb is killed, the process ends by itself when it asks for the next event, and nobody
// answers: AWS's runtime clients end then.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{HideWindow: true} }

// kill ends the process. What it has started itself is not ended.
func kill(p *os.Process) error { return p.Kill() }

// systemVariables are what a process needs on this system.
func systemVariables(get func(string) string) map[string]string {
	root := get("SystemRoot")
	return map[string]string{
		"SystemRoot": root,
		"PATH":       filepath.Join(root, "System32") + ";" + root,
		"TEMP":       get("TEMP"),
		"TMP":        get("TMP"),
	}
}

// bootstrap is the command of a folder with code. A file without an ending can be run too.
func bootstrap(folder string) string { return filepath.Join(folder, "bootstrap") }

func usedSoFar(int) int { return 0 }

func usedInAll(*os.ProcessState) int { return 0 }

func busyFile(error) bool { return false }

// awaitEnd returns false: here the end of a child is waited for and looked at in one.
func awaitEnd(int) bool { return false }
