package execution_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

func TestNoProcessSurvivesAKilledParent(t *testing.T) {
	parent := exec.CommandContext(t.Context(), os.Args[0], "function", "pool", t.TempDir())
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pids []string
	for lines := bufio.NewScanner(out); len(pids) < 2 && lines.Scan(); {
		if fields := strings.Fields(lines.Text()); fields[0] == "pid" {
			pids = append(pids, fields[1])
		}
	}
	if len(pids) != 2 {
		t.Fatal("it did not start its functions")
	}
	for _, pid := range pids {
		if gone(pid) {
			t.Errorf("%s is gone before", pid)
		}
	}
	parent.Process.Kill()
	parent.Wait()
	until(t, func() bool { return gone(pids[0]) && gone(pids[1]) })
}

// The program may still be open for writing in somebody else's child. That is not the function's failure.
func TestProgramThatIsBeingWritten(t *testing.T) {
	dir := t.TempDir()
	p := execution.New(execution.Config{
		Dir: dir, Code: code(map[string][]byte{"echo": zipped(t, map[string]string{"bootstrap": shell()})}),
	})
	defer p.Close()
	invoke(t, p, does("echo"), do("x", 0))
	file, err := os.OpenFile(filepath.Join(dir, "echo", "bootstrap"), os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := does("echo")
	f.Revision = "2"
	_, err = p.Invoke(t.Context(), f, do("x", 0))
	if !errors.Is(err, execution.ErrNotRun) || !errors.Is(err, syscall.ETXTBSY) {
		t.Errorf("got %v", err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	if a := invoke(t, p, f, do("x", 0)); a.Failed != "" {
		t.Errorf("then %s", a.Payload)
	}
}

// gone tells whether a process has ended, be it that nobody has looked at its end yet.
func gone(pid string) bool {
	status, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		return true
	}
	_, rest, _ := strings.Cut(string(status), ") ")
	return strings.HasPrefix(rest, "Z")
}

func TestGrandchildrenEndWithTheirEnvironment(t *testing.T) {
	p, b := linked(t, configured())
	pid := string(invoke(t, p, does("lambda"), do("grandchild", 0)).Payload)
	if gone(pid) {
		t.Fatal("it is gone before")
	}
	invoke(t, p, does("lambda"), do("exit", 1)) // does not wait for who holds its output
	until(t, func() bool { return gone(pid) })
	if !strings.Contains(b.text(), "exit status 1\nRuntime.ExitError") {
		t.Errorf("logged %s", b.text())
	}
}
