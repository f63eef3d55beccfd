package localcloud

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/iam"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
	"github.com/plldb/plldb/pkg/localcloud/logs"
	"github.com/plldb/plldb/pkg/localcloud/s3"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

// hangUpTakes is how long the connections of a server that is closed have for their $disconnect routes, all of them side by side.
const hangUpTakes = 5 * time.Second

// running is what goes on between calls: connections, functions, and what they log. None of it begins before it is used.
type running struct {
	pool      *execution.Pool
	groups    *logs.Service
	functions *lambda.Service
	apis      *apigateway.Service
	hangUp    func() error // once
}

// open makes them. They stand on each other in this order.
func (r *running) open(c *Cloud, o Options, buckets *s3.Service, roles *iam.Service) {
	pace, connections := alarm(o.Functions), alarm(o.Connections)
	r.groups = logs.New(logs.Config{Store: c.state, Clock: o.Clock, Life: c.life})
	r.pool = execution.New(execution.Config{
		Clock: pace, Dir: unpacked(o.State), Linked: o.Linked,
		Code: func(ctx context.Context, sum string) ([]byte, error) { return r.functions.Code(ctx, sum) },
		Log:  r.logged(o.Watch),
	})
	r.functions = lambda.New(lambda.Config{
		Store: c.state, Clock: o.Clock, Objects: buckets, Roles: roles, Run: r.pool, Pace: pace, Endpoint: c.url,
		Secret: o.Key,
	})
	r.apis = apigateway.New(apigateway.Config{
		Store: c.state, Clock: o.Clock, Functions: r.functions, Pace: pace, Watch: o.Watch, Recovers: o.Announce,
		Settle: c.Settle,
		Hub:    websocket.NewHub(websocket.Config{Clock: connections}),
	})
	r.hangUp = sync.OnceValue(func() error { return r.end(c.life) })
}

// logged takes what functions print: it is kept, and shown to who watches.
func (r *running) logged(watch traffic.Watcher) func(execution.Function, string, time.Time, string) {
	return func(f execution.Function, stream string, at time.Time, text string) {
		r.groups.Log(traffic.Line{
			Account: f.Account, Region: f.Region, Group: f.LogGroup, Stream: stream, Function: f.Name, Time: at, Text: text,
		})
		watch.Tell(traffic.Event{Time: at, Kind: traffic.Logged, Function: f.Name, Text: text})
	}
}

// end ends them, those first that use the others.
func (r *running) end(ctx context.Context) error {
	polite, cancel := context.WithTimeout(ctx, hangUpTakes)
	defer cancel()
	errs := []error{
		r.apis.Close(polite), named("the asynchronous events", r.functions.Close(polite)), named("the functions", r.pool.Close()),
	}
	brief, stop := context.WithTimeout(ctx, hangUpTakes)
	defer stop()
	return errors.Join(append(errs, named("the logs", r.groups.Close(brief)))...)
}

func named(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("ending %s: %w", what, err)
}

// hangUp ends what goes on between calls.
func (c *Cloud) hangUp() error { return c.running.hangUp() }

// leftOver is what is due for the connections of a server that was killed. It is found before any client is let in.
func (c *Cloud) leftOver(ctx context.Context, o Options) (func(context.Context) error, error) {
	if !o.Announce {
		return func(context.Context) error { return nil }, nil
	}
	return c.running.apis.Recover(ctx)
}

// makeGood does that beside what is served, and gives what ends it: what was not done by then stays due.
func (c *Cloud) makeGood(left func(context.Context) error) (abandon func()) {
	ctx, cancel := context.WithCancel(c.life)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := left(ctx); err != nil && ctx.Err() == nil {
			c.watch.Tell(traffic.Event{Time: time.Now(), Kind: traffic.Warned, Text: err.Error()})
		}
	}()
	return func() { cancel(); <-done }
}

// url is where the server is; "" where there is none.
func (c *Cloud) url() string {
	url, _ := c.endpoint.Load().(string)
	return url
}

func alarm(a clock.Alarm) clock.Alarm {
	if a == nil {
		return clock.Real(1)
	}
	return a
}

// unpacked is where functions' code is unpacked.
func unpacked(state string) string {
	if state == "" {
		return ""
	}
	return filepath.Join(state, "functions")
}

// WebSocketURL is where a stage of a WebSocket API is reached on a server: AWS's address names a machine that is not this one.
func WebSocketURL(server, api, stage string) string {
	return "ws" + strings.TrimPrefix(server, "http") + "/_aws/execute-api/" + api + "/" + stage
}
