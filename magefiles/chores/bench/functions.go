package bench

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/node"
	"github.com/plldb/plldb/magefiles/chores/proxy"
)

// functions measures the WebSocket API and the functions of `plldb local`, compiled for this machine, and beside it
// serverless-offline.
func (b *Bench) functions(ctx context.Context) ([]Figure, error) {
	state := filepath.Join(b.Folder, "serving")
	var ours talk
	var cold []float64
	if err := b.serving(ctx, state, func(l *drive.Local) (err error) {
		if cold, err = b.coldStarts(ctx, l); err != nil {
			return err
		}
		ours, err = talked(ctx, l.WebSocket)
		return err
	}); err != nil {
		return nil, err
	}
	figures := []Figure{
		{"cold start of a function, by its report", 0, "ms", cold},
		{"message round trip, p50", 2, "ms", []float64{Percentile(milliseconds(ours.trips), 50)}},
		{"message round trip, p99", 10, "ms", []float64{Percentile(milliseconds(ours.trips), 99)}},
	}
	crowded, err := b.crowded(ctx, state)
	if err != nil {
		return nil, err
	}
	figures = append(figures, crowded...)
	theirs, err := b.beside(ctx)
	if err != nil { // there may be no network: that is no fault of plldb's
		_, _ = fmt.Fprintf(b.Out, "  nothing to measure beside: %v\n", err)
		return append(figures, rates("", ours)...), nil
	}
	return append(figures, sideBySide(ours, theirs)...), nil
}

// rates are what is the better the more there is of it, and so has no target of the table's kind.
func rates(whose string, t talk) []Figure {
	return []Figure{
		{fmt.Sprintf("messages a second, %d connections%s", talkers, whose), 0, "", []float64{t.rate}},
		{fmt.Sprintf("connections opened a second, %d at a time%s", talkers, whose), 0, "", []float64{t.opens}},
	}
}

func sideBySide(ours, theirs talk) []Figure {
	const whose = ", serverless-offline"
	trips := milliseconds(theirs.trips)
	plldb, offline := rates("", ours), rates(whose, theirs)
	return []Figure{
		{"message round trip, p50" + whose, 0, "ms", []float64{Percentile(trips, 50)}},
		{"message round trip, p99" + whose, 0, "ms", []float64{Percentile(trips, 99)}},
		plldb[0],
		offline[0],
		plldb[1],
		offline[1],
	}
}

// serving performs a trial on a plldb local, which is then interrupted.
func (b *Bench) serving(ctx context.Context, state string, trial func(*drive.Local) error) (err error) {
	l, err := b.Unthrottled.Local(ctx, "--state", state, "--region", "eu-west-1")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Kill()) }()
	if err := trial(l); err != nil {
		return err
	}
	_, err = l.Interrupt()
	return err
}

// crowded is what plldb and the functions hold while a thousand connections are open that have each been answered.
func (b *Bench) crowded(ctx context.Context, state string) (figures []Figure, err error) {
	if runtime.GOOS != "linux" {
		_, _ = fmt.Fprintln(b.Out, "  memory is measured on Linux alone")
		return nil, nil
	}
	err = b.serving(ctx, state, func(l *drive.Local) error {
		all, err := gather(ctx, l.WebSocket, crowd, talkers)
		if err != nil {
			return err
		}
		if err := abreast(crowd, talkers, func(i int) error { return say(all[i]) }); err != nil {
			return errors.Join(err, leave(all))
		}
		head, children, err := family(l.PID())
		figures = held1000(head, children)
		return errors.Join(err, leave(all))
	})
	return figures, err
}

func held1000(head process, children []process) []Figure {
	var sum int64
	for _, c := range children {
		sum += c.resident
	}
	name := fmt.Sprintf("memory, %d connections open, ", crowd)
	return []Figure{
		{name + "plldb local", 0, "MB", megabytes(head.resident)},
		{name + "plldb local, peak", 0, "MB", megabytes(head.peak)},
		{fmt.Sprintf("%sits %d function processes", name, len(children)), 0, "MB", megabytes(sum)},
	}
}

// beside measures serverless-offline, with functions that do the same.
func (b *Bench) beside(ctx context.Context) (t talk, err error) {
	folder := filepath.Join(b.Folder, "equal")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return t, err
	}
	_, _ = fmt.Fprintf(b.Out, "  installing %s\n", node.Offline)
	if err := b.Node.InstallOffline(ctx, folder); err != nil {
		return t, err
	}
	ports, err := freePorts(ctx)
	if err != nil {
		return t, err
	}
	server, err := b.Node.Offline(ctx, folder, ports)
	if err != nil {
		return t, err
	}
	defer server.Stop()
	return talked(ctx, server.WebSocket)
}

// freePorts are three ports that nobody listens on. Somebody may take one before it is used; then the start fails.
func freePorts(ctx context.Context) (ports [3]string, err error) {
	for i := range ports {
		l, err := proxy.Listen(ctx)
		if err != nil {
			return ports, err
		}
		defer func() { _ = l.Close() }() // together, so that they are three
		if _, ports[i], err = net.SplitHostPort(l.Addr().String()); err != nil {
			return ports, err
		}
	}
	return ports, nil
}
