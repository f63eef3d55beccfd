package chores

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"github.com/plldb/plldb/magefiles/chores/bench"
	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/play"
	"github.com/plldb/plldb/magefiles/chores/source"
)

// Bench measures plldb against warm moto on loopback, and its local cloud beside serverless-offline, and prints the
// figures beside their targets.
func Bench(ctx context.Context) error { return measure(ctx, source.Pack) }

// measure takes PLLDB_BENCH_RUNS, the number of runs of each wall time, from the environment.
func measure(ctx context.Context, archives source.Archives) error {
	runs := 11
	if text := os.Getenv("PLLDB_BENCH_RUNS"); text != "" {
		var err error
		if runs, err = strconv.Atoi(text); err != nil || runs < 1 {
			return fmt.Errorf("PLLDB_BENCH_RUNS is %q: it is a number of runs", text)
		}
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	w, err := openWorkshop(ctx, archives)
	if err != nil {
		return err
	}
	defer w.close()

	b, err := w.trials(ctx)
	if err != nil {
		return err
	}
	moto, err := w.python.Moto(ctx)
	if err != nil {
		return err
	}
	defer moto.Stop()
	b.Server, b.Runs = moto.URL, runs
	figures, err := b.Run(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("\nmoto %s on loopback, %d runs of each time and of the round trips\n\n", moto.Version, runs)
	return bench.Print(os.Stdout, figures)
}

// trials builds all that is measured.
func (w *workshop) trials(ctx context.Context) (*bench.Bench, error) {
	fmt.Println("building: plldb with 4 functions, with one of them changed, with 100, with 200, and without")
	b := &bench.Bench{Out: os.Stdout, Python: w.python, Node: w.node, Folder: w.folder}
	var err error
	if b.Four, err = w.embedded(ctx, w.root, "four"); err != nil {
		return nil, err
	}
	if b.Changed, err = w.altered(ctx, "changed", func(tree string) error {
		return source.Change(tree, play.Changed, "changed")
	}); err != nil {
		return nil, err
	}
	if b.Hundred, err = w.grown(ctx, "hundred", 100); err != nil {
		return nil, err
	}
	if b.TwoHundred, err = w.grown(ctx, "two-hundred", 200); err != nil {
		return nil, err
	}
	if b.Source, err = w.compiling(ctx, "bench"); err != nil {
		return nil, err
	}
	if b.Unthrottled, err = w.compiling(ctx, "unthrottled"); err != nil {
		return nil, err
	}
	if err := source.Unthrottle(b.Unthrottled.Dir); err != nil {
		return nil, err
	}

	env, err := w.pretend(ctx, "eu-west-1")
	for _, plldb := range []*drive.Plldb{&b.Four, &b.Changed, &b.Hundred, &b.TwoHundred, &b.Source, &b.Unthrottled} {
		plldb.Env = env
	}
	return b, err
}

// ofTheTree is how many functions the source tree has.
const ofTheTree = 4

// grown builds plldb with so many functions in it, each with a log group of its own.
func (w *workshop) grown(ctx context.Context, name string, functions int) (drive.Plldb, error) {
	return w.altered(ctx, name, func(tree string) error {
		return source.Grow(tree, play.Changed, functions-ofTheTree)
	})
}

// altered builds plldb of a copy of the source tree, changed by alter, with the copy's functions in it.
func (w *workshop) altered(ctx context.Context, name string, alter func(tree string) error) (drive.Plldb, error) {
	tree := w.path(name + "-tree")
	if err := source.Copy(ctx, w.root, tree); err != nil {
		return drive.Plldb{}, err
	}
	if err := alter(tree); err != nil {
		return drive.Plldb{}, err
	}
	return w.embedded(ctx, tree, name)
}
