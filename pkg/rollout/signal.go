package rollout

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// Stopped is the cause with which a signal cancels a run's context.
type Stopped struct {
	Signal string // SIGINT, SIGTERM
	Code   int    // exit code: 128 and the signal's number
}

// Error names the signal.
func (s Stopped) Error() string { return "stopped by " + s.Signal }

// echo is how soon after a signal another one is the same: while the first child process of a program was being started, one
// Ctrl-C of the terminal was seen to arrive twice, about once in forty trials under load. That it is the child's copy,
// delivered through the memory that both still share, is suspected and not proven. Nobody's fingers are as fast.
const echo = 100 * time.Millisecond

// StopOn returns a context that the first of the signals cancels with Stopped as its cause: what can be cancelled is. At
// the second, leave is called with its exit code. release gives the signals back.
func StopOn(ctx context.Context, leave func(code int), signals ...os.Signal) (_ context.Context, release func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	got := make(chan os.Signal, 2)
	signal.Notify(got, signals...)
	done := make(chan struct{})
	go func() {
		for first := (time.Time{}); ; {
			select {
			case s := <-got:
				why := stoppedBy(s)
				if first.IsZero() {
					first = time.Now()
				} else if time.Since(first) > echo {
					leave(why.Code)
				}
				cancel(why)
			case <-done:
				return
			}
		}
	}()

	return ctx, func() {
		signal.Stop(got)
		close(done)
		cancel(nil)
	}
}

func stoppedBy(s os.Signal) Stopped {
	switch s {
	case os.Interrupt:
		return Stopped{Signal: "SIGINT", Code: 130}
	case syscall.SIGTERM:
		return Stopped{Signal: "SIGTERM", Code: 143}
	}
	return Stopped{Signal: fmt.Sprint(s), Code: 1}
}
