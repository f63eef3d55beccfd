package apigateway

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

// lost is the code of a connection that ended without a close frame.
// https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1
const lost = 1006

// ended calls $disconnect for a connection that has ended, and strikes it off.
func (p *plane) ended(ctx context.Context, c *connection, e websocket.Ending) {
	p.live.remove(c.ID)
	if err := p.disconnect(ctx, c, e); err != nil {
		p.warn(c, route{key: "$disconnect"}, err)
	}
}

// disconnect does so with what the stage is now.
func (p *plane) disconnect(ctx context.Context, c *connection, e websocket.Ending) error {
	stage, err := p.look(ctx, c)
	if err != nil {
		return err
	}
	return p.part(ctx, c, stage, e)
}

// part calls $disconnect, if the stage has it, and strikes the connection off. It is not throttled: that it counts is
// unverified. A connection whose function was not called stays written down, where connections are: Recover takes it
// up in the next process.
func (p *plane) part(ctx context.Context, c *connection, stage *served, e websocket.Ending) error {
	began := p.pace.Now()
	way, told := route{key: "$disconnect"}, true
	if stage != nil && stage.routes[way.key].function != "" {
		way = stage.routes[way.key]
		context := c.context(way.key, "DISCONNECT", randomID(), began)
		context.DisconnectStatusCode, context.DisconnectReason = e.Code, &e.Reason
		told = p.leave(ctx, c, way, c.leaving(context))
	}
	var err error
	if told {
		err = p.forget(ctx, c)
	}
	p.tellEnd(c, way, e, began)
	return err
}

// The pauses before $disconnect is called again whose function was not called: each is twice as long as the one before.
// AWS does its best to deliver the event; what that is, is unverified.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
const (
	firstPause   = time.Second
	longestPause = 4 * time.Second
)

// leave calls $disconnect; false if its function was never called, for a reason that may pass.
func (p *plane) leave(ctx context.Context, c *connection, way route, e event) bool {
	for pause := firstPause; ; pause *= 2 {
		_, fail := p.integrate(ctx, c, way, e)
		if fail == nil {
			return true
		}
		if !fail.uncalled || pause > longestPause || !p.rest(ctx, pause) {
			p.warn(c, way, fail)
			return !fail.uncalled
		}
	}
}

// rest lets a time pass; false if everything ends before. It counts as a call, to be abandoned like one.
func (p *plane) rest(ctx context.Context, d time.Duration) bool {
	over, due := make(chan error, 1), p.pace.Now().Add(d)
	begun := p.calls.begin(ctx, false, func(ctx context.Context) { over <- p.pace.Wait(ctx, due) })
	return begun && <-over == nil
}

func (p *plane) tellEnd(c *connection, way route, e websocket.Ending, began time.Time) {
	now := p.pace.Now()
	p.watch.Tell(traffic.Event{
		Time: now, Kind: traffic.Disconnected, Connection: c.ID, Route: way.key, Function: nameOf(way.function),
		Text: e.Reason, Status: e.Code, Took: now.Sub(began),
	})
}

// warn tells who watches what no client is told.
func (p *plane) warn(c *connection, way route, err error) {
	if f, ok := errors.AsType[*failure](err); ok {
		err = errors.New(f.reason)
	}
	p.watch.Tell(traffic.Event{
		Time: p.pace.Now(), Kind: traffic.Warned, Connection: c.ID, Route: way.key, Function: nameOf(way.function),
		Text: err.Error(),
	})
}

// Recover looks for the connections that a killed process left over, and gives what runs their $disconnect routes. It
// is for a process that serves the state alone, and for the time before it lets anybody in: the connections that there
// are then are nobody's. run ends soon after its ctx; the connections that it did not come to stay written down. It has
// to end before Close.
func (s *Service) Recover(ctx context.Context) (run func(ctx context.Context) error, err error) {
	if s.plane == nil {
		return func(context.Context) error { return nil }, nil
	}
	var left []*connection
	err = s.store.Update(ctx, func(tx *store.Tx) error {
		left = nil
		store.Each(tx, connectionsTable, "", func(_ string, c connection) bool {
			left = append(left, &c)
			return true
		})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("looking for connections that were left over: %w", err)
	}
	return func(ctx context.Context) error { return s.plane.partAll(ctx, left) }, nil
}

// atOnce is how many $disconnect routes are called side by side for connections that were left over.
const atOnce = 16

func (p *plane) partAll(ctx context.Context, left []*connection) error {
	var (
		wait sync.WaitGroup
		errs = make([]error, len(left))
		room = make(chan struct{}, atOnce)
	)
	for i, c := range left {
		select {
		case room <- struct{}{}:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		wait.Go(func() {
			defer func() { <-room }()
			errs[i] = p.disconnect(ctx, c, websocket.Ending{Code: lost})
		})
	}
	wait.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return errors.Join(errs...)
}
