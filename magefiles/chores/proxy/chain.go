package proxy

import (
	"slices"
	"time"
)

// Chain returns the longest chain in which each request began after the answer of the one before it was let go. Its
// length is how many answers deep the program is: it can be no faster than that many answers one after the other.
func Chain(seen []Exchange) []Exchange {
	byEnd := slices.SortedFunc(slices.Values(seen), func(a, b Exchange) int { return a.End.Compare(b.End) })

	var chain []Exchange
	for _, e := range byEnd {
		if len(chain) == 0 || !e.Begin.Before(chain[len(chain)-1].End) {
			chain = append(chain, e)
		}
	}
	return chain
}

// Busy is for how long at least one request was with the server.
func Busy(seen []Exchange) time.Duration {
	byBegin := slices.SortedFunc(slices.Values(seen), func(a, b Exchange) int { return a.Begin.Compare(b.Begin) })

	var busy time.Duration
	var until time.Time
	for _, e := range byBegin {
		if e.End.After(until) {
			busy += e.End.Sub(later(e.Begin, until))
			until = e.End
		}
	}
	return busy
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
