package screen_test

import (
	"io"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

// tailOf is a tail whose reader reads nothing until it is let; its first line is being written already.
func tailOf(room int, o screen.Options) (*stuck, *screen.Tail) {
	out := newStuck()
	o.Out, o.Err = out, io.Discard
	tail := screen.NewTail(screen.New(o), room)
	tail.Tell(report.Traffic{Kind: report.KindSent, Text: "first"})
	<-out.busy
	return out, tail
}

// Lines of logs cannot take all the room, whatever a function says.
func TestTailKeepsRoomForConnections(t *testing.T) {
	out, tail := tailOf(100, screen.Options{})
	for range 10_000 {
		tail.Tell(report.Traffic{Kind: report.KindLogged, Text: "chat"})
	}
	for range 25 {
		tail.Tell(report.Traffic{Kind: report.KindConnected, Text: "client"})
	}
	close(out.let)
	tail.Close()
	got := out.String()
	if chat, clients := strings.Count(got, "chat"), strings.Count(got, "client"); chat != 75 || clients != 25 {
		t.Errorf("shown are %d lines of a log, %d connections", chat, clients)
	}
	if !strings.HasSuffix(got, "\n9925 lines left out: they came faster than they could be shown\n") {
		t.Errorf("shown is\n%s", got)
	}
}

// A burst that goes on while the writer gets on is left out in a few pieces, and nothing of it is not counted.
func TestTailLeavesABurstOutInOnePiece(t *testing.T) {
	const all = 1000
	out, tail := tailOf(100, screen.Options{})
	for range all / 2 {
		tail.Tell(report.Traffic{Kind: report.KindLogged, Text: "chat"})
		tail.Tell(report.Traffic{Kind: report.KindLogged, Text: "chat"})
		out.let <- struct{}{} // the writer has half the speed
		<-out.busy
	}
	close(out.let)
	tail.Close()
	missed, pieces := 0, 0
	for _, found := range regexp.MustCompile(`(\d+) lines? left out`).FindAllStringSubmatch(out.String(), -1) {
		n, err := strconv.Atoi(found[1])
		if err != nil {
			t.Fatal(err)
		}
		missed, pieces = missed+n, pieces+1
	}
	if shown := strings.Count(out.String(), "chat"); shown+missed != all || pieces < 2 || pieces > 20 {
		t.Errorf("%d are shown, %d left out, in %d pieces", shown, missed, pieces)
	}
}

// What waits is bounded in bytes, and holds on to nothing but what is shown of it.
func TestTailHoldsLittle(t *testing.T) {
	for name, o := range map[string]screen.Options{"text": {}, "JSON": {JSON: true}} {
		t.Run(name, func(t *testing.T) {
			out, tail := tailOf(4096, o)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			for range 4096 {
				tail.Tell(report.Traffic{Kind: report.KindReceived, Text: strings.Repeat("x", 256<<10)[:200<<10]})
			}
			runtime.GC()
			runtime.ReadMemStats(&after)
			if held := int64(after.HeapAlloc) - int64(before.HeapAlloc); held > 24<<20 {
				t.Errorf("%d bytes wait", held)
			}
			close(out.let)
			tail.Close()
			if !strings.Contains(out.String(), "xxx") {
				t.Error("nothing is shown of it")
			}
		})
	}
}

// JSON has a text whole; people see what their terminal has room for.
func TestTailCutsNoTextForPrograms(t *testing.T) {
	long := strings.Repeat("é", 50_000)
	out, tail := tailOf(10, screen.Options{JSON: true})
	tail.Tell(report.Traffic{Kind: report.KindLogged, Text: long})
	close(out.let)
	tail.Close()
	if !strings.Contains(out.String(), long) {
		t.Errorf("%d bytes are shown", out.Len())
	}
	out, tail = tailOf(10, screen.Options{Width: func() int { return 1000 }})
	tail.Tell(report.Traffic{Kind: report.KindLogged, Text: "log" + long})
	close(out.let)
	tail.Close()
	if got := strings.Count(out.String(), "é"); got < 900 || strings.Contains(out.String(), `\x`) {
		t.Errorf("%d letters are shown on 1000 columns", got)
	}
}
