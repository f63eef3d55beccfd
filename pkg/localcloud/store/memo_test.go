package store_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// counted is a memo of the values of a table, and how often one was read.
type counted struct {
	*testing.T
	memo  *store.Memo[string]
	reads int
}

func (c *counted) get(key string) string {
	c.Helper()
	value, err := c.memo.Get(c.Context(), key, func(tx *store.Tx) (string, error) {
		c.reads++
		value, _ := store.Get[string](tx, "things", key)
		return value, nil
	})
	if err != nil {
		c.Fatal(err)
	}
	return value
}

func (c *counted) want(key, value string, reads int) {
	c.Helper()
	if got := c.get(key); got != value || c.reads != reads {
		c.Errorf("%s is %q after %d reads, not %q after %d", key, got, c.reads, value, reads)
	}
}

func put(t *testing.T, s *store.Store, key, value string) {
	t.Helper()
	do(t, s, func(tx *store.Tx) { store.Put(tx, "things", key, value) })
}

func TestAMemoReadsOnceUntilSomethingIsWritten(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		c := &counted{T: t, memo: store.NewMemo[string](s)}
		put(t, s, "a", "1")
		c.want("a", "1", 1)
		c.want("a", "1", 1)
		c.want("b", "", 2)
		c.want("a", "1", 2)
		do(t, s, func(tx *store.Tx) { store.Get[string](tx, "things", "a") }) // writes nothing
		_ = s.Update(t.Context(), func(tx *store.Tx) error {
			store.Put(tx, "things", "a", "never")
			return errors.New("undone")
		})
		c.want("a", "1", 2)
		put(t, s, "elsewhere", "2")
		c.want("a", "1", 3)
		put(t, s, "a", "3")
		c.want("a", "3", 4)
		c.want("b", "", 5)
	})
}

func TestAMemoKeepsNoErrors(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		memo, broken := store.NewMemo[string](s), errors.New("broken")
		for range 2 {
			_, err := memo.Get(t.Context(), "a", func(*store.Tx) (string, error) { return "half", broken })
			if !errors.Is(err, broken) {
				t.Fatalf("got %v", err)
			}
		}
		do(t, s, func(tx *store.Tx) { store.Put(tx, "things", "a", 1) })
		_, err := memo.Get(t.Context(), "a", func(tx *store.Tx) (string, error) {
			store.Get[string](tx, "things", "a") // which is a number
			return "half", nil
		})
		if _, damaged := errors.AsType[*store.Damaged](err); !damaged {
			t.Fatalf("got %v", err)
		}
		if value, err := memo.Get(t.Context(), "a", func(*store.Tx) (string, error) { return "whole", nil }); value != "whole" {
			t.Errorf("it kept %q, %v", value, err)
		}
	})
}

// What another store on the folder writes, as another process does, is seen at once.
func TestAMemoSeesWhatOthersWrite(t *testing.T) {
	dir := t.TempDir()
	mine, theirs := open(t, dir), open(t, dir)
	c := &counted{T: t, memo: store.NewMemo[string](mine)}
	for i := range 200 { // more than a clock of the file system would tell apart
		value := fmt.Sprint(i)
		put(t, theirs, "a", value)
		c.want("a", value, i+1)
		c.want("a", value, i+1)
	}
}

func TestAMemoIsNeverBehindItsWriter(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		memo := store.NewMemo[int](s)
		var wait sync.WaitGroup
		for w := range 4 {
			wait.Go(func() {
				key := fmt.Sprint(w)
				for i := range 50 {
					do(t, s, func(tx *store.Tx) { store.Put(tx, "things", key, i) })
					got, err := memo.Get(t.Context(), key, func(tx *store.Tx) (int, error) {
						value, _ := store.Get[int](tx, "things", key)
						return value, nil
					})
					if got != i || err != nil {
						t.Errorf("%s is %d, %v, not %d", key, got, err, i)
					}
				}
			})
		}
		wait.Wait()
	})
}
