package bench

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// local measures the local cloud inside plldb, at its clock's top speed: nothing is compiled, and every run but the idle
// ones begins with an empty state.
func (b *Bench) local(ctx context.Context) ([]Figure, error) {
	state := func(i int) []string {
		return []string{"--local", "--state", filepath.Join(b.Folder, "local", strconv.Itoa(i))}
	}
	// With nothing there, watch asks who it is and for the stack, and leaves: the start, and the first answers.
	start, err := b.repeat(func(i int) (time.Duration, error) {
		return b.Four.Time(ctx, append([]string{"bootstrap", "watch"}, state(i)...)...)
	})
	if err != nil {
		return nil, err
	}
	cold, err := b.repeat(func(i int) (time.Duration, error) { return setup(ctx, b.Four, "created", state(i)...) })
	if err != nil {
		return nil, err
	}
	idle, err := b.repeat(func(int) (time.Duration, error) { return setup(ctx, b.Four, "unchanged", state(0)...) })
	if err != nil {
		return nil, err
	}
	argv := append([]string{b.Four.Path, "bootstrap", "setup"}, state(b.Runs)...)
	most, err := b.Python.MaxMemory(ctx, b.Four.Dir, b.Four.Env, argv...)
	if err != nil {
		return nil, err
	}
	return []Figure{
		{"local cloud, start to the first answers", 100, "ms", milliseconds(start)},
		{"setup --local, cold", 1000, "ms", milliseconds(cold)},
		{"setup --local, nothing to do", 1000, "ms", milliseconds(idle)},
		{"peak memory, setup --local, cold", 60, "MB", megabytes(most)},
	}, os.RemoveAll(filepath.Join(b.Folder, "local"))
}
