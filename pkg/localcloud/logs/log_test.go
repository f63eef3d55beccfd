package logs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/logs"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// line is one for the stream "s" of the group "g".
func (c *cloud) line(text string) traffic.Line {
	return traffic.Line{
		Account: "111111111111", Region: "eu-west-1", Group: "g", Stream: "s", Time: c.Hand.Now(), Text: text,
	}
}

func grouped(t *testing.T) *cloud {
	t.Helper()
	c := newCloud(t)
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	return c
}

func TestALoggedLineIsReadAtOnce(t *testing.T) {
	c := grouped(t)
	c.service.Log(c.line("one"), c.line("two \xff"))
	want(t, "by group", texts(c.filter("")), "one\n two \uFFFD\n")
	c.service.Log(c.line("three"))
	want(t, "by stream", texts(c.get("")), "one\n two \uFFFD\n three\n")
	c.service.Log(c.line(""))
	streams := c.Do("DescribeLogStreams", `{"logGroupName": "g"}`)["logStreams"].([]any)
	if token := streams[0].(map[string]any)["uploadSequenceToken"].(string); len(streams) != 1 || token[55] != '4' {
		t.Errorf("streams: %v", streams)
	}
	if got := c.storedBytes(); got != float64(len("one\ntwo \uFFFD\nthree\n\n")+4*26) {
		t.Errorf("stored: %v", got)
	}
}

func TestLinesForNoGroupAreDropped(t *testing.T) {
	c := newCloud(t)
	for _, l := range []traffic.Line{
		c.line("no group"),
		{Account: "111111111111", Region: "eu-west-1", Group: "a b", Stream: "s", Time: c.Hand.Now()},
		{},
	} {
		c.service.Log(l)
	}
	if list, _ := c.names(`{}`); len(list) != 0 {
		t.Errorf("groups: %v", list)
	}
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	want(t, "made later", texts(c.filter("")), "")
	bad := c.line("no stream")
	bad.Stream = "a:b"
	c.service.Log(bad, c.line("good"))
	want(t, "beside a bad one", texts(c.filter("")), "good\n")
}

// written is how many chunks a store has.
func written(t *testing.T, s *store.Store) int {
	t.Helper()
	n := 0
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		store.Each(tx, "logs.chunks", "", func(string, any) bool {
			n++
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestLinesAreWrittenTogetherAndSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := grouped(t)
		for i := range 100 {
			c.service.Log(c.line(fmt.Sprint(i)))
		}
		synctest.Wait()
		if n := written(t, c.Store); n != 0 {
			t.Errorf("Log waited for the store: %d chunks", n)
		}
		time.Sleep(201 * time.Millisecond)
		synctest.Wait()
		if n := written(t, c.Store); n != 1 {
			t.Errorf("a hundred lines are in %d chunks", n)
		}
		c.service.Log(c.line("more"))
		time.Sleep(201 * time.Millisecond)
		synctest.Wait()
		if n := written(t, c.Store); n != 1 {
			t.Errorf("with one more they are in %d", n)
		}
	})
}

func TestTenThousandLinesAreFewValues(t *testing.T) {
	c := grouped(t)
	var all []traffic.Line
	for i := range 10000 {
		all = append(all, c.line(fmt.Sprint(i)))
	}
	c.service.Log(all...)
	page := texts(c.filter(""))
	if len(page) != 10000 || page[0] != "0\n" || page[9999] != "9999\n" {
		t.Errorf("%d lines", len(page))
	}
	if n := written(t, c.Store); n > 10 {
		t.Errorf("they are in %d chunks", n)
	}
}

func TestWhoPrintsWithoutEndWaitsAndFillsNoDisk(t *testing.T) {
	c := grouped(t)
	text := strings.Repeat("x", 1<<10)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			for range 5 << 10 {
				c.service.Log(c.line(text))
			}
		})
	}
	wait.Wait()
	c.service.Log(c.line("the last"))
	end := texts(c.get(`, "limit": 1`))
	want(t, "the end", end, "the last\n")
	if got := c.storedBytes(); got > 8<<20 || got < 6<<20 {
		t.Errorf("of 20 MB %v bytes are kept", got)
	}
}

func TestTheOldestGoFirstAndTheirStreamsToo(t *testing.T) {
	c := grouped(t)
	old := c.line("old")
	old.Stream = "old"
	c.service.Log(old)
	c.Do("CreateLogStream", `{"logGroupName": "g", "logStreamName": "made"}`)
	c.put("made", 0, "old too")
	c.Hand.Turn(time.Second)
	for range 9 {
		c.service.Log(c.line(strings.Repeat("x", 1<<20)))
	}
	var names []string
	for _, s := range c.Do("DescribeLogStreams", `{"logGroupName": "g"}`)["logStreams"].([]any) {
		names = append(names, s.(map[string]any)["logStreamName"].(string))
	}
	want(t, "streams", names, "made s")
	want(t, "of the one that somebody made", texts(c.filter(`, "logStreamNames": ["made"]`)), "")
}

func TestCloseWritesWhatWasLogged(t *testing.T) {
	dir := t.TempDir()
	state, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := newCloud(t)
	config := logs.Config{Store: state, Clock: c.Hand, Life: context.WithoutCancel(t.Context())}
	first := logs.New(config)
	c.Serve("logs", first)
	c.Do("CreateLogGroup", `{"logGroupName": "g"}`)
	first.Log(c.line("kept"))
	if err := first.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	first.Log(c.line("too late"))
	want(t, "by the one that is closed", texts(c.filter("")), "kept\n") // to read would write
	c.Serve("logs", logs.New(config))
	want(t, "after Close", texts(c.filter("")), "kept\n")
}

func TestLinesWaitForAStoreThatCannotBeWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := grouped(t)
		c.service.Log(c.line("first"))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := c.Store.Update(t.Context(), func(*store.Tx) error { // somebody else has the store
			return c.service.Close(ctx)
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("Close without the store: %v", err)
		}
		want(t, "the next time", texts(c.filter("")), "first\n")
	})
}

func TestTwoProcessesLogIntoOneGroup(t *testing.T) {
	c := grouped(t)
	other := logs.New(logs.Config{Store: c.Store, Clock: c.Hand, Life: context.WithoutCancel(t.Context())})
	for i := range 3 {
		for _, service := range []*logs.Service{c.service, other} {
			service.Log(c.line(fmt.Sprint(i)))
			if err := service.Close(t.Context()); err != nil { // which writes
				t.Fatal(err)
			}
		}
		c.service = logs.New(logs.Config{Store: c.Store, Clock: c.Hand, Life: context.WithoutCancel(t.Context())})
		other = logs.New(logs.Config{Store: c.Store, Clock: c.Hand, Life: context.WithoutCancel(t.Context())})
	}
	want(t, "all of them", texts(c.filter("")), "0\n 0\n 1\n 1\n 2\n 2\n")
}
