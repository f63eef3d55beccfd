package cloudformation

import (
	"context"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// foundFor is how long a stack that was deleted is still found by its id.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html
const foundFor = 90 * 24 * time.Hour

// Settle carries out every step that is due by now, in the order of the moments, and stamps the events with those. It
// writes nothing when nothing is due.
func (s *Service) Settle(ctx context.Context) error {
	now := s.config.Clock.Now()
	next, err := s.next.Get(ctx, "", s.dues)
	if err != nil || !next.come(now) {
		return err
	}
	return s.work(ctx, func(w *work) error {
		for {
			key, at, ok := w.earliest(now)
			if !ok {
				return w.tx.Err()
			}
			w.step(key, at)
		}
	})
}

// coming is what is known of all that is due some time.
type coming struct {
	first  time.Time // zero where nothing is due
	stalls bool      // some of it stalls, and might do so no longer
}

func (n coming) come(now time.Time) bool {
	return n.stalls || !n.first.IsZero() && !n.first.After(now)
}

func (*Service) dues(tx *store.Tx) (coming, error) {
	var n coming
	store.Each(tx, dueTable, "", func(_ string, d due) bool {
		if !d.At.IsZero() && (n.first.IsZero() || d.At.Before(n.first)) {
			n.first = d.At
		}
		n.stalls = n.stalls || len(d.Stalls) > 0
		return true
	})
	return n, nil
}

// earliest is what is due first.
func (w *work) earliest(now time.Time) (first string, at time.Time, found bool) {
	store.Each(w.tx, dueTable, "", func(key string, d due) bool {
		when, ok := w.moment(d, now)
		if ok && (!found || when.Before(at)) {
			first, at, found = key, when, true
		}
		return true
	})
	return first, at, found
}

// moment is when something is due, if that has come. Work that stalled and no longer does is due now.
func (w *work) moment(d due, now time.Time) (time.Time, bool) {
	if !d.At.IsZero() && !d.At.After(now) {
		return d.At, true
	}
	for _, s := range d.Stalls {
		if !w.s.config.Faults.Stalls(s.ID, s.Action) {
			return now, true
		}
	}
	return now, false
}

// step carries out what is due, which then is due later or no more.
func (w *work) step(key string, at time.Time) {
	kind, rest, _ := strings.Cut(key, "/")
	store.Delete(w.tx, dueTable, key)
	switch kind + "/" {
	case dueStack:
		if st, ok := w.load(rest); ok && st.Running != nil {
			w.advance(st, at)
		}
	case dueSet:
		w.evaluate(rest, at)
	case dueDrift:
		w.detect(rest, at)
	case duePurge:
		if st, ok := w.load(rest); ok {
			w.forget(st)
		}
	}
}
