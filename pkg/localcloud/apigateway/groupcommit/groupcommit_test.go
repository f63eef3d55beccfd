package groupcommit_test

import (
	"context"
	"errors"
	"strconv"
	"testing"
	"testing/synctest"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/apigateway/groupcommit"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A thousand that come while one is being written are written in one transaction more.
func TestWritersThatWaitShareATransaction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, transactions, first := store.Memory(), 0, make(chan struct{})
		w := groupcommit.New(func(ctx context.Context, work func(*store.Tx) error) error {
			transactions++
			if transactions == 1 {
				<-first
			}
			return s.Update(ctx, work)
		})
		results := make(chan error, 1001)
		write := func(key string) {
			results <- w.Write(t.Context(), func(tx *store.Tx) { store.Put(tx, "t", key, key) })
		}
		go write("first")
		synctest.Wait()
		for i := range 1000 {
			go write(strconv.Itoa(i))
		}
		synctest.Wait()
		close(first)
		for range 1001 {
			if err := <-results; err != nil {
				t.Fatal(err)
			}
		}
		if transactions != 2 {
			t.Errorf("%d transactions", transactions)
		}
		if got := count(t, s); got != 1001 {
			t.Errorf("%d are kept", got)
		}
	})
}

func TestAFailureIsToldToAllOfItsTransactionAndNobodyElse(t *testing.T) {
	s, broken := store.Memory(), errors.New("broken")
	fails := true
	w := groupcommit.New(func(ctx context.Context, work func(*store.Tx) error) error {
		if fails {
			return broken
		}
		return s.Update(ctx, work)
	})
	put := func(tx *store.Tx) { store.Put(tx, "t", "a", 1) }
	if err := w.Write(t.Context(), put); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
	fails = false
	if err := w.Write(t.Context(), put); err != nil || count(t, s) != 1 {
		t.Errorf("the next one: %v", err)
	}
}

// Who leaves does not take along what others wait for, nor what it asked for.
func TestACallerThatHasLeftIsWrittenFor(t *testing.T) {
	s := store.Memory()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := groupcommit.New(s.Update)
	err := w.Write(ctx, func(tx *store.Tx) { store.Put(tx, "t", "a", 1) })
	if err != nil || count(t, s) != 1 {
		t.Errorf("%v, %d are kept", err, count(t, s))
	}
}

func count(t *testing.T, s *store.Store) int {
	t.Helper()
	n := 0
	err := s.Update(t.Context(), func(tx *store.Tx) error {
		store.Each(tx, "t", "", func(string, any) bool { n++; return true })
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
