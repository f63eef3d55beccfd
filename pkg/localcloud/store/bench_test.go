package store_test

import (
	"fmt"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

func BenchmarkEmptyTransaction(b *testing.B) {
	s := filled(b, 100)
	for b.Loop() {
		do(b, s, func(*store.Tx) {})
	}
}

func BenchmarkSmallWrite(b *testing.B) {
	s := filled(b, 100)
	for b.Loop() {
		do(b, s, func(tx *store.Tx) { store.Next(tx, "n") })
	}
}

// A first transaction reads and verifies the whole file: here 5000 values of 500 bytes.
func BenchmarkFirstTransaction(b *testing.B) {
	dir := b.TempDir()
	fill(b, open(b, dir), 5000)
	for b.Loop() {
		s, err := store.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		do(b, s, func(*store.Tx) {})
	}
}

func filled(b *testing.B, n int) *store.Store {
	s := open(b, b.TempDir())
	fill(b, s, n)
	return s
}

func fill(b testing.TB, s *store.Store, n int) {
	do(b, s, func(tx *store.Tx) {
		for i := range n {
			store.Put(tx, fmt.Sprintf("table%d", i%7), fmt.Sprintf("key/%06d", i), fmt.Sprintf("%0500d", i))
		}
	})
}

func BenchmarkMemo(b *testing.B) {
	s := open(b, b.TempDir())
	memo := store.NewMemo[string](s)
	for b.Loop() {
		if _, err := memo.Get(b.Context(), "a", func(*store.Tx) (string, error) { return "1", nil }); err != nil {
			b.Fatal(err)
		}
	}
}
