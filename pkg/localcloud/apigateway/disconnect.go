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

// disconnect calls $disconnect, if the stage still has it, and strikes the connection off. It is not throttled: that
// it counts is unverified.
func (p *plane) disconnect(ctx context.Context, c *connection, e websocket.Ending) error {
	began := p.pace.Now()
	stage, err := p.look(ctx, c)
	if err != nil {
		return err
	}
	way := route{key: "$disconnect"}
	if stage != nil && stage.routes[way.key].function != "" {
		way = stage.routes[way.key]
		told := c.context(way.key, "DISCONNECT", randomID(), began)
		told.DisconnectStatusCode, told.DisconnectReason = e.Code, &e.Reason
		_, fail := p.integrate(ctx, c, way, c.leaving(told))
		if fail != nil {
			p.warn(c, way, fail)
		}
		if fail != nil && fail.uncalled { // Recover will
			p.tellEnd(c, way, e, began)
			return nil
		}
	}
	err = p.forget(ctx, c)
	p.tellEnd(c, way, e, began)
	return err
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

// Recover runs the $disconnect routes for the connections that a killed process left over. It is for a process that
// serves the state alone: the connections of another would be told to have ended.
func (s *Service) Recover(ctx context.Context) error {
	if s.plane == nil {
		return nil
	}
	var left []*connection
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		store.Each(tx, connectionsTable, "", func(_ string, c connection) bool {
			if s.plane.live.get(c.ID) == nil {
				left = append(left, &c)
			}
			return true
		})
		return nil
	})
	if err != nil {
		return fmt.Errorf("looking for connections that were left over: %w", err)
	}
	return s.plane.recoverAll(ctx, left)
}

// atOnce is how many $disconnect routes are called side by side for connections that were left over.
const atOnce = 16

func (p *plane) recoverAll(ctx context.Context, left []*connection) error {
	var (
		wait sync.WaitGroup
		errs = make([]error, len(left))
		room = make(chan struct{}, atOnce)
	)
	for i, c := range left {
		room <- struct{}{}
		if ctx.Err() != nil {
			errs[i] = ctx.Err()
			break
		}
		wait.Go(func() {
			defer func() { <-room }()
			errs[i] = p.disconnect(ctx, c, websocket.Ending{Code: lost})
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}
