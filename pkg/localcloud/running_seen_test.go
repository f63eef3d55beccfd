package localcloud_test

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// patience is how long something may take on a busy machine before it counts as never.
const patience = 30 * time.Second

// eventually waits for what is true a little later: processes end when the system says so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never came true: %s", what)
		}
	}
}

// pids are the processes whose arguments hold a text, this one excepted. Only Linux tells.
func pids(argument string) (found []int) {
	if runtime.GOOS != "linux" {
		return nil
	}
	all, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, path := range all {
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		line, _ := os.ReadFile(path) // the process may have ended
		if pid != os.Getpid() && bytes.Contains(line, []byte(argument)) {
			found = append(found, pid)
		}
	}
	return found
}

// noneLeft sees that the processes with a mark are gone, or are going.
func noneLeft(t testing.TB, mark string) {
	t.Helper()
	eventually(t, "no process is left", func() bool { return len(pids(mark)) == 0 })
}

// watched keeps what a watcher is told.
type watched struct {
	mu     sync.Mutex
	events []traffic.Event
}

func (w *watched) tell(e traffic.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = append(w.events, e)
}

// of are the events of some kinds, in their order.
func (w *watched) of(kinds ...traffic.Kind) (found []traffic.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.events {
		if slices.Contains(kinds, e.Kind) {
			found = append(found, e)
		}
	}
	return found
}
