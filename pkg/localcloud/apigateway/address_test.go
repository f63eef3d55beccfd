package apigateway_test

import (
	"net/http"
	"strings"
	"testing"

	ws "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
)

func TestWhatIsNotServed(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect")
	f.must("Stage", a.id, `{"StageName":"still"}`)
	base := f.server.URL + "/_aws/execute-api/"
	for url, host := range map[string]string{
		base + "nosuchapi1/dev": "", base + a.id + "/nostage": "", base + a.id + "/still": "", base + a.id: "",
		f.url(a) + "/more": "", f.server.URL + "/dev": "nosuchapi1.execute-api.eu-west-1.amazonaws.com",
		f.server.URL + "/dev/": a.id + ".execute-api.eu-west-2.amazonaws.com",
	} {
		_, response, body := f.dial(url, &ws.DialOptions{Host: host})
		if response.StatusCode != http.StatusForbidden || !strings.HasPrefix(body, `{"message": "Forbidden", "connectionId":"`) {
			t.Errorf("%s %s: %d %s", url, host, response.StatusCode, body)
		}
	}
	f.quiet()
	for path, want := range map[string]struct {
		status int
		body   string
	}{
		"/_aws/execute-api/" + a.id + "/dev":                  {426, `{"message": "Upgrade Required", `},
		"/_aws/execute-api/" + a.id + "/dev/@connections/a":   {403, `{"message":"Missing Authentication Token"}`},
		"/_aws/execute-api/" + a.id + "/dev/%40connections/a": {403, `{"message":"Missing Authentication Token"}`},
	} {
		if response, body := f.manage("", http.MethodGet, "", path, ""); response.StatusCode != want.status || !strings.HasPrefix(body, want.body) {
			t.Errorf("%s: %d %s", path, response.StatusCode, body)
		}
	}
}

// Without connections and functions, as the control plane alone, no API is served.
func TestControlPlaneAlone(t *testing.T) {
	c := newCloud(t)
	s := apigateway.New(apigateway.Config{Store: c.Store, Clock: c.Hand})
	p := c.template()
	f := &front{cloud: c, service: s}
	f.server = newServer(t, s)
	_, response, body := f.dial(f.server.URL+"/_aws/execute-api/"+p.api+"/plldb", nil)
	if response.StatusCode != http.StatusForbidden || !strings.HasPrefix(body, `{"message": "Forbidden", `) {
		t.Errorf("%d %s", response.StatusCode, body)
	}
	if err := f.recovered()(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// An API answers under its path, and under AWS's name and the one below localhost, with a port or without.
func TestAddresses(t *testing.T) {
	f := newFront(t)
	a := f.make("$request.body.action", "$connect")
	for host, domain := range map[string]string{
		"": a.id + ".execute-api.eu-west-1.localhost" + f.server.URL[strings.LastIndexByte(f.server.URL, ':'):],
		a.id + ".execute-api.eu-west-1.amazonaws.com":     "",
		a.id + ".execute-api.eu-west-1.amazonaws.com:443": "",
		a.id + ".execute-api.eu-west-1.localhost:4566":    "",
	} {
		url := f.server.URL + "/dev"
		if host == "" {
			url = f.url(a)
		} else {
			domain = host
		}
		conn, response, body := f.dial(url, &ws.DialOptions{Host: host})
		if conn == nil {
			t.Fatalf("%s: %d %s", host, response.StatusCode, body)
		}
		if got := f.call("connect").context()["domainName"]; got != domain {
			t.Errorf("%s: the domain name is %v", host, got)
		}
		_ = conn.CloseNow()
	}
	for _, host := range []string{"a.execute-api.eu-west-1.example.com", "127.0.0.1", "s3.localhost"} {
		r := &http.Request{Host: host, URL: mustParse(t, "/dev")}
		if f.service.Claims(r) {
			t.Errorf("%s is claimed", host)
		}
	}
}

// Credentials of a client are its own business, unless they sign a call that manages connections.
func TestClaims(t *testing.T) {
	f := newFront(t)
	for _, test := range []struct {
		path, authorization string
		want                bool
	}{
		{"/_aws/execute-api/a/dev", "", true},
		{"/_aws/execute-api/a/dev", "Bearer x", true},
		{"/_aws/execute-api/a/dev", "AWS4-HMAC-SHA256 Credential=a", true},
		{"/_aws/execute-api/a/dev/@connections/x", "", true},
		{"/_aws/execute-api/a/dev/@connections/x", "Bearer x", true},
		{"/_aws/execute-api/a/dev/@connections/x", "AWS4-HMAC-SHA256 Credential=a", false},
		{"/_aws/execute-api/a/dev/%40connections/x%3D", "AWS4-HMAC-SHA256 Credential=a", false},
		{"/v2/apis", "", false},
	} {
		r := &http.Request{Host: "127.0.0.1:4566", URL: mustParse(t, test.path), Header: http.Header{}}
		r.Header.Set("Authorization", test.authorization)
		if got := f.service.Claims(r); got != test.want {
			t.Errorf("%s %s: %v", test.path, test.authorization, got)
		}
	}
}
