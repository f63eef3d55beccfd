package execution_test

import (
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

func TestLinesOfAnEventAreBetweenItsStartAndItsEnd(t *testing.T) {
	p, b := linked(t, execution.Config{})
	for range 5 {
		invoke(t, p, does("lambda"), do("print", 500))
	}
	var want []string
	for n := range 500 {
		want = append(want, "line "+strconv.Itoa(n))
	}
	events := strings.Split(b.text(), "START RequestId: id-print Version: $LATEST\n")
	if len(events) != 6 {
		t.Fatalf("%d events", len(events)-1)
	}
	for n, event := range events[1:] {
		end := `\nno end\nEND RequestId: id-print\nREPORT RequestId: id-print\tDuration: \d+\.\d\d ms` +
			`\tBilled Duration: \d+ ms\tMemory Size: 128 MB`
		if runtime.GOOS == "linux" {
			end += `\tMax Memory Used: [1-9]\d* MB`
		}
		if n == 0 {
			end += `\tInit Duration: \d+\.\d\d ms`
		}
		lines := strings.Join(want, "\n")
		if !strings.HasPrefix(event, lines) || !regexp.MustCompile(`^`+end+`\n?$`).MatchString(event[len(lines):]) {
			t.Errorf("event %d logged\n%s", n, event)
		}
	}
}

func TestTailIsTheEndOfTheLog(t *testing.T) {
	p, b := linked(t, execution.Config{})
	a := invoke(t, p, does("lambda"), do("print", 1000))
	whole := b.text() + "\n"
	if len(a.Log) != 4096 || string(a.Log) != whole[len(whole)-4096:] {
		t.Errorf("%d bytes: %s", len(a.Log), a.Log)
	}
	e := do("done", 0)
	e.Tail = false
	if a := invoke(t, p, does("lambda"), e); strings.Contains(string(a.Log), "END") {
		t.Errorf("without tail: %s", a.Log)
	}
}

func TestLongLineIsCutBetweenCharacters(t *testing.T) {
	p, b := linked(t, execution.Config{})
	invoke(t, p, does("lambda"), do("long line", 300<<10))
	var parts []string
	for _, line := range strings.Split(b.text(), "\n") {
		if strings.HasPrefix(line, "ä") {
			parts = append(parts, line)
		}
		if len(line) > 256<<10 || !utf8.ValidString(line) {
			t.Errorf("a line of %d bytes, valid %v", len(line), utf8.ValidString(line))
		}
	}
	if len(parts) != 3 || strings.Join(parts, "") != strings.Repeat("ä", 300<<10) {
		t.Errorf("%d parts", len(parts))
	}
}

func TestProcessThatPrintsWithoutEnd(t *testing.T) {
	for _, name := range []string{"floods", "floods lines"} {
		t.Run(name, func(t *testing.T) {
			flood := flood{}
			p, _ := linked(t, execution.Config{Log: flood.log})
			f := does(name)
			f.Timeout = 2 * time.Second
			a := invoke(t, p, f, do("x", 0))
			if !strings.Contains(string(a.Payload), "Sandbox.Timedout") {
				t.Errorf("got %s", a.Payload)
			}
			if flood.later == 0 || flood.later > flood.first+2<<20 {
				t.Errorf("%d KB were in use in the beginning, %d KB after 8 MB", flood.first>>10, flood.later>>10)
			}
		})
	}
}

// flood looks at the memory in use while much is logged.
type flood struct {
	bytes        int
	first, later uint64
}

func (f *flood) log(_ execution.Function, _ string, _ time.Time, text string) {
	before := f.bytes
	f.bytes += len(text)
	switch {
	case before == 0:
		f.first = inUse()
	case before < 8<<20 && f.bytes >= 8<<20:
		f.later = inUse()
	}
}

func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func TestProcessWaitsForWhoeverTakesItsLog(t *testing.T) {
	gate := make(chan struct{})
	var once sync.Once
	blocked := make(chan struct{})
	p, _ := linked(t, execution.Config{Log: func(_ execution.Function, _ string, _ time.Time, text string) {
		if text == "line 1" {
			once.Do(func() { close(blocked) })
			<-gate
		}
	}})
	answer := make(chan execution.Answer, 1)
	go func() {
		a, _ := p.Invoke(t.Context(), does("lambda"), do("print", 20000))
		answer <- a
	}()
	<-blocked
	if len(answer) > 0 {
		t.Error("it did not wait")
	}
	close(gate)
	if a := <-answer; string(a.Payload) != `"done"` {
		t.Errorf("got %s", a.Payload)
	}
}

func TestLogOfAStartThatFails(t *testing.T) {
	p, b := linked(t, execution.Config{})
	invoke(t, p, does("exit in init"), do("x", 0))
	report := `INIT_REPORT Init Duration: \d+\.\d\d ms\tPhase: %\tStatus: error\tError Type: Runtime\.ExitError\n`
	want := `^before the end\n` + strings.Replace(report, "%", "init", 1) +
		`before the end\n` + strings.Replace(report, "%", "invoke", 1) +
		`START RequestId: id-x Version: \$LATEST\nRequestId: id-x Error: Runtime exited with error: ` +
		`exit status 3\nRuntime\.ExitError\n` +
		`END RequestId: id-x\nREPORT RequestId: id-x\tDuration: .* ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB` +
		`(\tMax Memory Used: \d+ MB)?\tStatus: error\tError Type: Runtime\.ExitError$`
	if !regexp.MustCompile(want).MatchString(b.text()) || b.streams() != 1 {
		t.Errorf("logged in %d streams\n%s", b.streams(), b.text())
	}
}

func TestStartThatSucceedsTheSecondTime(t *testing.T) {
	p, b := linked(t, execution.Config{})
	if a := invoke(t, p, does("starts the second time"), do("x", 0)); a.Failed != "" {
		t.Errorf("got %s", a.Payload)
	}
	want := regexp.MustCompile(`(?s)^INIT_REPORT [^\n]*\tPhase: init\tStatus: error\tError Type: Runtime\.ExitError\n` +
		`START RequestId: id-x Version: \$LATEST\necho .*\nEND RequestId: id-x\nREPORT RequestId: id-x\t[^\n]*$`)
	if !want.MatchString(b.text()) || strings.Contains(b.text(), "\tInit Duration") {
		t.Errorf("logged\n%s", b.text())
	}
}
