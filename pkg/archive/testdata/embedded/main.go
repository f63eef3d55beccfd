// Command embedded shows what this build carries: a line a function, with its digest, that of the bytes which Open
// gives, and whether opening copied them.
package main

import (
	"fmt"
	"os"
	"runtime"

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
		fmt.Println(a.Name, a.Digest, digest == a.Digest, size == a.Size, a.Reused, copied)
	}
}

// allocated is how many bytes were ever allocated.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
