package apigateway_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

func TestRouteSelection(t *testing.T) {
	cases := []struct{ expression, message, want string }{
		{"$request.body.action", `{"action":"go"}`, "go"},
		{"$request.body.action", `{"action":"gone"}`, "default"},
		{"$request.body.action", `{"action":""}`, "default"},
		{"$request.body.action", `{"Action":"go"}`, "default"},
		{"$request.body.action", `{"action":["go"]}`, "default"},
		{"$request.body.action", `{"action":{"go":1}}`, "default"},
		{"$request.body.action", `{"action":null}`, "default"},
		{"$request.body.action", `{"action":7}`, "7"},
		{"$request.body.action", `{"action":true}`, "true"},
		{"$request.body.action", `{"action":"$connect"}`, "default"},
		{"$request.body.action", `{"action":"$disconnect"}`, "default"},
		{"$request.body.action", `{"action":"$default"}`, "default"},
		{"$request.body.action", `["go"]`, "default"},
		{"$request.body.action", `"go"`, "default"},
		{"$request.body.action", `go`, "default"},
		{"$request.body.action", `{"action":"go"`, "default"},
		{"$request.body.action", `{"action":"go"} {}`, "default"},
		{"$request.body.action", `{"action":"go"}}`, "default"},
		{"$request.body.action", `{"action":"go"} `, "go"},
		{"$request.body.action", ` `, "default"},
		{"${request.body.action}", `{"action":"go"}`, "go"},
		{"$request.body.a.b_2.c", `{"a":{"b_2":{"c":"go"}}}`, "go"},
		{"$request.body.a.b", `{"a":"go"}`, "default"},
		{"${request.body.my-action}", `{"my-action":"go"}`, "go"},
		{"${request.body.v}-beta", `{"v":"go"}`, "go-beta"},
		{"${request.body.v}-beta", `{}`, "default"},
		{"$request.body.a$request.body.b", `{"a":"g","b":"o"}`, "go"},
		{`${request.body.a}\$x`, `{"a":"go"}`, "go$x"},
	}
	for _, test := range cases {
		t.Run(test.expression+" "+test.message, func(t *testing.T) {
			f := newFront(t)
			a := f.make(test.expression, "$connect", "$disconnect", "$default", "go", "7", "true", "go-beta")
			f.must("Integration", a.id, anIntegration)
			f.must("Route", a.id, `{"RouteKey":"go$x","Target":"integrations/`+a.integrations["go"]+`"}`)
			c := f.connect(a)
			f.call("connect")
			c.say(test.message)
			got := f.watched(traffic.Received)
			if got.Route != test.want && got.Route != "$"+test.want {
				t.Errorf("took the route %s", got.Route)
			}
			_ = c.CloseNow()
		})
	}
}

// What is not understood of selection expressions is refused when the API is made.
func TestRefusedSelections(t *testing.T) {
	f := newFront(t)
	for _, expression := range []string{
		"$request.header.a", "$context.routeKey", "$request.body", "$request.body.", "${request.body.a", "$request.body.a-b",
		"$request.body.a[0]", "$request.querystring.a", "$default", `$request.body.a\`, "$", "${request.body.a..b}",
	} {
		_, err := f.create("Api", "", `{"Name":"a","ProtocolType":"WEBSOCKET","RouteSelectionExpression":`+quoted(expression)+`}`)
		if !is(err, resource.InvalidRequest, "plldb's local cloud does not model the route selection expression "+expression) {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

// A function's answer reaches the client only where there is a route response and the route selects it.
func TestTrap53(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default", "half", "quiet", "two")
	if _, err := f.update("Route", a.routes["half"], a.id, `{"RouteKey":"half","RouteResponseSelectionExpression":"$default",
		"Target":"integrations/`+a.integrations["half"]+`"}`); err != nil {
		t.Fatal(err)
	}
	f.must("RouteResponse", a.id, `{"RouteId":"`+a.routes["quiet"]+`","RouteResponseKey":"$default"}`)
	f.answers(a, "two")
	for _, name := range []string{"default", "half", "quiet", "two"} {
		f.functions.set(name, answering(`{"statusCode":500,"body":"from `+name+`"}`))
	}
	c := f.connect(a)
	for _, action := range []string{"none", "half", "quiet", "two"} {
		c.say(`{"action":"` + action + `"}`)
	}
	if got := c.hear(); got != "from two" {
		t.Errorf("got %s", got)
	}
	c.leave(1000, "")
}

func TestAnswers(t *testing.T) {
	const internal = `{"message": "Internal server error", "connectionId":"`
	cases := map[string]struct {
		do      function
		want    string // its beginning
		warning string
	}{
		"a body":                {answering(`{"statusCode":200,"body":"hello"}`), "hello", ""},
		"base64":                {answering(`{"statusCode":200,"body":"aGVsbG8=","isBase64Encoded":true}`), "hello", ""},
		"what is no base64":     {answering(`{"statusCode":200,"body":"%","isBase64Encoded":true}`), internal, "malformed Lambda proxy response of default: its body is not base64"},
		"128 KB":                {answering(`{"statusCode":200,"body":"` + strings.Repeat("x", 128<<10) + `"}`), "xxx", ""},
		"a byte over":           {answering(`{"statusCode":200,"body":"` + strings.Repeat("x", 128<<10+1) + `"}`), internal, "the answer of default is over 131072 bytes"},
		"an error":              {failing("broken"), internal, "default failed: errorString: broken"},
		"an error with a trace": {failing(`x","errorType":"Z","stackTrace":["a","b"],"trace":"`), internal, "default failed: errorString: x"},
		"null":                  {answering("null"), internal, "malformed Lambda proxy response of default: it is null"},
		"a text":                {answering(`"hello"`), internal, "malformed Lambda proxy response of default"},
		"no permission":         {refusing(403, "AccessDeniedException"), internal, "default cannot be called: AccessDeniedException: the real reason"},
		"too many calls":        {refusing(429, "TooManyRequestsException"), internal, "default cannot be called: TooManyRequestsException"},
		"nothing, then a frame": {answering(`{"statusCode":200,"body":""}`), "after", ""},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			a := f.make("$request.body.action", "$default", "after")
			f.answers(a, "$default")
			f.answers(a, "after")
			f.functions.set("default", test.do)
			f.functions.set("after", answering(`{"statusCode":200,"body":"after"}`))
			c := f.connect(a)
			c.SetReadLimit(1 << 20)
			c.say("hello")
			if name == "nothing, then a frame" {
				c.say(`{"action":"after"}`)
			}
			if got := c.hear(); !strings.HasPrefix(got, test.want) {
				t.Errorf("got %.200s", got)
			}
			if test.warning != "" {
				if e := f.watched(traffic.Warned); !strings.HasPrefix(e.Text, test.warning) || e.Connection != c.id || e.Route != "$default" {
					t.Errorf("who watches is told %v", e)
				}
			}
			c.leave(1000, "")
		})
	}
}

// Errors are told on a route without a response too, and name the connection and the event's request.
func TestErrorsAreToldOnEveryRoute(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default")
	f.functions.set("default", failing("broken"))
	c := f.connect(a)
	c.say("hello")
	want := fmt.Sprintf(`{"message": "Internal server error", "connectionId":"%s", "requestId":"%s"}`, c.id,
		f.call("default").context()["requestId"])
	if got := c.hear(); got != want {
		t.Errorf("got %s, not %s", got, want)
	}
	c.leave(1000, "")
}

// A function that answers too late is not waited for, and goes on.
func TestMessageTimesOut(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default")
	goes, ends := make(chan struct{}), make(chan error, 1)
	f.functions.set("default", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
		<-goes
		ends <- ctx.Err()
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	c := f.connect(a)
	c.say("hello")
	f.call("default")
	f.pace.Turn(29 * time.Second)
	if got := c.hear(); !strings.HasPrefix(got, `{"message": "Endpoint request timed out", "connectionId":"`+c.id) {
		t.Errorf("got %s", got)
	}
	if e := f.watched(traffic.Received); e.Took != 29*time.Second || e.Status != 504 {
		t.Errorf("who watches is told %v", e)
	}
	close(goes)
	if err := <-ends; err != nil {
		t.Errorf("it was ended: %v", err)
	}
	c.leave(1000, "")
}

// A route that calls nothing is an error of the API's, whoever asks.
func TestRouteWithoutIntegration(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action")
	f.must("Route", a.id, `{"RouteKey":"$default"}`)
	f.must("Route", a.id, `{"RouteKey":"$connect"}`)
	c := f.connect(a)
	c.say("hello")
	if got := c.hear(); !strings.HasPrefix(got, `{"message": "Internal server error", `) {
		t.Errorf("got %s", got)
	}
	c.leave(1000, "")
}

// Messages of a connection are dealt with one after another, in their order, also while functions take their time.
func TestOrder(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default")
	f.answers(a, "$default")
	f.functions.set("default", func(_ context.Context, event []byte) (traffic.Answer, error) {
		_, rest, _ := strings.Cut(string(event), `"body":"`)
		body, _, _ := strings.Cut(rest, `"`)
		return traffic.Answer{Payload: []byte(`{"statusCode":200,"body":"` + body + `"}`)}, nil
	})
	c := f.connect(a)
	for i := range 50 {
		c.say(fmt.Sprint("message ", i))
	}
	for i := range 50 {
		if got := c.hear(); got != fmt.Sprint("message ", i) {
			t.Fatalf("got %s as the %dth", got, i)
		}
	}
	c.leave(1000, "")
}

// A change of the API counts for open connections too.
func TestChangesOfTheAPIReachOpenConnections(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default", "$disconnect")
	c := f.connect(a)
	f.functions.set("default", answering(`{"statusCode":200,"body":"hello"}`))
	c.say("one way")
	f.call("default")
	f.answers(a, "$default")
	c.say("two ways")
	if got := c.hear(); got != "hello" {
		t.Errorf("got %s", got)
	}
	f.call("default")
	if err := f.remove("Route", a.routes["$default"]); err != nil {
		t.Fatal(err)
	}
	c.say("no way")
	if got := c.hear(); !strings.HasPrefix(got, `{"message": "Forbidden", `) {
		t.Errorf("got %s", got)
	}
	if err := f.remove("Api", a.id); err != nil {
		t.Fatal(err)
	}
	c.say("nobody there")
	if e := c.closed(); e.Code != ws.StatusGoingAway {
		t.Errorf("got %v", e)
	}
	f.watched(traffic.Disconnected)
	f.quiet()
}
