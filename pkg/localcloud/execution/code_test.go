//go:build unix

package execution_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// script answers each event with what is in the file beside it.
const script = `#!/bin/sh
echo "in $(pwd)" >&2
exec "` + "%" + `" function echo
`

func shell() string { return strings.Replace(script, "%", os.Args[0], 1) }

func TestPoolsShareAFolder(t *testing.T) {
	dir := t.TempDir()
	codes := map[string][]byte{"echo": zipped(t, map[string]string{"bootstrap": shell(), "sub/data": "hello"})}
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			b := &book{}
			p := execution.New(execution.Config{Dir: dir, Code: code(codes), Log: b.log})
			defer p.Close()
			if a, err := p.Invoke(t.Context(), does("echo"), do("x", 0)); err != nil || a.Failed != "" {
				t.Errorf("%v %s", err, a.Payload)
			}
			if !strings.HasPrefix(b.text(), "in "+filepath.Join(dir, "echo")) {
				t.Errorf("logged %s", b.text())
			}
		})
	}
	wait.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v: %v", err, entries)
	}
	bootstrap, err := os.Stat(filepath.Join(dir, "echo", "bootstrap"))
	if err != nil || bootstrap.Mode().Perm() != 0o755 {
		t.Errorf("%v %v", bootstrap.Mode(), err)
	}
	data, err := os.Stat(filepath.Join(dir, "echo", "sub", "data"))
	if err != nil || data.Mode().Perm() != 0o644 {
		t.Errorf("%v %v", data.Mode(), err)
	}
}

func TestCodeThatWasChangedOrLostIsUnpackedAgain(t *testing.T) {
	dir := t.TempDir()
	codes := map[string][]byte{"echo": zipped(t, map[string]string{"bootstrap": shell(), "data": "hello"})}
	once := func() {
		p := execution.New(execution.Config{Dir: dir, Code: code(codes)})
		defer p.Close()
		if a := invoke(t, p, does("echo"), do("x", 0)); a.Failed != "" {
			t.Errorf("failed: %s", a.Payload)
		}
	}
	once()
	data := filepath.Join(dir, "echo", "data")
	for _, harm := range []func() error{
		func() error { return os.WriteFile(data, []byte("HELLO"), 0o600) },
		func() error { return os.Remove(data) },
		func() error { return os.RemoveAll(filepath.Join(dir, "echo")) },
	} {
		if err := harm(); err != nil {
			t.Fatal(err)
		}
		once()
		if text, err := os.ReadFile(data); string(text) != "hello" {
			t.Errorf("got %s, %v", text, err)
		}
	}
}

func TestCodeThatIsLostWhileThePoolLivesIsUnpackedAgain(t *testing.T) {
	dir := t.TempDir()
	p := execution.New(execution.Config{
		Dir: dir, Code: code(map[string][]byte{"echo": zipped(t, map[string]string{"bootstrap": shell()})}),
	})
	defer p.Close()
	for n, lost := range []string{"nothing", "echo", "echo/bootstrap", ""} {
		if err := os.RemoveAll(dir + "/" + lost); err != nil {
			t.Fatal(err)
		}
		f := does("echo")
		f.Revision = strconv.Itoa(n) // so that a process starts
		if a := invoke(t, p, f, do("x", 0)); a.Failed != "" {
			t.Errorf("%s was lost: %s", lost, a.Payload)
		}
	}
}

func TestFolderOfItsOwnGoesWithThePool(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	codes := map[string][]byte{"echo": zipped(t, map[string]string{"bootstrap": shell()})}
	p := execution.New(execution.Config{Code: code(codes)})
	invoke(t, p, does("echo"), do("x", 0))
	if entries, err := os.ReadDir(os.TempDir()); err != nil || len(entries) != 1 {
		t.Errorf("%v: %v", err, entries)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	if entries, err := os.ReadDir(os.TempDir()); err != nil || len(entries) != 0 {
		t.Errorf("%v: %v", err, entries)
	}
}

func TestLeftoversOfKilledOnesGo(t *testing.T) {
	dir := t.TempDir()
	for name, age := range map[string]time.Duration{".new-old": 2 * time.Hour, ".new-young": time.Minute} {
		path := filepath.Join(dir, name)
		then := time.Now().Add(-age)
		if err := errors.Join(os.Mkdir(path, 0o700), os.Chtimes(path, then, then)); err != nil {
			t.Fatal(err)
		}
	}
	p := execution.New(execution.Config{
		Dir: dir, Code: code(map[string][]byte{"echo": zipped(t, map[string]string{"bootstrap": shell()})}),
	})
	defer p.Close()
	invoke(t, p, does("echo"), do("x", 0))
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 2 || entries[0].Name() != ".new-young" || entries[1].Name() != "echo" {
		t.Errorf("%v: %v", err, entries)
	}
}
