package proxy_test

import (
	"testing"
	"time"

	"github.com/plldb/plldb/magefiles/chores/proxy"
)

func TestChainIsTheLongestRowOfAnswersThatWaited(t *testing.T) {
	for _, c := range []struct {
		name string
		seen [][2]int // begin and end
		want int
	}{
		{"nothing", nil, 0},
		{"one", [][2]int{{0, 10}}, 1},
		{"side by side", [][2]int{{0, 10}, {1, 11}, {9, 19}}, 1},
		{"one after the other", [][2]int{{0, 10}, {10, 20}, {21, 31}}, 3},
		{"a burst behind one", [][2]int{{0, 10}, {12, 22}, {12, 23}, {13, 22}}, 2},
		{"a long one beside a chain", [][2]int{{0, 100}, {0, 10}, {11, 21}, {22, 32}}, 3},
		{"the last begins before the one before ended", [][2]int{{0, 10}, {11, 21}, {20, 30}}, 2},
		{"in another order", [][2]int{{21, 31}, {0, 10}, {10, 20}}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := len(proxy.Chain(exchanges(c.seen))); got != c.want {
				t.Errorf("%d answers deep, want %d", got, c.want)
			}
		})
	}
}

func TestBusyCountsEveryMomentOnce(t *testing.T) {
	for _, c := range []struct {
		name string
		seen [][2]int
		want int
	}{
		{"nothing", nil, 0},
		{"one", [][2]int{{5, 10}}, 5},
		{"with a gap", [][2]int{{0, 10}, {15, 20}}, 15},
		{"overlapping, in another order", [][2]int{{5, 15}, {0, 10}}, 15},
		{"one within another", [][2]int{{0, 30}, {5, 10}, {25, 40}}, 40},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := proxy.Busy(exchanges(c.seen)).Milliseconds(); got != int64(c.want) {
				t.Errorf("busy for %d ms, want %d", got, c.want)
			}
		})
	}
}

func exchanges(spans [][2]int) []proxy.Exchange {
	var seen []proxy.Exchange
	for _, s := range spans {
		seen = append(seen, proxy.Exchange{Begin: time.UnixMilli(int64(s[0])), End: time.UnixMilli(int64(s[1]))})
	}
	return seen
}
