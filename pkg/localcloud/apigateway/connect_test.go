package apigateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// What API Gateway tells clients whom it does not let in, and an authorizer's usual action.
const (
	forbidden = `{"message": "Forbidden", `
	internal  = `{"message": "Internal server error", `
	all       = `"execute-api:Invoke"`
)

// entry is a client that comes, and what becomes of it.
type entry struct {
	connect, authorize function
	status             int
	body               string // its beginning
	warns              string // what who watches is told
}

// enter sees a client come.
func (test entry) enter(t *testing.T) {
	t.Helper()
	f := newFront(t)
	a := f.make("$request.body.action", "$connect")
	if test.authorize != nil {
		f.authorizes(a, "")
		f.functions.set("authorize", test.authorize)
	}
	f.functions.set("connect", test.connect)
	conn, response, body := f.dial(f.url(a), nil)
	if response.StatusCode != test.status || !strings.HasPrefix(body, test.body) || (test.body == "") != (body == "") {
		t.Fatalf("%d %s", response.StatusCode, body)
	}
	if conn != nil {
		_ = conn.CloseNow()
		return
	}
	if e := f.watched(traffic.Refused); e.Status != test.status || !strings.HasPrefix(e.Text, test.warns) {
		t.Errorf("who watches is told %d %s", e.Status, e.Text)
	}
	if f.hub.Len() != 0 {
		t.Error("there is a connection")
	}
}

func enterAll(t *testing.T, cases map[string]entry) {
	t.Helper()
	for name, test := range cases {
		t.Run(name, test.enter)
	}
}

func TestConnectLetsInOrNot(t *testing.T) {
	enterAll(t, map[string]entry{
		"200":                {answering(`{"statusCode":200}`), nil, 101, "", ""},
		"299":                {answering(`{"statusCode":299}`), nil, 101, "", ""},
		"a string":           {answering(`{"statusCode":"204"}`), nil, 101, "", ""},
		"401":                {answering(`{"statusCode":401,"body":"no"}`), nil, 401, "", "connect answered 401"},
		"501":                {answering(`{"statusCode":501}`), nil, 501, "", "connect answered 501"},
		"301":                {answering(`{"statusCode":301}`), nil, 301, "", "connect answered 301"},
		"an error":           {failing("broken"), nil, 502, internal, "connect failed: "},
		"null":               {answering(`null`), nil, 502, internal, "malformed Lambda proxy response of connect: it is null"},
		"no JSON":            {answering(`{`), nil, 502, internal, "malformed Lambda proxy response of connect"},
		"a list":             {answering(`[]`), nil, 502, internal, "malformed Lambda proxy response of connect"},
		"no status":          {answering(`{"body":"a"}`), nil, 502, internal, "malformed Lambda proxy response of connect: it has no statusCode"},
		"status 99":          {answering(`{"statusCode":99}`), nil, 502, internal, "malformed Lambda proxy response of connect: its statusCode is 99"},
		"status 600":         {answering(`{"statusCode":600}`), nil, 502, internal, "malformed Lambda proxy response of connect: its statusCode is 600"},
		"a body of no text":  {answering(`{"statusCode":200,"body":{}}`), nil, 502, internal, "malformed"},
		"not permitted":      {refusing(403, "AccessDeniedException"), nil, 500, internal, "connect cannot be called: AccessDeniedException: the real reason"},
		"no function":        {refusing(404, "ResourceNotFoundException"), nil, 500, internal, "connect cannot be called"},
		"throttled function": {refusing(429, "TooManyRequestsException"), nil, 500, internal, "connect cannot be called"},
	})
}

func TestAuthorizerAllowsOrNot(t *testing.T) {
	enterAll(t, map[string]entry{
		"allowed":               {nil, answering(policy("Allow", all, `"*"`, `,"context":{"a":"b"}`)), 101, "", ""},
		"allowed by name":       {nil, answering(policy("Allow", `["execute-api:*","s3:*"]`, `["arn:aws:execute-api:eu-west-1:111111111111:*/dev/$connect"]`, "")), 101, "", ""},
		"allowed by characters": {nil, answering(policy("Allow", `"EXECUTE-API:inv?ke"`, `"arn:aws:execute-api:*:1111111?1111:*/$connect"`, "")), 101, "", ""},
		"denied":                {nil, answering(policy("Deny", all, `"*"`, "")), 403, forbidden, "the authorizer authorize does not allow arn:aws:execute-api:eu-west-1:111111111111:"},
		"another action":        {nil, answering(policy("Allow", `"execute-api:ManageConnections"`, `"*"`, "")), 403, forbidden, "the authorizer"},
		"another stage":         {nil, answering(policy("Allow", all, `"arn:aws:execute-api:eu-west-1:111111111111:*/prod/*"`, "")), 403, forbidden, "the authorizer"},
		"deny wins": {
			nil, answering(strings.Replace(policy("Allow", all, `"*"`, ""), `"Statement":[`, `"Statement":[
				{"Effect":"Deny","Action":"*","Resource":["*"]},`, 1)), 403, forbidden, "the authorizer",
		},
		"a single statement": {
			nil, answering(`{"principalId":"me","policyDocument":{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}}`), 101, "", "",
		},
		"all but others": {
			nil, answering(`{"principalId":"me","policyDocument":{"Statement":[
				{"Effect":"Allow","NotAction":"s3:*","NotResource":["arn:aws:s3:::*"]}]}}`), 101, "", "",
		},
		"all but this": {
			nil, answering(`{"principalId":"me","policyDocument":{"Statement":[
				{"Effect":"Allow","NotAction":"execute-api:*","Resource":"*"}]}}`), 403, forbidden, "the authorizer",
		},
		"allowed, then 403":  {answering(`{"statusCode":403}`), answering(policy("Allow", all, `"*"`, "")), 403, "", "connect answered 403"},
		"allowed, then none": {failing("Unauthorized"), answering(policy("Allow", all, `"*"`, "")), 502, internal, "connect failed"},
	})
}

func TestAuthorizerAnswersWrongly(t *testing.T) {
	enterAll(t, map[string]entry{
		"Unauthorized":      {nil, failing("Unauthorized"), 401, `{"message": "Unauthorized", `, "authorize says so"},
		"another error":     {nil, failing("broken"), 500, internal, "the authorizer authorize failed: "},
		"no permission":     {nil, refusing(403, "AccessDeniedException"), 500, internal, "the authorizer: authorize cannot be called: AccessDeniedException"},
		"no principal":      {nil, answering(`{"policyDocument":{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}}`), 500, internal, "the answer of the authorizer authorize: it has no principalId"},
		"no policy":         {nil, answering(`{"principalId":"me"}`), 500, internal, "the answer of the authorizer authorize: it has no policyDocument"},
		"no statement":      {nil, answering(`{"principalId":"me","policyDocument":{}}`), 500, internal, "the answer of the authorizer authorize: its policyDocument has no Statement"},
		"a proxy's answer":  {nil, answering(`{"statusCode":401}`), 500, internal, "the answer of the authorizer"},
		"no object":         {nil, answering(`"Unauthorized"`), 500, internal, "the answer of the authorizer"},
		"a wrong effect":    {nil, answering(policy("allow", all, `"*"`, "")), 500, internal, "the answer of the authorizer"},
		"a wrong action":    {nil, answering(policy("Allow", `null`, `"*"`, "")), 500, internal, "the answer of the authorizer"},
		"a wrong resource":  {nil, answering(policy("Allow", all, `{}`, "")), 500, internal, "the answer of the authorizer"},
		"a condition":       {nil, answering(policy("Allow", all, `"*","Condition":{"Bool":{"a":"b"}}`, "")), 500, internal, "the answer of the authorizer authorize: plldb's local cloud does not model"},
		"a list in context": {nil, answering(policy("Allow", all, `"*"`, `,"context":{"a":["b"]}`)), 500, internal, "the answer of the authorizer authorize: a in its context"},
		"a map in context":  {nil, answering(policy("Allow", all, `"*"`, `,"context":{"a":{}}`)), 500, internal, "the answer of the authorizer authorize: a in its context"},
		"8 KB":              {nil, answering(pad(policy("Allow", all, `"*"`, ""), 8192)), 101, "", ""},
		"a byte over":       {nil, answering(pad(policy("Allow", all, `"*"`, ""), 8193)), 500, internal, "the answer of the authorizer authorize: it is over 8192 bytes"},
	})
}

// pad makes JSON as long as it is to be.
func pad(text string, length int) string { return text + strings.Repeat(" ", length-len(text)) }

// An authorizer with identity sources is not asked about a client that lacks one; one without is always asked.
func TestIdentitySources(t *testing.T) {
	cases := map[string]struct {
		sources, query string
		header         http.Header
		status         int
	}{
		"none":                   {"", "", nil, 101},
		"a header":               {`["route.request.header.Auth"]`, "", http.Header{"Auth": {"x"}}, 101},
		"a header in other case": {`["route.request.header.aUTH"]`, "", http.Header{"Auth": {"x"}}, 101},
		"a missing header":       {`["route.request.header.Auth"]`, "?Auth=x", nil, 401},
		"an empty header":        {`["route.request.header.Auth"]`, "", http.Header{"Auth": {""}}, 401},
		"a parameter":            {`["route.request.querystring.q"]`, "?q=1", nil, 101},
		"an empty parameter":     {`["route.request.querystring.q"]`, "?q=", nil, 401},
		"one of two":             {`["route.request.header.Auth","route.request.querystring.q"]`, "?q=1", nil, 401},
		"both":                   {`["route.request.header.Auth","route.request.querystring.q"]`, "?q=1", http.Header{"Auth": {"x"}}, 101},
		"the host":               {`["route.request.header.Host"]`, "", nil, 101},
		"the context":            {`["context.identity.sourceIp"]`, "", nil, 101},
		"not in the context":     {`["context.identity.accountId"]`, "", nil, 401},
		"a variable":             {`["stageVariables.a"]`, "", nil, 401},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			a := f.make("$request.body.action", "$connect")
			f.authorizes(a, test.sources)
			conn, response, body := f.dial(f.url(a)+test.query, &ws.DialOptions{HTTPHeader: test.header})
			if response.StatusCode != test.status {
				t.Fatalf("%d %s", response.StatusCode, body)
			}
			if conn != nil {
				_ = conn.CloseNow()
				f.call("authorize")
				return
			}
			if !strings.HasPrefix(body, `{"message": "Unauthorized", `) {
				t.Errorf("got %s", body)
			}
			f.quiet()
		})
	}
}

func TestSubprotocol(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect")
	for answer, want := range map[string]string{
		`{"statusCode":200}`: "",
		`{"statusCode":200,"headers":{"Sec-WebSocket-Protocol":"two"}}`:              "two",
		`{"statusCode":200,"headers":{"sec-websocket-protocol":"one"}}`:              "one",
		`{"statusCode":200,"multiValueHeaders":{"Sec-WebSocket-Protocol":["two"]}}`:  "two",
		`{"statusCode":200,"headers":{"Other":"two"},"multiValueHeaders":{"A":[]} }`: "",
	} {
		f.functions.set("connect", answering(answer))
		conn, response, body := f.dial(f.url(a), &ws.DialOptions{Subprotocols: []string{"one", "two"}})
		if conn == nil {
			t.Fatalf("%s: %d %s", answer, response.StatusCode, body)
		}
		if got := response.Header.Get("Sec-WebSocket-Protocol"); got != want {
			t.Errorf("%s: %q", answer, got)
		}
		_ = conn.CloseNow()
	}
}

// An upgrade waits for $connect as long as its integration may take, and no longer.
func TestConnectTimesOut(t *testing.T) {
	for name, millis := range map[string]int{"as long as AWS waits": 0, "as long as it says": 50} {
		t.Run(name, func(t *testing.T) {
			f := newFront(t)
			a := f.make("$request.body.action", "$connect")
			wait := 29 * time.Second
			if millis > 0 {
				wait = 50 * time.Millisecond
				if _, err := f.update("Integration", a.integrations["$connect"], a.id, `{"IntegrationType":"AWS_PROXY",
					"TimeoutInMillis":50,"IntegrationUri":"`+uri("connect")+`"}`); err != nil {
					t.Fatal(err)
				}
			}
			f.functions.set("connect", func(ctx context.Context, _ []byte) (traffic.Answer, error) {
				<-ctx.Done() // the function goes on, until everything ends
				return traffic.Answer{}, ctx.Err()
			})
			answered := make(chan string, 1)
			go func() {
				_, response, body := f.dial(f.url(a), nil)
				answered <- response.Status + " " + body
			}()
			f.call("connect")
			f.pace.Turn(wait - time.Millisecond)
			select {
			case got := <-answered:
				t.Fatalf("too early: %s", got)
			default:
			}
			f.pace.Turn(time.Millisecond)
			if got := <-answered; !strings.HasPrefix(got, `504 Gateway Timeout {"message": "Endpoint request timed out", "connectionId":"`) {
				t.Errorf("got %s", got)
			}
		})
	}
}

// What an authorizer said goes with each event of the connection, as text.
func TestAuthorizersContext(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect", "$default", "$disconnect")
	f.authorizes(a, "")
	f.functions.set("authorize", func(context.Context, []byte) (traffic.Answer, error) {
		f.pace.Turn(21 * time.Millisecond)
		return traffic.Answer{Payload: []byte(policy("Allow", `"*"`, `"*"`, `,"context":{"s":"text","n":12345678901234567890,"f":1.50,"b":true}`))}, nil
	})
	c := f.connect(a)
	if by := f.call("authorize").by; by.SourceARN != "arn:aws:execute-api:eu-west-1:111111111111:"+a.id+"/authorizers/"+a.authorizer ||
		by.Service != "apigateway.amazonaws.com" || by.Account != "111111111111" {
		t.Errorf("it was called by %v", by)
	}
	c.say("hello")
	connect, message := f.call("connect"), f.call("default")
	c.leave(1000, "")
	disconnect := f.call("disconnect")
	for i, call := range []called{connect, message, disconnect} {
		want := map[string]any{"principalId": "me", "s": "text", "n": "12345678901234567890", "f": "1.50", "b": "true"}
		if i == 0 {
			want["integrationLatency"] = 21.0
		}
		got, _ := json.Marshal(call.context()["authorizer"])
		expected, _ := json.Marshal(want)
		if string(got) != string(expected) {
			t.Errorf("%s: %s", call.function, got)
		}
		if by := call.by; by.SourceARN != "arn:aws:execute-api:eu-west-1:111111111111:"+a.id+"/dev/$"+call.function {
			t.Errorf("%s was called by %v", call.function, by)
		}
	}
}

// An API without routes lets everybody in.
func TestNoRoutes(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action")
	c := f.connect(a)
	c.say("{}")
	if got := c.hear(); !strings.HasPrefix(got, `{"message": "Forbidden", "connectionId":"`+c.id+`", "requestId":"`) {
		t.Errorf("got %s", got)
	}
	c.leave(1000, "")
	if e := f.watched(traffic.Disconnected); e.Status != 1000 || e.Connection != c.id {
		t.Errorf("got %v", e)
	}
	f.quiet()
}
