package apigateway_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The events are those of AWS's guide, as the golden files have them. What differs from one run to the next has stand-ins.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
func TestEvents(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$default", "$disconnect")
	f.authorizes(a, `["route.request.querystring.q"]`)
	conn, response, body := f.dial(f.server.URL+"/dev?q=1&q=2&r=%C3%A4", &ws.DialOptions{
		Host: a.id + ".execute-api.eu-west-1.amazonaws.com",
		HTTPHeader: http.Header{
			"Auth": {"one", "two"}, "User-Agent": {"tester/1"}, "Sec-Websocket-Extensions": {"x-none"},
			"X-Forwarded-For": {"192.0.2.1"}, "X-Amzn-Trace-Id": {"Root=1-5cf1a61f-320f8288cdae56438255ae54"},
		},
	})
	if conn == nil {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	c := &client{conn, t, f.watched(traffic.Connected).Connection}
	f.pace.Turn(1500 * time.Millisecond)
	c.say(`{"a":"ä"}`)
	f.watched(traffic.Received)
	f.pace.Turn(time.Minute)
	c.leave(4000, "bye")
	for _, name := range []string{"authorize", "connect", "default", "disconnect"} {
		call := f.call(name)
		golden(t, name, call.event, a.id, c.id)
		if name == "authorize" {
			known(t, call.event)
			continue
		}
		if err := strictly(call.event, &events.APIGatewayWebsocketProxyRequest{}); err != nil {
			t.Errorf("aws-lambda-go reads %s: %v", name, err)
		}
	}
}

// known sees that aws-lambda-go knows each member of an authorizer's event. Its requestContext is that of the other events:
// the type of the library is one of REST APIs.
func known(t *testing.T, event []byte) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(event, &members); err != nil {
		t.Fatal(err)
	}
	if err := strictly(members["requestContext"], &events.APIGatewayWebsocketProxyRequestContext{}); err != nil {
		t.Errorf("aws-lambda-go reads the requestContext: %v", err)
	}
	delete(members, "requestContext")
	rest, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	if err := strictly(rest, &events.APIGatewayCustomAuthorizerRequestTypeRequest{}); err != nil {
		t.Errorf("aws-lambda-go reads the rest: %v", err)
	}
}

func strictly(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// golden compares an event with its golden file.
func golden(t *testing.T, name string, event []byte, api, connection string) {
	t.Helper()
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, event, "", "  "); err != nil {
		t.Fatal(err)
	}
	text := strings.NewReplacer(api, "API", connection, "CONNECTION").Replace(pretty.String())
	text = regexp.MustCompile(`"[\w-]{15}="`).ReplaceAllString(text, `"REQUEST"`)
	text = regexp.MustCompile(`"[\w+/]{22}=="`).ReplaceAllString(text, `"KEY"`) + "\n"
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil || text != string(want) {
		t.Errorf("%s is not %s: %v\n%s", name, path, err, text)
	}
}

// What a client did not send is not in the events, and what is added to every request is.
func TestEventOfAPlainClient(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect")
	c := f.connect(a)
	var event events.APIGatewayWebsocketProxyRequest
	if err := json.Unmarshal(f.call("connect").event, &event); err != nil {
		t.Fatal(err)
	}
	if event.QueryStringParameters != nil || event.MultiValueQueryStringParameters != nil || event.RequestContext.Authorizer != nil {
		t.Errorf("got %v", event)
	}
	trace := regexp.MustCompile(`^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$`)
	if !trace.MatchString(event.Headers["X-Amzn-Trace-Id"]) || event.Headers["X-Forwarded-For"] != "127.0.0.1" {
		t.Errorf("got %v", event.Headers)
	}
	if id := regexp.MustCompile(`^[\w-]{15}=$`); !id.MatchString(c.id) || event.RequestContext.ConnectionID != c.id {
		t.Errorf("the connection is %s", c.id)
	}
	c.leave(1000, "")
}
