package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// process is what Linux says of one.
type process struct{ pid, parent, resident, peak int64 } // memory in bytes

// status reads a process. Other systems than Linux have no such file.
func status(pid string) (process, error) {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "status"))
	if err != nil {
		return process{}, err
	}
	var p process
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		number, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64)
		if err != nil {
			continue
		}
		switch name {
		case "Pid":
			p.pid = number
		case "PPid":
			p.parent = number
		case "VmRSS":
			p.resident = number * 1024
		case "VmHWM":
			p.peak = number * 1024
		}
	}
	return p, nil
}

// family is a process and all that were started by it, or by one of those.
func family(pid int) (head process, children []process, err error) {
	if head, err = status(fmt.Sprint(pid)); err != nil {
		return head, nil, err
	}
	all, err := processes()
	if err != nil {
		return head, nil, err
	}
	for parents := []int64{head.pid}; len(parents) > 0; parents = parents[1:] {
		for _, p := range all {
			if p.parent == parents[0] {
				children, parents = append(children, p), append(parents, p.pid)
			}
		}
	}
	return head, children, nil
}

// processes are all that there are.
func processes() ([]process, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, err
	}
	var all []process
	for _, entry := range entries {
		if strings.Trim(entry.Name(), "0123456789") != "" {
			continue
		}
		if p, err := status(entry.Name()); err == nil { // it may have ended meanwhile
			all = append(all, p)
		}
	}
	return all, nil
}
