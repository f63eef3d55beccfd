// Package localcloud is an AWS inside the process: one HTTP handler that speaks AWS's protocols to any SDK and to the AWS
// CLI, asynchronous and strict as AWS is. plldb deploys into it under --local, and tests run against it.
//
// What it models, and what not, is listed in docs/local-cloud.md. It is asynchronous without waiting: what takes time is
// kept in the state with the moment at which it is due (package clock), and brought up to the present before each call.
package localcloud

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud/dynamodb"
	"github.com/plldb/plldb/pkg/localcloud/iam"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/s3"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/sts"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Account is whose the cloud is, unless Options.Accounts says otherwise: a number that AWS gives to nobody.
const Account = "000000000000"

// Options say what a cloud is like. The zero value is empty, in memory, and at AWS's own speed.
type Options struct {
	State string      // the folder of the state, made if it is not there; "" keeps it in memory
	Clock clock.Clock // of AWS's own work; nil is the machine's, at AWS's speed
	// Connections is the clock of what bounds a WebSocket connection's life. nil is the machine's, at AWS's speed.
	Connections clock.Alarm
	// Functions is the clock of timeouts, throttles and idle processes: functions do not run faster where AWS does. nil is
	// the machine's.
	Functions clock.Alarm

	Addr string // where Serve listens: host:port; "" is a free port of the loopback
	// Announce makes what Serve returns the server of its state's folder, which others find (Serving). There is one at a time.
	Announce bool
	// Reset forgets the state once Serve listens and has the folder, before it is opened. Nothing is removed where something
	// lies in the folder that is not the local cloud's. Cut short, it leaves a state that counts as damaged until it is done
	// again. The access key stays: shells have it. It wants Announce.
	Reset bool
	// Watch is told what clients and functions do. It may be nil.
	Watch traffic.Watcher
	// Linked gives the command that has a function's code linked into it, by the SHA-256 of its zip (hexadecimal), where
	// the zip itself cannot run on this machine. It may be nil.
	Linked func(sum string) (command []string, ok bool)

	// Accounts are the accounts of access keys. A key that is not listed belongs to Account.
	Accounts map[string]string
	// Key is the one access key, beside those of Accounts, that is known; with "" every key is.
	Key string
	// VersioningTakes is how long a bucket that was just made versioned does not version yet: AWS says up to 15 minutes
	// (trap 44).
	VersioningTakes time.Duration
	// Told hears of each call once it is answered, from many goroutines. It may be nil.
	Told func(Call)
}

// Call is one answered call.
type Call struct {
	Service, Operation string
	Account            string
	Status             int    // HTTP
	Code               string // of the error, "" for none
}

// Cloud is the AWS. It is an http.Handler.
type Cloud struct {
	state    *store.Store
	faults   *Faults
	router   *wire.Router
	door     door
	running  running
	folder   string       // of the state; "" in memory
	plain    atomic.Bool  // requests do not count as sent over TLS
	endpoint atomic.Value // string: the URL of the server

	watch   traffic.Watcher
	life    context.Context // of what goes on between calls; it ends with nothing but values of its parent
	serving sync.RWMutex    // held by each call while it is served, and by Close
	closed  bool
}

// Open opens the state and makes the services on it. Close it in the end. ctx need not outlive the call.
func Open(ctx context.Context, o Options) (*Cloud, error) {
	state := store.Memory()
	if o.State != "" {
		var err error
		if state, err = store.Open(o.State); err != nil {
			return nil, err
		}
	}
	if o.Clock == nil {
		o.Clock = clock.Real(1)
	}
	c := &Cloud{
		state: state, folder: o.State, faults: &Faults{closed: make(chan struct{})}, life: context.WithoutCancel(ctx),
		watch: o.Watch,
	}
	c.door.own = host(o.Addr)
	formation, services, err := c.services(o)
	if err != nil {
		return nil, err
	}
	c.router = &wire.Router{
		Services:  services,
		Now:       o.Clock.Now,
		AccountOf: func(key string) string { return c.accountOf(o, key) },
		Secure:    func() bool { return !c.plain.Load() },
		Admit:     c.door.admit,
		Settle:    formation.Settle,
		Before:    c.faults.before,
	}
	if o.Told != nil {
		c.router.After = func(call *wire.Call, status int, code string) {
			o.Told(Call{call.Service, call.Operation, call.Account, status, code})
		}
	}
	return c, nil
}

func (c *Cloud) accountOf(o Options, key string) string {
	if account, ok := o.Accounts[key]; ok {
		return account
	}
	if account, ok := c.running.functions.AccountOf(key); ok {
		return account
	}
	if o.Key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(o.Key)) == 0 {
		return ""
	}
	return Account
}

// services makes each service on the state. CloudFormation is given the types of all the others.
func (c *Cloud) services(o Options) (*cloudformation.Service, map[string]wire.Service, error) {
	var (
		buckets = s3.New(s3.Config{
			Store: c.state, Clock: o.Clock, VersioningTakes: func() time.Duration { return o.VersioningTakes },
		})
		roles  = iam.New(iam.Config{Store: c.state, Clock: o.Clock})
		tables = dynamodb.New(dynamodb.Config{Store: c.state, Clock: o.Clock})
	)
	c.running.open(c, o, buckets, roles)
	groups, functions, apis := c.running.groups, c.running.functions, c.running.apis
	types, err := byName(roles.Types(), groups.Types(), tables.Types(), functions.Types(), apis.Types())
	if err != nil {
		return nil, nil, err
	}
	formation := cloudformation.New(cloudformation.Config{
		Store: c.state, Clock: o.Clock, Types: types, Objects: buckets, Faults: c.faults,
	})
	return formation, map[string]wire.Service{
		"s3": buckets, "sts": sts.New(), "iam": roles, "logs": groups, "dynamodb": tables, "lambda": functions,
		"apigateway": apis, "execute-api": apis.Connections(), "cloudformation": formation,
	}, nil
}

func byName(lists ...[]resource.Type) (map[string]resource.Type, error) {
	types := map[string]resource.Type{}
	for _, t := range slices.Concat(lists...) {
		if _, twice := types[t.Name]; twice {
			return nil, fmt.Errorf("two services offer the type %s", t.Name)
		}
		types[t.Name] = t
	}
	return types, nil
}

// ServeHTTP answers one request of any service, or serves a WebSocket connection for as long as it lasts. Requests of web
// pages, and those that come under a name that is neither the loopback's nor AWS's, are refused with 403.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if c.door.told(w, r) {
		return
	}
	if c.running.apis.Claims(r) {
		c.serveClient(w, r)
		return
	}
	c.serving.RLock()
	defer c.serving.RUnlock()
	if c.closed {
		http.Error(w, "the local cloud is closed", http.StatusServiceUnavailable)
		return
	}
	c.router.ServeHTTP(w, r)
}

// serveClient serves who uses the WebSocket APIs. It may take hours, so Close does not wait for it but ends it.
func (c *Cloud) serveClient(w http.ResponseWriter, r *http.Request) {
	if refusal := c.door.admitClient(r); refusal != nil {
		c.watch.Tell(traffic.Event{
			Time: time.Now(), Kind: traffic.Refused, Route: "$connect", Status: refusal.Status, Text: refusal.Message,
		})
		w.Header().Set("Connection", "close")
		http.Error(w, refusal.Message, refusal.Status)
		return
	}
	if err := c.Settle(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	c.running.apis.ServeAPI(w, r)
}

// Faults are what goes wrong: none, until a test adds some.
func (c *Cloud) Faults() *Faults { return c.faults }

// CountAsSecure says whether requests count as sent over TLS (aws:SecureTransport). They do, until it is called: what
// comes over the loopback has left no machine.
func (c *Cloud) CountAsSecure(yes bool) { c.plain.Store(!yes) }

// Settle brings the state up to the present, as every call does before it is answered.
func (c *Cloud) Settle(ctx context.Context) error { return c.router.Settle(ctx) }

// Close ends what goes on between calls, as Server.Close says, and lets go of the state, once the calls that are being served have
// ended. Those that stall end now.
func (c *Cloud) Close() error {
	c.faults.close()
	hanging := c.hangUp()
	c.serving.Lock()
	defer c.serving.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return errors.Join(hanging, c.state.Close())
}
