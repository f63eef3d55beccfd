package wire_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// things is a REST service behind a router.
func things() *wire.Router {
	get := func(path string, status int, do wire.RESTOperation) wire.Route {
		return wire.Route{
			Operation: "Get", Method: http.MethodGet, Path: path, Status: status, Query: []string{"q"}, Do: do,
		}
	}
	service := &wire.REST{Name: "Things", Wrong: "Wrong", Routes: []wire.Route{
		get("/things/{Name}", 201, func(_ context.Context, c *wire.Call, named map[string]string) (any, error) {
			return map[string]string{"name": named["Name"], "q": c.URL.Query().Get("q")}, nil
		}),
		get("/none", 204, func(context.Context, *wire.Call, map[string]string) (any, error) { return nil, nil }),
		get("/file", 200, func(context.Context, *wire.Call, map[string]string) (any, error) {
			return wire.File{ContentType: "application/zip", Data: []byte("PK")}, nil
		}),
		get("/odd", 200, func(context.Context, *wire.Call, map[string]string) (any, error) {
			return wire.File{Status: http.StatusAccepted, Header: http.Header{"X-Amz-Odd": {"yes"}}}, nil
		}),
		get("/refuses", 200, func(context.Context, *wire.Call, map[string]string) (any, error) {
			e := wire.Errorf(http.StatusConflict, "Conflict", "it is %s", "there")
			e.Header = http.Header{"Retry-After": {"1"}}
			return nil, e
		}),
		get("/fails", 200, func(context.Context, *wire.Call, map[string]string) (any, error) {
			return nil, errors.New("broken")
		}),
	}}
	return &wire.Router{
		Services:  map[string]wire.Service{"things": service},
		Now:       time.Now,
		AccountOf: func(string) string { return "111111111111" },
		Secure:    func() bool { return true },
	}
}

func TestAFileHasAStatusAndHeadersOfItsOwn(t *testing.T) {
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/odd", http.NoBody)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-west-1/things/aws4_request")
	w := httptest.NewRecorder()
	things().ServeHTTP(w, request)
	h := w.Header()
	if w.Code != http.StatusAccepted || h.Get("X-Amz-Odd") != "yes" || h.Get("Content-Type") != "" || w.Body.Len() != 0 ||
		h.Get("x-amzn-RequestId") == "" {
		t.Errorf("%d %v %s", w.Code, h, w.Body)
	}
}

// bounded takes five bytes, and refuses more in its own way.
type bounded struct{ *wire.REST }

func (bounded) Bound(c *wire.Call) (int, *wire.Error) {
	return 5, wire.Errorf(http.StatusRequestEntityTooLarge, "TooMuch", "for %s", c.URL.Path)
}

func TestBoundedBodies(t *testing.T) {
	router := things()
	router.Services["things"] = bounded{router.Services["things"].(*wire.REST)}
	for body, status := range map[string]int{"": 200, "12345": 200, "123456": 413} {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/file", strings.NewReader(body))
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-west-1/things/aws4_request")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, request)
		if w.Code != status || status == 413 && !strings.Contains(w.Body.String(), "for /file") {
			t.Errorf("%q: %d %s", body, w.Code, w.Body)
		}
	}
}

func TestREST(t *testing.T) {
	for _, c := range []struct {
		name, method, path      string
		status                  int
		kind, contentType, body string
	}{
		{"labels", "GET", "/things/a%20b?q=1", 201, "", "application/json", `{"name":"a b","q":"1"}`},
		{"no body", "GET", "/none", 204, "", "", ""},
		{"a file", "GET", "/file", 200, "", "application/zip", "PK"},
		{"a refusal", "GET", "/refuses", 409, "Conflict", "application/json", `{"message":"it is there"}`},
		{"a failure", "GET", "/fails", 500, "InternalFailure", "application/json", `{"message":"broken"}`},
		{
			"another method", "PUT", "/none", 400, "UnknownOperationException", "application/json",
			`{"message":"plldb's local cloud does not model Things's PUT /none"}`,
		},
		{
			"another path", "GET", "/none/", 400, "UnknownOperationException", "application/json",
			`{"message":"plldb's local cloud does not model Things's GET /none/"}`,
		},
		{
			"a strange parameter", "GET", "/none?q=1&r=2", 400, "Wrong", "application/json",
			`{"message":"plldb's local cloud does not model the parameter r of Get"}`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			request := httptest.NewRequestWithContext(t.Context(), c.method, c.path, http.NoBody)
			request.Header.Set("Authorization",
				"AWS4-HMAC-SHA256 Credential=AKID/20260102/eu-west-1/things/aws4_request")
			w := httptest.NewRecorder()
			things().ServeHTTP(w, request)
			h := w.Header()
			if w.Code != c.status || h.Get("x-amzn-ErrorType") != c.kind || h.Get("Content-Type") != c.contentType ||
				strings.TrimSpace(w.Body.String()) != c.body || h.Get("x-amzn-RequestId") == "" {
				t.Errorf("%d %v %s", w.Code, h, w.Body)
			}
			if c.kind == "Conflict" && h.Get("Retry-After") != "1" {
				t.Errorf("the refusal's header is lost: %v", h)
			}
		})
	}
}

func TestPlace(t *testing.T) {
	c := &wire.Call{Account: "111111111111", Region: "cn-north-1"}
	p := c.Place()
	for name, got := range map[string][2]string{
		"key":    {p.At("a/b"), "111111111111/cn-north-1/a/b"},
		"ARN":    {p.ARN("logs", "log-group:a"), "arn:aws-cn:logs:cn-north-1:111111111111:log-group:a"},
		"global": {p.Global().ARN("iam", "role/a"), "arn:aws-cn:iam::111111111111:role/a"},
		"call's": {c.ARN("logs", "x"), p.ARN("logs", "x")},
	} {
		if got[0] != got[1] {
			t.Errorf("%s: %s", name, got[0])
		}
	}
}
