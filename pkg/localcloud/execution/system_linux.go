package execution

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"syscall"
)

// attributes give the process a group of its own, and let it die with plldb, also when that is killed with -9. What it
// has started itself does not die then.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// usedSoFar reads the high-water mark of a running process, in MB.
func usedSoFar(pid int) int {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmHWM:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, err := strconv.Atoi(string(fields[0]))
	if err != nil {
		return 0
	}
	return kilobytes >> 10
}

func usedInAll(state *os.ProcessState) int {
	if state == nil {
		return 0
	}
	usage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	return int(usage.Maxrss >> 10) // kilobytes, getrusage(2)
}

func busyFile(err error) bool { return errors.Is(err, syscall.ETXTBSY) }

// awaitEnd returns true when a child has ended, whose end is left for somebody else to look at.
func awaitEnd(pid int) bool {
	const byPID, exited, leave = 1, 0x4, 0x1000000 // P_PID, WEXITED and WNOWAIT, waitid(2)
	for {
		_, _, err := syscall.Syscall6(syscall.SYS_WAITID, byPID, uintptr(pid), 0, exited|leave, 0, 0)
		if err != syscall.EINTR {
			return err == 0
		}
	}
}
