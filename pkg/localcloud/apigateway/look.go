package apigateway

import (
	"context"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// longest is how long an integration may take at most, and how long one takes that says nothing.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
const longest = 29 * time.Second

// served is what a stage serves: the API as it stands, since a stage that is deployed deploys itself (trap 4).
type served struct {
	stage     string // the key of its throttle
	rate      float64
	burst     float64
	selection selection
	routes    map[string]route // by their keys
}

// route is one, with what it calls.
type route struct {
	key        string
	function   string // the ARN; "" where there is no integration
	timeout    time.Duration
	answers    bool // the function's answer goes to the client (trap 53)
	authorizer *authorizer
}

// authorizer is a route's.
type authorizer struct {
	id       string
	function string
	sources  []string
}

// reach finds the API of an address, and what its stage serves now. The place is empty where there is no such API.
func (p *plane) reach(ctx context.Context, a address) (at wire.Place, s *served, err error) {
	err = p.store.Update(ctx, func(tx *store.Tx) error {
		var ok bool
		if at, ok = find(tx, a); ok {
			s = serving(tx, at, a.API, a.Stage)
		}
		return nil
	})
	return at, s, err
}

// look reads what a connection's stage serves now.
func (p *plane) look(ctx context.Context, c *connection) (*served, error) {
	if err := p.settle(ctx); err != nil {
		return nil, err
	}
	return p.known.Get(ctx, c.Place.At(c.API+"/"+c.Stage), func(tx *store.Tx) (*served, error) {
		return serving(tx, c.Place, c.API, c.Stage), nil
	})
}

// find finds the place of an API, which its address does not tell.
func find(tx *store.Tx, a address) (at wire.Place, ok bool) {
	store.Each(tx, apisTable, "", func(key string, r record[apiSettings]) bool {
		account, rest, _ := strings.Cut(key, "/")
		region, _, _ := strings.Cut(rest, "/")
		if r.ID == a.API && (a.Region == "" || a.Region == region) {
			at, ok = wire.Place{Account: account, Region: region, Partition: partition(region)}, true
		}
		return !ok
	})
	return at, ok
}

func partition(region string) string { return (&wire.Call{Region: region}).Partition() }

// serving is what a stage serves; nil if there is no such API or stage, or the stage was never deployed.
func serving(tx *store.Tx, at wire.Place, api, stage string) *served {
	a, err := apis().get(tx, at, api)
	if err != nil {
		return nil
	}
	g, err := stages().get(tx, at, api+"/"+stage)
	if err != nil || g.DeploymentID == "" {
		return nil
	}
	s := &served{stage: at.At(api + "/" + stage), routes: map[string]route{}}
	s.rate, s.burst = g.Settings.limits()
	s.selection, _ = parseSelection(a.Settings.RouteSelectionExpression)
	routes().each(tx, at, api+"/", func(r *record[routeSettings]) { s.routes[r.Settings.RouteKey] = read(tx, at, r) })
	return s
}

// read reads a route with what belongs to it.
func read(tx *store.Tx, at wire.Place, r *record[routeSettings]) route {
	way := route{key: r.Settings.RouteKey, timeout: longest}
	if id, ok := strings.CutPrefix(r.Settings.Target, target); ok {
		if i, err := integrations().get(tx, at, r.APIID+"/"+id); err == nil {
			way.function = functionOf(i.Settings.IntegrationURI)
			if i.Settings.TimeoutInMillis != nil {
				way.timeout = time.Duration(*i.Settings.TimeoutInMillis) * time.Millisecond
			}
		}
	}
	if r.Settings.RouteResponseSelectionExpression != "" {
		responses().each(tx, at, r.APIID+"/"+r.ID+"/", func(*record[responseSettings]) { way.answers = true })
	}
	if r.Settings.AuthorizerID != "" {
		if a, err := authorizers().get(tx, at, r.APIID+"/"+r.Settings.AuthorizerID); err == nil {
			way.authorizer = &authorizer{a.ID, functionOf(a.Settings.AuthorizerURI), a.Settings.IdentitySource}
		}
	}
	return way
}

// functionOf is the function that an invocation's address names.
func functionOf(uri string) string {
	found := invocation.FindStringSubmatch(uri)
	if found == nil {
		return ""
	}
	return found[1]
}

// nameOf is the function's name within its ARN.
func nameOf(arn string) string { return arn[strings.LastIndexByte(arn, ':')+1:] }

// picks is the route that a message takes: that of its key, else $default, which may be missing. A message cannot
// take the routes of the connection itself; that is unverified.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes.html
func (s *served) picks(message []byte) (route, bool) {
	key := s.selection.key(message)
	if way, ok := s.routes[key]; ok && key != "$connect" && key != "$disconnect" {
		return way, true
	}
	way, ok := s.routes["$default"]
	return way, ok
}
