//go:build unix

package execution_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// sum is a digest's like.
func sum(letter string) string { return strings.Repeat(letter, 64) }

// echoing is code that is there under three digests.
func echoing(t *testing.T) map[string][]byte {
	t.Helper()
	text := zipped(t, map[string]string{"bootstrap": shell()})
	return map[string][]byte{sum("a"): text, sum("b"): text, sum("c"): text}
}

// revision is a function as it is at a time.
func revision(name, number, code string) execution.Function {
	f := does(name)
	f.Revision, f.Code = number, code
	return f
}

// folders are the names in a folder, but for what is being removed.
func folders(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".new-") {
			names = append(names, entry.Name())
		}
	}
	return names
}

func TestCodeOfAnOldRevisionGoesAfterItsLastProcess(t *testing.T) {
	dir, gate := t.TempDir(), filepath.Join(t.TempDir(), "gate")
	b := &book{}
	p := execution.New(execution.Config{Dir: dir, Code: code(echoing(t)), Log: b.log})
	defer p.Close()
	queue := line{t: t, p: p}
	queue.add(revision("one", "1", sum("a")), "gate "+gate)
	until(t, func() bool { return strings.Contains(b.text(), "START") })
	invoke(t, p, revision("one", "2", sum("b")), do("x", 0))
	if got := folders(t, dir); !slices.Equal(got, []string{sum("a"), sum("b")}) {
		t.Errorf("while a process of the first revision runs: %v", got)
	}
	open(t, gate)
	queue.wait.Wait()
	until(t, func() bool { return slices.Equal(folders(t, dir), []string{sum("b")}) })
	if a := invoke(t, p, revision("one", "3", sum("a")), do("x", 0)); a.Failed != "" {
		t.Errorf("the first code once more: %s", a.Payload)
	}
	until(t, func() bool { return slices.Equal(folders(t, dir), []string{sum("a")}) })
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := folders(t, dir); !slices.Equal(got, []string{sum("a")}) {
		t.Errorf("after Close there are %v", got)
	}
}

func TestCodeThatAnotherFunctionHasStays(t *testing.T) {
	dir := t.TempDir()
	p := execution.New(execution.Config{Dir: dir, Code: code(echoing(t))})
	defer p.Close()
	invoke(t, p, revision("one", "1", sum("a")), do("x", 0))
	invoke(t, p, revision("two", "1", sum("a")), do("x", 0))
	invoke(t, p, revision("three", "1", sum("c")), do("x", 0))
	invoke(t, p, revision("one", "2", sum("b")), do("x", 0))
	invoke(t, p, revision("three", "2", sum("b")), do("x", 0)) // its first code goes
	until(t, func() bool { return !slices.Contains(folders(t, dir), sum("c")) })
	if got := folders(t, dir); !slices.Equal(got, []string{sum("a"), sum("b")}) {
		t.Errorf("there are %v", got)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if got := folders(t, dir); !slices.Equal(got, []string{sum("a"), sum("b")}) {
		t.Errorf("after Close there are %v", got)
	}
}

func TestCodeThatNobodyHasUsedForADayGoes(t *testing.T) {
	dir := t.TempDir()
	used := func(name string, ago time.Duration) {
		then, at := time.Now().Add(-ago), filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(at, 0o700), os.Chtimes(at, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	for name, ago := range map[string]time.Duration{
		sum("d"): 25 * time.Hour, sum("e"): 23 * time.Hour, "something else": 48 * time.Hour, sum("A"): 48 * time.Hour,
	} {
		used(name, ago)
	}
	start := func(sum string) {
		p := execution.New(execution.Config{Dir: dir, Code: code(echoing(t))})
		defer p.Close()
		invoke(t, p, revision("one", "1", sum), do("x", 0))
	}
	start(sum("a"))
	if got := folders(t, dir); !slices.Equal(got, []string{sum("A"), sum("a"), sum("e"), "something else"}) {
		t.Errorf("there are %v", got)
	}
	used(sum("a"), 25*time.Hour)
	start(sum("a")) // which is a use
	start(sum("b"))
	if got := folders(t, dir); !slices.Contains(got, sum("a")) || !slices.Contains(got, sum("b")) {
		t.Errorf("what is used went: %v", got)
	}
}
