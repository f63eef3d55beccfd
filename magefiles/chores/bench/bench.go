// Package bench measures plldb as a whole process against a warm server on loopback.
package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/node"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// Bench is what is measured, and against what. The binaries' environments name no endpoint and no region.
type Bench struct {
	Out        io.Writer
	Four       drive.Plldb // with the functions in it
	Changed    drive.Plldb // the same, one function changed
	Hundred    drive.Plldb // with a hundred functions
	TwoHundred drive.Plldb // with two hundred, as many as a template holds with their log groups
	Source     drive.Plldb // without functions, in a source tree
	// Unthrottled is without functions too, in a tree whose template lets as many messages through as come.
	Unthrottled drive.Plldb
	Python      *python.Python
	Node        *node.Node
	Server      string // URL
	Folder      string // for the certificate
	Runs        int    // of each wall time
}

// The regions keep the trials apart: each has a bucket and a stack of its own.
const (
	regionOfFour       = "AWS_REGION=eu-west-1"
	regionOfHundred    = "AWS_REGION=eu-west-2"
	regionOfTwoHundred = "AWS_REGION=eu-west-3"
)

// Run measures everything and returns it in the order of the table.
func (b *Bench) Run(ctx context.Context) ([]Figure, error) {
	var figures []Figure
	for _, part := range []struct {
		name    string
		measure func(context.Context) ([]Figure, error)
	}{
		{"wall times", b.times},
		{"plldb's own part of them", b.shares},
		{"requests and how deep they are, through a counting proxy that holds every answer", b.depths},
		{"round trips over TLS", b.roundTrips},
		{"memory and size", b.sizes},
		{"the local cloud", b.local},
		{"the functions and the WebSocket API of the local cloud", b.functions},
		{"how soon the end of an operation is noticed", b.noticed},
	} {
		_, _ = fmt.Fprintf(b.Out, "measuring %s\n", part.name) // to a person; the figures are the answer
		measured, err := part.measure(ctx)
		if err != nil {
			return nil, fmt.Errorf("measuring %s: %w", part.name, err)
		}
		figures = append(figures, measured...)
	}
	return figures, nil
}

// times measures wall times directly against the server.
func (b *Bench) times(ctx context.Context) ([]Figure, error) {
	to := "AWS_ENDPOINT_URL=" + b.Server
	four, changed := b.Four.With(regionOfFour, to), b.Changed.With(regionOfFour, to)

	cold, err := b.cold(ctx, four)
	if err != nil {
		return nil, err
	}
	idle, err := b.repeat(func(int) (time.Duration, error) { return setup(ctx, four, "unchanged") })
	if err != nil {
		return nil, err
	}
	update, err := b.repeat(func(i int) (time.Duration, error) {
		return setup(ctx, []drive.Plldb{changed, four}[i%2], "updated")
	})
	if err != nil {
		return nil, err
	}
	compiled, err := b.idleFromSource(ctx, b.Source.With(regionOfFour, to))
	if err != nil {
		return nil, err
	}
	version, err := b.repeat(func(int) (time.Duration, error) { return four.Time(ctx, "version") })

	return []Figure{
		{"nothing to do", 60, "ms", milliseconds(idle)},
		{"cold", 250, "ms", milliseconds(cold)},
		{"one function changed, built before", 150, "ms", milliseconds(update)},
		{"nothing to do, from source", 150, "ms", milliseconds(compiled)},
		{"plldb version", 10, "ms", milliseconds(version)},
	}, err
}

// cold times setups on an account that a purge has left empty. The one before them is not counted: it is the server's
// first.
func (b *Bench) cold(ctx context.Context, plldb drive.Plldb) ([]time.Duration, error) {
	if _, err := setup(ctx, plldb, "created"); err != nil {
		return nil, err
	}
	return b.repeat(func(int) (time.Duration, error) {
		if err := purge(ctx, plldb); err != nil {
			return 0, err
		}
		return setup(ctx, plldb, "created")
	})
}

// idleFromSource times setups that compile and find nothing new. The first, not counted, makes the account and the
// compiler's caches what the others find.
func (b *Bench) idleFromSource(ctx context.Context, plldb drive.Plldb) ([]time.Duration, error) {
	if _, err := plldb.Run(ctx, "bootstrap", "setup"); err != nil {
		return nil, err
	}
	return b.repeat(func(int) (time.Duration, error) { return setup(ctx, plldb, "unchanged") })
}

func (b *Bench) repeat(run func(i int) (time.Duration, error)) ([]time.Duration, error) {
	var times []time.Duration
	for i := range b.Runs {
		took, err := run(i)
		if err != nil {
			return nil, err
		}
		times = append(times, took)
	}
	return times, nil
}

// setup runs one, which must end with the status, and gives its time.
func setup(ctx context.Context, plldb drive.Plldb, want string, flags ...string) (time.Duration, error) {
	outcome, err := plldb.Run(ctx, append([]string{"bootstrap", "setup"}, flags...)...)
	if err == nil && outcome.Status != want {
		err = fmt.Errorf("setup ended as %q, not as %q: the trial is not what it is meant to be", outcome.Status, want)
	}
	return outcome.Took, err
}

func purge(ctx context.Context, plldb drive.Plldb) error {
	_, err := plldb.Run(ctx, "bootstrap", "destroy", "--purge", "--yes")
	return err
}

// sizes measures memory and the binary.
func (b *Bench) sizes(ctx context.Context) ([]Figure, error) {
	to := "AWS_ENDPOINT_URL=" + b.Server
	four, err := b.memory(ctx, b.Four.With(regionOfFour, to))
	if err != nil {
		return nil, err
	}
	hundred, err := b.memory(ctx, b.Hundred.With(regionOfHundred, to))
	if err != nil {
		return nil, err
	}
	most, err := b.memory(ctx, b.TwoHundred.With(regionOfTwoHundred, to))
	if err != nil {
		return nil, err
	}
	binary, err := os.Stat(b.Four.Path)
	if err != nil {
		return nil, err
	}

	return []Figure{
		{"peak memory, nothing to do", 30, "MB", megabytes(four.idle)},
		{"peak memory, nothing to do, 100 functions", 30, "MB", megabytes(hundred.idle)},
		{"peak memory, cold", 30, "MB", megabytes(four.cold)},
		{"peak memory, cold, 100 functions", 30, "MB", megabytes(hundred.cold)},
		{"peak memory, nothing to do, 200 functions", 150, "MB", megabytes(most.idle)},
		{"peak memory, cold, 200 functions", 150, "MB", megabytes(most.cold)},
		{"plldb with its archives", 30, "MB", megabytes(binary.Size())},
	}, nil
}

// held is the most memory that a cold setup and one with nothing to do held, in bytes.
type held struct{ cold, idle int64 }

func (b *Bench) memory(ctx context.Context, plldb drive.Plldb) (h held, err error) {
	if err := purge(ctx, plldb); err != nil {
		return h, err
	}
	for _, most := range []*int64{&h.cold, &h.idle} {
		*most, err = b.Python.MaxMemory(ctx, plldb.Dir, plldb.Env, plldb.Path, "bootstrap", "setup")
		if err != nil {
			return h, err
		}
	}
	return h, nil
}
