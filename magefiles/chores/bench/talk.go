package bench

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/magefiles/chores/websocket"
)

// How much is said in a trial.
const (
	warmUp     = 100
	sequential = 2000 // messages of the round trip
	talkers    = 50   // connections that talk side by side
	each       = 200  // messages of each of them
	openings   = 500  // connections that are opened, talkers at a time
	crowd      = 1000 // connections that are open together
)

// within is how long a trial's connection may take in all.
const within = 5 * time.Minute

// talk is what a WebSocket API with an equal handler came to.
type talk struct {
	trips []time.Duration // of messages on one connection, one after another
	rate  float64         // messages a second, from all talkers together
	opens float64         // connections a second
}

// talked measures an API. What is asked of it is the same whosever it is.
func talked(ctx context.Context, url string) (t talk, err error) {
	if t.trips, err = roundTrips(ctx, url); err != nil {
		return t, err
	}
	if t.rate, err = chatter(ctx, url); err != nil {
		return t, err
	}
	t.opens, err = arrivals(ctx, url)
	return t, err
}

// roundTrips times messages on one connection, each sent when the one before is answered.
func roundTrips(ctx context.Context, url string) (trips []time.Duration, err error) {
	c, err := websocket.Dial(ctx, url, nil, within)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	for i := range warmUp + sequential {
		began := time.Now()
		if err := say(c); err != nil {
			return nil, err
		}
		if i >= warmUp {
			trips = append(trips, time.Since(began))
		}
	}
	return trips, nil
}

// say sends a message and wants the answer of plldb's default handler.
func say(c *websocket.Conn) error {
	if err := c.Send(`{"action":"hello"}`); err != nil {
		return err
	}
	heard, err := c.Receive()
	if err == nil && heard != "OK" {
		err = fmt.Errorf("the answer is %q, not OK: the trial is not what it is meant to be", heard)
	}
	return err
}

// chatter is how many messages a second are answered on many connections, on each one after another.
func chatter(ctx context.Context, url string) (float64, error) {
	all, err := gather(ctx, url, talkers, talkers)
	if err != nil {
		return 0, err
	}
	talk := func(messages int) error {
		return abreast(len(all), len(all), func(i int) error {
			for range messages {
				if err := say(all[i]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := talk(warmUp / 10); err != nil {
		return 0, errors.Join(err, leave(all))
	}
	began := time.Now()
	err = talk(each)
	took := time.Since(began)
	return talkers * each / took.Seconds(), errors.Join(err, leave(all))
}

// arrivals is how many connections a second are opened.
func arrivals(ctx context.Context, url string) (float64, error) {
	began := time.Now()
	all, err := gather(ctx, url, openings, talkers)
	took := time.Since(began)
	return openings / took.Seconds(), errors.Join(err, leave(all))
}

// gather opens n connections, so many at a time. Those it returns are to be left, whatever comes.
func gather(ctx context.Context, url string, n, together int) ([]*websocket.Conn, error) {
	all := make([]*websocket.Conn, n)
	err := abreast(n, together, func(i int) (err error) {
		all[i], err = websocket.Dial(ctx, url, nil, within)
		return err
	})
	if err != nil {
		return nil, errors.Join(err, leave(all))
	}
	return all, nil
}

// leave closes the connections that there are.
func leave(all []*websocket.Conn) error {
	var errs []error
	for _, c := range all {
		if c != nil {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// abreast runs the task for 0 to n-1, so many of them at a time, until one fails, and returns an error.
func abreast(n, together int, task func(i int) error) error {
	var lanes errgroup.Group
	lanes.SetLimit(together)
	var failed atomic.Bool
	for i := range n {
		lanes.Go(func() error {
			if failed.Load() {
				return nil
			}
			err := task(i)
			if err != nil {
				failed.Store(true)
			}
			return err
		})
	}
	return lanes.Wait()
}
