package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// both runs a test on each kind of store.
func both(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Run("memory", func(t *testing.T) { test(t, store.Memory()) })
	t.Run("disk", func(t *testing.T) { test(t, open(t, t.TempDir())) })
}

func open(t testing.TB, dir string, options ...store.Option) *store.Store {
	t.Helper()
	s, err := store.Open(dir, options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// do runs work that must succeed.
func do(t testing.TB, s *store.Store, work func(tx *store.Tx)) {
	t.Helper()
	if err := try(t, s, work); err != nil {
		t.Fatal(err)
	}
}

func try(t testing.TB, s *store.Store, work func(tx *store.Tx)) error {
	t.Helper()
	return s.Update(t.Context(), func(tx *store.Tx) error {
		work(tx)
		return nil
	})
}

// table is all of a table's values.
func table[T any](t testing.TB, s *store.Store, name string) map[string]T {
	t.Helper()
	all := map[string]T{}
	do(t, s, func(tx *store.Tx) {
		store.Each(tx, name, "", func(key string, value T) bool {
			all[key] = value
			return true
		})
	})
	return all
}

func draft(t testing.TB, s *store.Store, text string) *store.Draft {
	t.Helper()
	d, err := s.Draft(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

type value struct {
	Text    string
	Number  float64
	Big     uint64
	List    []string
	Map     map[string]any
	Bytes   []byte
	At      time.Time
	Pointer *value
}

func TestValuesComeBackAsTheyWere(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		in := value{
			Text: "ä<&>\u2028\x00", Number: math.MaxFloat64, Big: math.MaxUint64, List: []string{"", "b"},
			Map: map[string]any{"null": nil, "nested": []any{true, 1.5}}, Bytes: []byte{0, 255},
			At: time.Date(2026, 11, 21, 1, 2, 3, 4, time.UTC), Pointer: &value{Text: "inner"},
		}
		do(t, s, func(tx *store.Tx) { store.Put(tx, "t", "k", in) })
		do(t, s, func(tx *store.Tx) {
			out, ok := store.Get[value](tx, "t", "k")
			if !ok || fmt.Sprintf("%+v", out.Pointer) != fmt.Sprintf("%+v", in.Pointer) {
				t.Errorf("got %+v, %v", out, ok)
			}
			out.Pointer, in.Pointer = nil, nil
			if fmt.Sprintf("%#v", out) != fmt.Sprintf("%#v", in) {
				t.Errorf("got  %#v\nwant %#v", out, in)
			}
		})
	})
}

func TestNothingIsNotAZeroValue(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		do(t, s, func(tx *store.Tx) {
			store.Put(tx, "t", "zero", 0)
			store.Put[*int](tx, "t", "null", nil)
		})
		do(t, s, func(tx *store.Tx) {
			for key, want := range map[string]bool{"zero": true, "null": true, "other": false, "": false} {
				if _, ok := store.Get[*int](tx, "t", key); ok != want {
					t.Errorf("Get %q says %v", key, ok)
				}
			}
			if _, ok := store.Get[int](tx, "no such table", "zero"); ok {
				t.Error("a table that nobody wrote to has a value")
			}
		})
	})
}

func TestFailedWorkLeavesNothing(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := draft(t, s, "kept")
		do(t, s, func(tx *store.Tx) {
			store.Put(tx, "t", "a", 1)
			store.Keep(tx, d)
		})
		wrong := errors.New("wrong")
		other := draft(t, s, "other")
		err := s.Update(t.Context(), func(tx *store.Tx) error {
			store.Put(tx, "t", "a", 2)
			store.Put(tx, "t", "b", 2)
			store.Put(tx, "new", "c", 2)
			store.Next(tx, "n")
			store.Release(tx, d.Sum)
			store.Keep(tx, other)
			if got := string(store.Bytes(tx, other.Sum)); got != "other" {
				t.Errorf("within the transaction the blob is %q", got)
			}
			return wrong
		})
		if err != wrong {
			t.Fatalf("got %v", err)
		}
		if got := table[int](t, s, "t"); !maps.Equal(got, map[string]int{"a": 1}) {
			t.Errorf("t is %v", got)
		}
		if got := table[int](t, s, "new"); len(got) > 0 {
			t.Errorf("new is %v", got)
		}
		do(t, s, func(tx *store.Tx) {
			if n := store.Next(tx, "n"); n != 1 {
				t.Errorf("the counter went on to %d", n)
			}
			if got := string(store.Bytes(tx, d.Sum)); got != "kept" {
				t.Errorf("the blob is %q", got)
			}
		})
		if err := try(t, s, func(tx *store.Tx) { store.Bytes(tx, other.Sum) }); err == nil {
			t.Error("the other blob was kept")
		}
		do(t, s, func(tx *store.Tx) { store.Keep(tx, other) }) // a draft that was not kept may be kept yet
		do(t, s, func(tx *store.Tx) { store.Bytes(tx, other.Sum) })
	})
}

func TestPanicLeavesNothingAndLetsGo(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		func() {
			defer func() {
				if recover() != "mine" {
					t.Error("the panic did not come through")
				}
			}()
			_ = try(t, s, func(tx *store.Tx) {
				store.Put(tx, "t", "a", 1)
				panic("mine")
			})
		}()
		if got := table[int](t, s, "t"); len(got) > 0 {
			t.Errorf("t is %v", got)
		}
	})
}

func TestWorkSeesWhatItWrote(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		do(t, s, func(tx *store.Tx) { store.Put(tx, "t", "old", 1) })
		do(t, s, func(tx *store.Tx) {
			store.Put(tx, "t", "new", 2)
			store.Delete(tx, "t", "old")
			store.Delete(tx, "t", "never there")
			store.Delete(tx, "no such table", "a")
			if _, ok := store.Get[int](tx, "t", "old"); ok {
				t.Error("what was deleted is there")
			}
			if n, _ := store.Get[int](tx, "t", "new"); n != 2 {
				t.Errorf("what was put is %d", n)
			}
		})
		if got := table[int](t, s, "t"); !maps.Equal(got, map[string]int{"new": 2}) {
			t.Errorf("t is %v", got)
		}
	})
}

func TestEachIsInOrderWithinThePrefixAndStops(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		do(t, s, func(tx *store.Tx) {
			for _, key := range []string{"b/2", "b", "b/\xff", "a", "b/10", "c", "b/Z", "b0"} {
				store.Put(tx, "t", key, "value")
			}
		})
		var got []string
		visit := func(key string, _ string) bool {
			got = append(got, key)
			return key != "b/Z"
		}
		do(t, s, func(tx *store.Tx) { store.Each(tx, "t", "b/", visit) })
		if want := []string{"b/10", "b/2", "b/Z"}; !slices.Equal(got, want) {
			t.Errorf("got %q", got)
		}
	})
}

func TestEachIsNotMovedByWhatVisitWrites(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		do(t, s, func(tx *store.Tx) {
			for i := range 300 {
				store.Put(tx, "t", fmt.Sprintf("%03d", i), i)
			}
		})
		seen := 0
		do(t, s, func(tx *store.Tx) {
			store.Each(tx, "t", "", func(key string, n int) bool {
				if n != seen || key != fmt.Sprintf("%03d", n) {
					t.Fatalf("%s is %d at %d", key, n, seen)
				}
				seen++
				store.Delete(tx, "t", fmt.Sprintf("%03d", 299-n))
				store.Put(tx, "t", key+"x", -1)
				store.Put(tx, "t", fmt.Sprintf("%03d", n+1), -1)
				return true
			})
		})
		if seen != 300 {
			t.Errorf("saw %d", seen)
		}
	})
}

func TestCountersCountEachNameAndEachCall(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				for range 10 {
					if err := try(t, s, func(tx *store.Tx) { store.Next(tx, "a") }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wait.Wait()
		do(t, s, func(tx *store.Tx) {
			if a, b, c := store.Next(tx, "a"), store.Next(tx, "b"), store.Next(tx, "b"); a != 81 || b != 1 || c != 2 {
				t.Errorf("got %d, %d, %d", a, b, c)
			}
		})
	})
}

func TestACancelledCtxEndsTheWaitOnly(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		ctx, cancel := context.WithCancel(t.Context())
		held, over := make(chan struct{}), make(chan error)
		free := make(chan struct{})
		go func() {
			over <- s.Update(ctx, func(tx *store.Tx) error {
				close(held)
				<-free
				store.Put(tx, "t", "a", 1)
				return nil
			})
		}()
		<-held
		waiting := make(chan error)
		go func() { waiting <- s.Update(ctx, func(*store.Tx) error { t.Error("it ran"); return nil }) }()
		cancel()
		if err := <-waiting; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		close(free)
		if err := <-over; err != nil {
			t.Errorf("the one at work: %v", err)
		}
		if got := table[int](t, s, "t"); got["a"] != 1 {
			t.Errorf("t is %v", got)
		}
	})
}

func TestMain(m *testing.M) {
	if child() {
		return
	}
	goleak.VerifyTestMain(m)
}
