package bench

import (
	"context"
	"time"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/proxy"
)

// shares tells plldb's own part of the wall times from the server's: a run's time less the time in which at least one
// request was with the server. These figures have no target; they say whom a missed one belongs to.
func (b *Bench) shares(ctx context.Context) ([]Figure, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	counter, to, err := b.counter(ctx, 0)
	if err != nil {
		return nil, err
	}
	four, changed := b.Four.With(regionOfFour, to), b.Changed.With(regionOfFour, to)

	cold, err := b.repeat(func(int) (time.Duration, error) {
		if err := purge(ctx, four); err != nil {
			return 0, err
		}
		return own(ctx, counter, four, "created")
	})
	if err != nil {
		return nil, err
	}
	idle, err := b.repeat(func(int) (time.Duration, error) { return own(ctx, counter, four, "unchanged") })
	if err != nil {
		return nil, err
	}
	update, err := b.repeat(func(i int) (time.Duration, error) {
		return own(ctx, counter, []drive.Plldb{changed, four}[i%2], "updated")
	})

	return []Figure{
		{"nothing to do, less the server's time", 0, "ms", milliseconds(idle)},
		{"cold, less the server's time", 0, "ms", milliseconds(cold)},
		{"one function changed, less the server's time", 0, "ms", milliseconds(update)},
	}, err
}

// own is the time of one setup in which nothing was asked of the server.
func own(ctx context.Context, counter *proxy.Counter, plldb drive.Plldb, want string) (time.Duration, error) {
	counter.Take()
	took, err := setup(ctx, plldb, want)
	return took - proxy.Busy(counter.Take()), err
}
