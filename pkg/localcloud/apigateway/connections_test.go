package apigateway_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// Both addresses of @connections, with what is in them escaped or not.
func TestManageConnections(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$disconnect")
	host := a.id + ".execute-api.eu-west-1.amazonaws.com"
	local := "/_aws/execute-api/" + a.id
	for _, test := range []struct{ host, base string }{
		{"", local + "/dev/@connections/"},
		{"", local + "/dev/%40connections/"},
		{host, "/dev/@connections/"},
		{host, "/dev/%40connections/"},
	} {
		c := f.connect(a)
		escaped := strings.Replace(c.id, "=", "%3D", 1)
		if response, body := f.manage("AKIDA", http.MethodPost, test.host, test.base+escaped, "hello"); response.StatusCode != 200 || body != "" {
			t.Fatalf("POST %s: %d %s", test.base, response.StatusCode, body)
		}
		if got := c.hear(); got != "hello" {
			t.Errorf("got %s", got)
		}
		if e := f.watched(traffic.Sent); e.Connection != c.id || e.Text != "hello" || e.Bytes != 5 {
			t.Errorf("who watches is told %v", e)
		}
		response, body := f.manage("AKIDA", http.MethodGet, test.host, test.base+c.id, "")
		want := `{"connectedAt":"2026-01-02T12:00:00.000Z","identity":{"sourceIp":"127.0.0.1","userAgent":"Go-http-client/1.1"},` +
			`"lastActiveAt":"2026-01-02T12:00:00.000Z"}`
		if response.StatusCode != 200 || body != want {
			t.Errorf("GET %s: %d %s", test.base, response.StatusCode, body)
		}
		if response, body := f.manage("AKIDA", http.MethodDelete, test.host, test.base+escaped, ""); response.StatusCode != 204 || body != "" {
			t.Errorf("DELETE %s: %d %s", test.base, response.StatusCode, body)
		}
		if e := c.closed(); e.Code != 1000 || e.Reason != "Connection Closed Normally" {
			t.Errorf("got %v", e)
		}
		if got := f.call("disconnect").context(); got["disconnectStatusCode"] != 1000.0 || got["disconnectReason"] != "Connection Closed Normally" {
			t.Errorf("$disconnect was told %v", got)
		}
		f.watched(traffic.Disconnected)
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
			response, body := f.manage("AKIDA", method, test.host, test.base+escaped, strings.Repeat("x", 128<<10+1))
			if response.StatusCode != http.StatusGone || body != "" || response.Header.Get("x-amzn-ErrorType") != "GoneException" {
				t.Errorf("%s after the end: %d %s", method, response.StatusCode, body)
			}
		}
	}
}

func TestManageWhatIsNot(t *testing.T) {
	f := newFront(t)
	a, b := f.make("$request.body.action"), f.make("$request.body.action")
	f.must("Stage", a.id, `{"StageName":"other","AutoDeploy":true}`)
	c := f.connect(a)
	path := func(api, stage, id string) string {
		return "/_aws/execute-api/" + api + "/" + stage + "/@connections/" + id
	}
	for name, test := range map[string]struct {
		key, method, path, body string
		status                  int
		want                    string
	}{
		"unknown":             {"AKIDA", "POST", path(a.id, "dev", "L0SM9cOFvHcCIhw="), "", 410, ""},
		"wrong id":            {"AKIDA", "POST", path(a.id, "dev", "none"), "", 400, `{"message":"Invalid connectionId: none"}`},
		"no id":               {"AKIDA", "POST", path(a.id, "dev", ""), "", 400, `{"message":"plldb's local cloud does not model`},
		"of another stage":    {"AKIDA", "POST", path(a.id, "other", c.id), "", 410, ""},
		"of another API":      {"AKIDA", "POST", path(b.id, "dev", c.id), "", 410, ""},
		"unknown stage":       {"AKIDA", "POST", path(a.id, "none", c.id), "", 403, `{"message":"Forbidden"}`},
		"unknown API":         {"AKIDA", "POST", path("nosuchapi1", "dev", c.id), "", 403, `{"message":"Forbidden"}`},
		"of another account":  {"AKIDB", "POST", path(a.id, "dev", c.id), "", 403, `{"message":"Forbidden"}`},
		"unsigned":            {"", "POST", path(a.id, "dev", c.id), "", 403, `{"message":"Missing Authentication Token"}`},
		"too much":            {"AKIDA", "POST", path(a.id, "dev", c.id), strings.Repeat("x", 128<<10+1), 413, `{"message":"Message too long"}`},
		"another method":      {"AKIDA", "PUT", path(a.id, "dev", c.id), "", 400, `{"message":"plldb's local cloud does not model`},
		"parameters":          {"AKIDA", "POST", path(a.id, "dev", c.id) + "?a=b", "", 400, `{"message":"plldb's local cloud does not model`},
		"of an unknown key":   {"AKIDX", "POST", path(a.id, "dev", c.id), "", 403, `{"message":"The security token`},
		"the ends of a limit": {"AKIDA", "POST", path(a.id, "dev", c.id), strings.Repeat("x", 128<<10), 200, ""},
	} {
		response, body := f.manage(test.key, test.method, "", test.path, test.body)
		if response.StatusCode != test.status || !strings.HasPrefix(body, test.want) || (test.want == "") != (body == "") {
			t.Errorf("%s: %d %s", name, response.StatusCode, body)
		}
	}
	c.SetReadLimit(1 << 20)
	if got := c.hear(); len(got) != 128<<10 {
		t.Errorf("the client got %d bytes", len(got))
	}
	c.leave(1000, "")
}

// What is no text reaches a client as text all the same: it would end the connection otherwise.
func TestWhatIsNoText(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$default")
	f.answers(a, "$default")
	f.functions.set("default", answering(`{"statusCode":200,"body":"YeT/Yg==","isBase64Encoded":true}`))
	c := f.connect(a)
	c.say("hello")
	if got := c.hear(); got != "a\uFFFDb" {
		t.Errorf("answered %q", got)
	}
	path := "/_aws/execute-api/" + a.id + "/dev/@connections/" + c.id
	if response, body := f.manage("AKIDA", http.MethodPost, "", path, "a\xffb"); response.StatusCode != 200 {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if got := c.hear(); got != "a\uFFFDb" {
		t.Errorf("posted %q", got)
	}
	c.leave(1000, "")
}

// Who posts to the server or to an API, and not to a stage, is told where connections are.
func TestManageWithoutAStage(t *testing.T) {
	f := newFront(t)
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		for _, test := range []struct{ host, base, want string }{
			{"host:1", "", "host:1/_aws/execute-api/API/STAGE"},
			{"host:1", "/_aws/execute-api/abc", "host:1/_aws/execute-api/abc/STAGE"},
			{"abc.execute-api.eu-west-1.localhost:1", "", "abc.execute-api.eu-west-1.localhost:1/STAGE"},
		} {
			response, body := f.manage("AKIDA", method, test.host, test.base+"/@connections/L0SM9cOFvHcCIhw%3D", "")
			want := `{"message":"Forbidden: the address names no stage of an API. Call http://` + test.want +
				`/@connections/L0SM9cOFvHcCIhw="}`
			if response.StatusCode != 403 || body != want {
				t.Errorf("%s %s: %d %s", method, test.base, response.StatusCode, body)
			}
		}
	}
	const want = `{"message":"plldb's local cloud does not model ApiGatewayManagementApi's PUT /@connections/a"}`
	if response, body := f.manage("AKIDA", http.MethodPut, "", "/@connections/a", ""); response.StatusCode != 400 || body != want {
		t.Errorf("%d %s", response.StatusCode, body)
	}
}

// Who watches is told of calls that are refused, with the id that they asked for.
func TestWatchRefusedCalls(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action")
	base := "/_aws/execute-api/" + a.id + "/dev/@connections/"
	for _, test := range []struct {
		key, method, path, id, text string
		status                      int
	}{
		{"", "POST", base + "L0SM9cOFvHcCIhw=", "L0SM9cOFvHcCIhw=", "Missing Authentication Token", 403},
		{"AKIDA", "POST", base + "L0SM9cOFvHcCIhw%3D", "L0SM9cOFvHcCIhw=", "there is no such connection", 410},
		{"AKIDA", "DELETE", base + "none", "none", "Invalid connectionId: none", 400},
		{"AKIDB", "GET", base + "none", "none", "Forbidden", 403},
		{"AKIDX", "GET", base + "none", "none", "The security token included in the request is invalid.", 403},
		{"AKIDA", "PUT", base + "none", "none", "plldb's local cloud does not model ApiGatewayManagementApi's PUT " + base + "none", 400},
	} {
		response, _ := f.manage(test.key, test.method, "", test.path, "")
		e := f.watched(traffic.Refused)
		if response.StatusCode != test.status || e.Status != test.status || e.Connection != test.id || e.Text != test.text ||
			e.Route != "@connections" {
			t.Errorf("%s %s: %d, and who watches is told %v", test.method, test.path, response.StatusCode, e)
		}
	}
}

// A connection is not there while $connect decides about it.
func TestTrap26(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect")
	f.functions.set("connect", func(_ context.Context, event []byte) (traffic.Answer, error) {
		var e struct {
			RequestContext struct{ ConnectionID string }
		}
		if err := json.Unmarshal(event, &e); err != nil {
			return traffic.Answer{}, err
		}
		for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
			response, body := f.manage("AKIDA", method, "", "/_aws/execute-api/"+a.id+"/dev/@connections/"+e.RequestContext.ConnectionID, "early")
			if response.StatusCode != http.StatusGone || body != "" {
				t.Errorf("%s: %d %s", method, response.StatusCode, body)
			}
		}
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)}, nil
	})
	c := f.connect(a)
	c.leave(1000, "")
}
