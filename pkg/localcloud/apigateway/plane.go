package apigateway

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/localcloud/apigateway/groupcommit"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const connectionsTable = "apigateway.connections"

// largestMessage is the most that one message carries, in either direction.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
const largestMessage = 128 << 10

// plane is the data plane: what serves the APIs.
type plane struct {
	store     *store.Store
	known     *store.Memo[*served] // what stages serve
	hub       *websocket.Hub
	functions traffic.Invoker
	pace      clock.Alarm
	watch     traffic.Watcher

	settle func(context.Context) error

	ledger  *groupcommit.Writer // nil where connections are not written down
	buckets buckets
	calls   calls
	live    registry
	front   front
}

// newPlane is nil where something is missing that it needs.
func newPlane(c Config) *plane {
	if c.Hub == nil || c.Functions == nil || c.Pace == nil {
		return nil
	}
	p := &plane{
		store: c.Store, hub: c.Hub, functions: c.Functions, pace: c.Pace, watch: c.Watch, settle: c.Settle,
		known: store.NewMemo[*served](c.Store),
	}
	if p.settle == nil {
		p.settle = func(context.Context) error { return nil }
	}
	if c.Recovers {
		p.ledger = groupcommit.New(c.Store.Update)
	}
	return p
}

// connection is one of a client, as it is kept for the case that this process is killed.
type connection struct {
	Place       wire.Place
	API, Stage  string
	ID          string
	Domain      string
	ConnectedAt time.Time
	SourceIP    string
	UserAgent   string
	Authorizer  map[string]string // what the authorizer said, "principalId" too; nil where there is none
}

func (c *connection) key() string { return c.Place.At(c.API + "/" + c.Stage + "/" + c.ID) }

// arn names a route of the connection's stage.
func (c *connection) arn(route string) string {
	return c.Place.ARN("execute-api", c.API+"/"+c.Stage+"/"+route)
}

// keep and forget write a connection down and strike it off.
func (p *plane) keep(ctx context.Context, c *connection) error {
	if p.ledger == nil {
		return nil
	}
	return p.ledger.Write(ctx, func(tx *store.Tx) { store.Put(tx, connectionsTable, c.key(), *c) })
}

func (p *plane) forget(ctx context.Context, c *connection) error {
	if p.ledger == nil {
		return nil
	}
	return p.ledger.Write(ctx, func(tx *store.Tx) { store.Delete(tx, connectionsTable, c.key()) })
}

// registry knows the connections that this process serves.
type registry struct {
	mu sync.Mutex
	by map[string]*connection // their ids
}

func (r *registry) add(c *connection) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil {
		r.by = map[string]*connection{}
	}
	r.by[c.ID] = c
}

func (r *registry) remove(id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.by, id)
}

func (r *registry) get(id string) *connection {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[id]
}

// front counts those who are served, from their handshakes on, until it is closed.
type front struct {
	mu     sync.Mutex
	closed bool
	inside sync.WaitGroup
}

func (f *front) enter() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !f.closed {
		f.inside.Add(1)
	}
	return !f.closed
}

func (f *front) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = true
}

// grace is how long a function that deals with a message goes on when everything ends.
const grace = time.Second

// Close lets nobody in any more, ends all connections, and waits until the $disconnect routes know of it, or for ctx. No function
// is called any more after that; what functions still do for clients that wait no longer is ended.
func (s *Service) Close(ctx context.Context) error {
	p := s.plane
	if p == nil {
		return nil
	}
	p.front.close()
	p.calls.close()
	impatient := time.AfterFunc(grace, p.calls.abandon)
	defer impatient.Stop()
	err := p.hub.Close(ctx)
	if err == nil { // of those who are on their way in, functions end or are abandoned
		p.front.inside.Wait()
	}
	p.calls.end()
	p.front.inside.Wait()
	return err
}

// randomID is an id as API Gateway makes them for connections, messages and requests: "L0SM9cOFvHcCIhw=".
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
func randomID() string {
	var b [11]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.URLEncoding.EncodeToString(b[:])
}

// isID tells whether a text has the form of such an id.
func isID(text string) bool {
	b, err := base64.URLEncoding.DecodeString(text)
	return err == nil && len(b) == 11
}

// beginning is what is shown of a message.
func beginning(text []byte) string {
	const shown = 200
	if len(text) <= shown {
		return string(text)
	}
	end := shown
	for end > shown-utf8.UTFMax && !utf8.RuneStart(text[end]) {
		end--
	}
	return string(text[:end]) + "…"
}
