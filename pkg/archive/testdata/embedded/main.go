// Command embedded shows what this build carries: a line a function, with its digest, that of the bytes which Open
// gives, and whether opening copied them. At last it shows whether what was read is still in memory.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/artifact"
)

func main() {
	archives, carried, err := archive.Embedded()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("carried", carried)
	total := int64(0)
	for _, a := range archives {
		before := allocated()
		r, err := a.Open()
		if err != nil {
			panic(err)
		}
		copied := int64(allocated()-before) > a.Size/2
		digest, size, err := artifact.DigestFrom(r)
		if err != nil {
			panic(err)
		}
		if err := r.Close(); err != nil {
			panic(err)
		}
		total += size
		fmt.Println(a.Name, a.Digest, digest == a.Digest, size == a.Size, a.Reused, copied)
	}
	fmt.Println("kept", carried && ofFiles() > total/2)
}

// ofFiles is how many bytes in this process's memory are files' pages; 0 where the system does not tell.
func ofFiles() int64 {
	text, err := os.ReadFile("/proc/self/status") // proc_pid_status(5)
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), "\nRssFile:")
	var kilobytes int64
	if _, err := fmt.Sscan(rest, &kilobytes); err != nil {
		return 0
	}
	return kilobytes * 1024
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
