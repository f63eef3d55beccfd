//go:build unix

package main

import (
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
)

// Killed while it compiles and packs, for the first time, after each line that it tells: what is kept between runs
// stays whole, and the next run sets up what it should.
func TestKilledWhilePacking(t *testing.T) {
	w := openWorkshop(t)
	want, _ := plots()[0].undisturbed(t, w)
	var cases, killed atomic.Int64
	t.Run("after", func(t *testing.T) {
		for lines := range 8 {
			t.Run(string(rune('1'+lines))+" lines", func(t *testing.T) {
				t.Parallel()
				cases.Add(1)
				if w.killedAfter(t, lines+1, want) {
					killed.Add(1)
				}
			})
		}
	})
	if killed.Load() == 0 {
		t.Error("none was killed in time")
	}
	t.Logf("killed while packing: %d cases, %d killed", cases.Load(), killed.Load())
}

// killedAfter kills a setup whose cache is empty after so many lines, and tells whether that was in time.
func (w workshop) killedAfter(t *testing.T, lines int, want string) bool {
	t.Helper()
	cold := w
	cold.env = append(append([]string{}, w.env...), "XDG_CACHE_HOME="+filepath.Join(t.TempDir(), "cache"))
	s, end := openScene(t, &cold, "")
	defer end()
	s.lines = lines
	e := s.run(t, w.newer, s.command(setsUp)...)
	s.lines = 0
	s.pace.fast.Store(true)
	if told := strings.Count(e.story, "\n"); told < lines {
		t.Errorf("it told %d lines, and left with %d", told, e.code)
	}
	s.converges(t, setsUp, want, false)
	return e.code < 0
}
