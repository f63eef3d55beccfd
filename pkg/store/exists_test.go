package store_test

import (
	"net/http"
	"testing"
)

func TestExists(t *testing.T) {
	for name, c := range map[string]struct {
		prepare      func(w *world)
		there, fails bool
	}{
		"missing":         {func(*world) {}, false, false},
		"ours":            {func(w *world) { w.made(owner) }, true, false},
		"somebody else's": {func(w *world) { w.made(other) }, false, true}, // trap 46
		"broken": {func(w *world) {
			w.refuses("HeadBucket", 0, http.StatusInternalServerError, "InternalError")
		}, false, true},
	} {
		w := newWorld(t)
		c.prepare(w)
		there, err := w.store().Exists(t.Context())
		if there != c.there || (err != nil) != c.fails {
			t.Errorf("%s: %v, %v", name, there, err)
		}
	}
}
