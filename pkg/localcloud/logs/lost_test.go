package logs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/logs"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// breaking is a cloud whose group "g" is in a state that can be broken, and mended again.
func breaking(t *testing.T) (c *cloud, broken func(yes bool)) {
	t.Helper()
	dir := t.TempDir()
	state, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c = newCloud(t)
	c.service = logs.New(logs.Config{Store: state, Clock: c.Hand, Life: context.WithoutCancel(t.Context())})
	c.Serve("logs", c.service)
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	file := filepath.Join(dir, "state.db")
	return c, func(yes bool) {
		t.Helper()
		if yes {
			err = errors.Join(os.Rename(file, file+".away"), os.Mkdir(file, 0o700))
		} else {
			err = errors.Join(os.Remove(file), os.Rename(file+".away", file))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOfLinesThatCannotBeWrittenTheLastAreKept(t *testing.T) {
	c, broken := breaking(t)
	c.service.Log(c.line("written"))
	if n := len(c.filter("")["events"].([]any)); n != 1 {
		t.Fatalf("%d lines", n)
	}
	broken(true)
	for i := range 40 { // 100 KB each, with what an event counts
		c.service.Log(c.line(fmt.Sprintf("%02d%s", i, strings.Repeat("x", 100<<10-28))))
	}
	broken(false)
	err := c.service.Close(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "writing 30 lines of functions' logs: ") {
		t.Errorf("got %v", err)
	}
	var kept []string
	for _, text := range texts(c.filter("")) {
		kept = append(kept, text[:2])
	}
	want(t, "kept", kept, "wr 30 31 32 33 34 35 36 37 38 39")
}

func TestCloseTellsHowManyLinesCannotBeWritten(t *testing.T) {
	c, broken := breaking(t)
	c.service.Log(c.line("one"), c.line("two"))
	broken(true)
	err := c.service.Close(t.Context())
	if err == nil || !strings.HasPrefix(err.Error(), "writing 2 lines of functions' logs: ") || errors.Unwrap(err) == nil {
		t.Errorf("got %v", err)
	}
	broken(false)
	if err := c.service.Close(t.Context()); err != nil {
		t.Errorf("when they can be: %v", err)
	}
	want(t, "then", texts(c.filter("")), "one\n two\n")
}
