package store_test

import (
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

func TestTheFirstErrorSticks(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		do(t, s, func(tx *store.Tx) { store.Put(tx, "t", "text", "a") })
		err := try(t, s, func(tx *store.Tx) {
			store.Put(tx, "t", "before", 1)
			if n, ok := store.Get[int](tx, "t", "text"); ok || n != 0 {
				t.Errorf("a text reads as %d", n)
			}
			if _, ok := store.Get[string](tx, "t", "text"); ok {
				t.Error("work went on")
			}
			store.Each(tx, "t", "", func(string, any) bool { t.Error("work went on"); return true })
			store.Put(tx, "t", "after", make(chan int))
			store.Retain(tx, "no such blob")
			if tx.Err() == nil {
				t.Error("no error")
			}
		})
		if damaged, ok := errors.AsType[*store.Damaged](err); !ok || !strings.Contains(damaged.What, "t/text") {
			t.Errorf("got %v", err)
		}
		if got := table[string](t, s, "t"); !maps.Equal(got, map[string]string{"text": "a"}) {
			t.Errorf("t is %v", got)
		}
	})
}

func TestErrorsOfATransaction(t *testing.T) {
	cases := map[string]struct {
		work func(tx *store.Tx)
		want string
	}{
		"no JSON":         {func(tx *store.Tx) { store.Put(tx, "t", "a", make(chan int)) }, "writing t/a"},
		"no number":       {func(tx *store.Tx) { store.Put(tx, "t", "a", math.Inf(1)) }, "writing t/a"},
		"no key":          {func(tx *store.Tx) { store.Put(tx, "t", "", 1) }, "needs a table and a key"},
		"no table":        {func(tx *store.Tx) { store.Put(tx, "", "a", 1) }, "needs a table and a key"},
		"too long":        {func(tx *store.Tx) { store.Put(tx, "t", strings.Repeat("a", 32769), 1) }, "at most 32768"},
		"unknown blob":    {func(tx *store.Tx) { store.Retain(tx, strings.Repeat("a", 64)) }, "aa is not kept"},
		"released twice":  {func(tx *store.Tx) { store.Release(tx, strings.Repeat("a", 64)) }, "aa is not kept"},
		"no such bytes":   {func(tx *store.Tx) { store.Bytes(tx, strings.Repeat("a", 64)) }, "missing"},
		"value in a list": {func(tx *store.Tx) { each[int](tx, "about") }, "about/format cannot be read"},
		"no counter":      {badCounter, "counters/n cannot be read"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, s *store.Store) {
				if err := try(t, s, c.work); err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
				if err := try(t, s, func(*store.Tx) {}); err != nil {
					t.Errorf("the next one: %v", err)
				}
			})
		})
	}
}

func badCounter(tx *store.Tx) {
	store.Put(tx, "counters", "n", "x")
	store.Next(tx, "n")
}

func each[T any](tx *store.Tx, table string) {
	store.Each(tx, table, "", func(string, T) bool { return true })
}

func TestATransactionEndsWithItsWork(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var escaped *store.Tx
		do(t, s, func(tx *store.Tx) { escaped = tx })
		store.Put(escaped, "t", "a", 1)
		if _, ok := store.Get[string](escaped, "about", "format"); ok || escaped.Err() == nil {
			t.Error("it reads on")
		}
		if got := table[int](t, s, "t"); len(got) > 0 {
			t.Errorf("t is %v", got)
		}
	})
}
