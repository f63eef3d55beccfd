// Package localcloud is an AWS inside the process: one HTTP handler that speaks AWS's protocols to any SDK and to the AWS
// CLI, asynchronous and strict as AWS is. plldb deploys into it under --local, and tests run against it.
//
// What it models, and what not, is listed in docs/local-cloud.md. It is asynchronous without waiting: what takes time is
// kept in the state with the moment at which it is due (package clock), and brought up to the present before each call.
package localcloud

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud/dynamodb"
	"github.com/plldb/plldb/pkg/localcloud/iam"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
	"github.com/plldb/plldb/pkg/localcloud/logs"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/s3"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/sts"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Account is whose the cloud is, unless Options.Accounts says otherwise: a number that AWS gives to nobody.
const Account = "000000000000"

// Options say what a cloud is like. The zero value is empty, in memory, and at AWS's own speed.
type Options struct {
	State string      // the folder of the state, made if it is not there; "" keeps it in memory
	Clock clock.Clock // nil is the machine's, at AWS's speed

	// Accounts are the accounts of access keys. A key that is not listed belongs to Account.
	Accounts map[string]string
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
	state  *store.Store
	faults *Faults
	router *wire.Router
	plain  atomic.Bool // requests do not count as sent over TLS

	serving sync.RWMutex // held by each call while it is served, and by Close
	closed  bool
}

// Open opens the state and makes the services on it. Close it in the end.
func Open(o Options) (*Cloud, error) {
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
	c := &Cloud{state: state, faults: &Faults{closed: make(chan struct{})}}
	formation, services, err := c.services(o)
	if err != nil {
		return nil, err
	}
	c.router = &wire.Router{
		Services:  services,
		Now:       o.Clock.Now,
		AccountOf: func(key string) string { return accountOf(o.Accounts, key) },
		Secure:    func() bool { return !c.plain.Load() },
		Admit:     guard,
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

func accountOf(accounts map[string]string, key string) string {
	if account, ok := accounts[key]; ok {
		return account
	}
	return Account
}

// services makes each service on the state. CloudFormation is given the types of all the others.
func (c *Cloud) services(o Options) (*cloudformation.Service, map[string]wire.Service, error) {
	var (
		buckets = s3.New(s3.Config{
			Store: c.state, Clock: o.Clock, VersioningTakes: func() time.Duration { return o.VersioningTakes },
		})
		roles     = iam.New(iam.Config{Store: c.state, Clock: o.Clock})
		groups    = logs.New(logs.Config{Store: c.state, Clock: o.Clock})
		tables    = dynamodb.New(dynamodb.Config{Store: c.state, Clock: o.Clock})
		functions = lambda.New(lambda.Config{Store: c.state, Clock: o.Clock, Objects: buckets, Roles: roles})
		apis      = apigateway.New(apigateway.Config{Store: c.state, Clock: o.Clock})
	)
	types, err := byName(roles.Types(), groups.Types(), tables.Types(), functions.Types(), apis.Types())
	if err != nil {
		return nil, nil, err
	}
	formation := cloudformation.New(cloudformation.Config{
		Store: c.state, Clock: o.Clock, Types: types, Objects: buckets, Faults: c.faults,
	})
	return formation, map[string]wire.Service{
		"s3": buckets, "sts": sts.New(), "iam": roles, "logs": groups, "dynamodb": tables, "lambda": functions,
		"apigateway": apis, "cloudformation": formation,
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

// ServeHTTP answers one request of any service. Requests of web pages, and those that come under a name that is neither
// the loopback's nor AWS's, are refused with 403.
func (c *Cloud) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c.serving.RLock()
	defer c.serving.RUnlock()
	if c.closed {
		http.Error(w, "the local cloud is closed", http.StatusServiceUnavailable)
		return
	}
	c.router.ServeHTTP(w, r)
}

// Faults are what goes wrong: none, until a test adds some.
func (c *Cloud) Faults() *Faults { return c.faults }

// CountAsSecure says whether requests count as sent over TLS (aws:SecureTransport). They do, until it is called: what
// comes over the loopback has left no machine.
func (c *Cloud) CountAsSecure(yes bool) { c.plain.Store(!yes) }

// Settle brings the state up to the present, as every call does before it is answered.
func (c *Cloud) Settle(ctx context.Context) error { return c.router.Settle(ctx) }

// Close lets go of the state, once the calls that are being served have ended. Those that stall end now.
func (c *Cloud) Close() error {
	c.faults.close()
	c.serving.Lock()
	defer c.serving.Unlock()
	if c.closed {
		return nil
	}
	c.closed = true
	return c.state.Close()
}
