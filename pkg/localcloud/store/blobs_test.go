package store_test

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// A blob is there for as long as somebody refers to it.
func TestBlobs(t *testing.T) {
	// Each step is one transaction; k keeps a new draft, r retains, - releases.
	cases := map[string]struct {
		steps []string
		there bool
	}{
		"kept":                         {[]string{"k"}, true},
		"released":                     {[]string{"k", "-"}, false},
		"kept and released at once":    {[]string{"k-"}, false},
		"released and kept at once":    {[]string{"k", "-k"}, true},
		"released twice, kept between": {[]string{"k", "-k-"}, false},
		"kept twice":                   {[]string{"k", "k", "-"}, true},
		"kept twice, gone":             {[]string{"k", "k", "-", "-"}, false},
		"kept twice at once":           {[]string{"kk", "-"}, true},
		"kept twice at once, gone":     {[]string{"kk", "--"}, false},
		"retained":                     {[]string{"k", "r", "-"}, true},
		"retained, gone":               {[]string{"kr", "--"}, false},
		"kept again":                   {[]string{"k", "-", "k"}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, s *store.Store) {
				var sum string
				for _, step := range c.steps {
					sum = blobStep(t, s, step)
				}
				err := try(t, s, func(tx *store.Tx) {
					if got := store.Bytes(tx, sum); tx.Err() == nil && string(got) != "bytes" {
						t.Errorf("the bytes are %q", got)
					}
				})
				if (err == nil) != c.there {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func blobStep(t *testing.T, s *store.Store, step string) string {
	t.Helper()
	drafts := []*store.Draft{draft(t, s, "bytes")}
	for range strings.Count(step, "k") {
		drafts = append(drafts, draft(t, s, "bytes"))
	}
	sum, next := drafts[0].Sum, 1
	do(t, s, func(tx *store.Tx) {
		for _, action := range step {
			switch action {
			case 'k':
				store.Keep(tx, drafts[next])
				next++
			case 'r':
				store.Retain(tx, sum)
			case '-':
				store.Release(tx, sum)
			}
		}
	})
	for _, d := range drafts {
		if err := d.Discard(); err != nil {
			t.Fatal(err)
		}
		if err := d.Discard(); err != nil {
			t.Fatal("discarded twice:", err)
		}
	}
	return sum
}

func TestDraftKnowsItsBytes(t *testing.T) {
	both(t, func(t *testing.T, s *store.Store) {
		d := draft(t, s, "abc") // FIPS 180-2, B.1
		if d.Sum != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" || d.Size != 3 {
			t.Errorf("got %s, %d", d.Sum, d.Size)
		}
		if err := d.Discard(); err != nil {
			t.Error(err)
		}
		if _, err := s.Draft(iotest.ErrReader(errors.New("the client is gone"))); err == nil ||
			err.Error() != "the client is gone" {
			t.Errorf("got %v", err)
		}
	})
}
