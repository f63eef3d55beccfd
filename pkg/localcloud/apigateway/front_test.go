package apigateway_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"
	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// front is API Gateway with clients.
type front struct {
	*cloud
	service   *apigateway.Service
	functions *functions
	hub       *websocket.Hub
	pace      *clock.Hand
	server    *httptest.Server
	events    chan traffic.Event
}

func newFront(t *testing.T) *front {
	t.Helper()
	c := &cloud{servicetest.REST{Cloud: servicetest.New(t), Root: "/v2/apis"}}
	f := (&front{cloud: c}).again()
	return f
}

// again is the same state with a new service, as after a kill, perhaps on something else.
func (f *front) again(change ...func(*apigateway.Config)) *front {
	f.T.Helper()
	n := &front{
		cloud: f.cloud, pace: clock.NewHand(f.Hand.Now()), events: make(chan traffic.Event, 10000),
		functions: &functions{by: map[string]function{}, calls: make(chan called, 10000)},
	}
	n.hub = websocket.NewHub(websocket.Config{Clock: clock.NewHand(f.Hand.Now())})
	config := apigateway.Config{
		Store: f.Store, Clock: f.Hand, Hub: n.hub, Functions: n.functions, Pace: n.pace, Recovers: true,
		Watch: func(e traffic.Event) { n.events <- e },
	}
	for _, do := range change {
		do(&config)
	}
	n.service = apigateway.New(config)
	f.Serve("apigateway", n.service)
	router := &wire.Router{
		Services: map[string]wire.Service{"execute-api": n.service.Connections()}, Now: f.Hand.Now,
		AccountOf: func(key string) string {
			return map[string]string{"AKIDA": "111111111111", "AKIDB": "222222222222"}[key]
		},
		Secure: func() bool { return true },
	}
	n.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.service.Claims(r) {
			n.service.ServeAPI(w, r)
			return
		}
		router.ServeHTTP(w, r)
	}))
	f.T.Cleanup(func() {
		if err := n.service.Close(context.WithoutCancel(f.T.Context())); err != nil {
			f.T.Error(err)
		}
		n.server.Close()
	})
	return n
}

// uri is the address under which API Gateway calls a function.
func uri(name string) string {
	return strings.Replace(invocations, ":function:demo", ":function:"+name, 1)
}

// api is one that a test makes.
type api struct {
	id, authorizer string
	routes         map[string]string // their ids
	integrations   map[string]string
}

// make makes an API with a function for each route, called like the route: "connect", "default". more are further properties
// of the integrations.
func (f *front) make(expression string, routes ...string) *api {
	f.T.Helper()
	a := &api{routes: map[string]string{}, integrations: map[string]string{}}
	a.id = f.must("Api", "", `{"Name":"demo","ProtocolType":"WEBSOCKET","RouteSelectionExpression":`+quoted(expression)+`}`)
	for _, key := range routes {
		a.integrations[key] = f.must("Integration", a.id, `{"IntegrationType":"AWS_PROXY","IntegrationMethod":"POST",
			"IntegrationUri":"`+uri(strings.TrimPrefix(key, "$"))+`"}`)
		a.routes[key] = f.must("Route", a.id, `{"RouteKey":`+quoted(key)+`,"Target":"integrations/`+a.integrations[key]+`"}`)
	}
	f.must("Stage", a.id, `{"StageName":"dev","AutoDeploy":true}`)
	return a
}

// answers lets the client have what a route's function answers.
func (f *front) answers(a *api, key string) {
	f.T.Helper()
	if _, err := f.update("Route", a.routes[key], a.id, `{"RouteKey":`+quoted(key)+`,"RouteResponseSelectionExpression":"$default",
		"Target":"integrations/`+a.integrations[key]+`"}`); err != nil {
		f.T.Fatal(err)
	}
	f.must("RouteResponse", a.id, `{"RouteId":"`+a.routes[key]+`","RouteResponseKey":"$default"}`)
}

// authorizes puts an authorizer before $connect; its function is called "authorize".
func (f *front) authorizes(a *api, sources string) {
	f.T.Helper()
	more := ""
	if sources != "" {
		more = `,"IdentitySource":` + sources
	}
	a.authorizer = f.must("Authorizer", a.id, `{"Name":"a","AuthorizerType":"REQUEST","AuthorizerUri":"`+uri("authorize")+`"`+more+`}`)
	if _, err := f.update("Route", a.routes["$connect"], a.id, `{"RouteKey":"$connect","AuthorizationType":"CUSTOM",
		"AuthorizerId":"`+a.authorizer+`","Target":"integrations/`+a.integrations["$connect"]+`"}`); err != nil {
		f.T.Fatal(err)
	}
	f.functions.set("authorize", answering(policy("Allow", `"execute-api:Invoke"`, `"*"`, "")))
}

func quoted(text string) string {
	q, _ := json.Marshal(text)
	return string(q)
}

// url is where an API is on this machine.
func (f *front) url(a *api) string { return f.server.URL + "/_aws/execute-api/" + a.id + "/dev" }

// dial connects, and tells what the answer was.
func (f *front) dial(url string, o *ws.DialOptions) (*ws.Conn, *http.Response, string) {
	f.T.Helper()
	conn, response, err := ws.Dial(f.T.Context(), url, o)
	if err == nil {
		return conn, response, ""
	}
	if response == nil {
		f.T.Fatal(err)
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.T.Fatal(err)
	}
	return nil, response, string(body)
}

// connect connects a client that is let in.
func (f *front) connect(a *api) *client {
	f.T.Helper()
	conn, response, body := f.dial(f.url(a), nil)
	if conn == nil {
		f.T.Fatalf("%s %s", response.Status, body)
	}
	return &client{conn, f.T, f.watched(traffic.Connected).Connection}
}

// watched is the next event of a kind.
func (f *front) watched(kind traffic.Kind) traffic.Event {
	f.T.Helper()
	for e := range within(f.T, f.events) {
		if e.Kind == kind {
			return e
		}
	}
	panic("not reached")
}

// within gives what comes, and fails the test if nothing does before it has to end.
func within[T any](t *testing.T, from <-chan T) func(func(T) bool) {
	t.Helper()
	return func(yield func(T) bool) {
		for {
			select {
			case v := <-from:
				if !yield(v) {
					return
				}
			case <-time.After(30 * time.Second):
				t.Fatal("nothing happened in 30 seconds")
			}
		}
	}
}

// call is the next call of a function.
func (f *front) call(name string) called {
	f.T.Helper()
	for c := range within(f.T, f.functions.calls) {
		if c.function != name {
			f.T.Fatalf("%s was called, not %s: %s", c.function, name, c.event)
		}
		return c
	}
	panic("not reached")
}

// quiet sees that no function was called that the test did not look at.
func (f *front) quiet() {
	f.T.Helper()
	select {
	case c := <-f.functions.calls:
		f.T.Errorf("%s was called: %s", c.function, c.event)
	default:
	}
}

// manage is a signed call of @connections, as AWS's address has it.
func (f *front) manage(key, method, host, path, body string) (*http.Response, string) {
	f.T.Helper()
	request, err := http.NewRequestWithContext(f.T.Context(), method, f.server.URL+path, strings.NewReader(body))
	if err != nil {
		f.T.Fatal(err)
	}
	request.Host = host
	if key != "" {
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260102/eu-west-1/execute-api/aws4_request")
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		f.T.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		f.T.Fatal(err)
	}
	return response, string(text)
}

// newServer serves clients alone.
func newServer(t *testing.T, s *apigateway.Service) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(s.ServeAPI))
	t.Cleanup(server.Close)
	return server
}

func mustParse(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
