package wire_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cloud is a router with a service of each kind, which remembers what reached them and what After was told.
type cloud struct {
	*httptest.Server
	router *wire.Router

	mu    sync.Mutex
	calls []*wire.Call // that a service served
	told  []told
}

type told struct {
	operation string
	status    int
	code      string
}

func start(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{}
	c.router = &wire.Router{
		Services: map[string]wire.Service{
			"sts":            c.query("2011-06-15", "GetCallerIdentity"),
			"cloudformation": c.query("2010-05-15", "DescribeStacks"),
			"dynamodb":       c.json(),
			"s3":             bucket{c},
		},
		Now:       func() time.Time { return time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC) },
		AccountOf: func(key string) string { return map[string]string{"AKIDONE": "111111111111"}[key] },
		Secure:    func() bool { return true },
		After: func(call *wire.Call, status int, code string) {
			c.mu.Lock()
			defer c.mu.Unlock()
			c.told = append(c.told, told{call.Operation, status, code})
		},
	}
	c.Server = httptest.NewServer(c.router)
	t.Cleanup(c.Close)
	return c
}

func (c *cloud) served(call *wire.Call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls = append(c.calls, call)
}

// last is what was served last, nil for nothing.
func (c *cloud) last() *wire.Call {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.calls) == 0 {
		return nil
	}
	return c.calls[len(c.calls)-1]
}

// after is what After was told, once the last answer is over.
func (c *cloud) after() []told {
	c.CloseClientConnections()
	c.Server.Close()
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.told
}

// query is a service with one operation, which answers its account, and fails with what the parameter Fail says.
func (c *cloud) query(version, operation string) *wire.Query {
	type result struct{ Account, Arn string }
	do := func(_ context.Context, call *wire.Call, in wire.Form) (any, error) {
		c.served(call)
		switch in.Get("Fail") {
		case "":
			return result{call.Account, call.ARN("sts", "root")}, nil
		case "inside":
			return nil, errors.New("the disk is full")
		}
		return nil, wire.Errorf(400, "ValidationError", "%s", in.Get("Fail"))
	}
	return &wire.Query{
		Version: version, Namespace: "https://example.com/" + version + "/",
		Operations: map[string]wire.QueryOperation{operation: {Params: []string{"Fail", "StackName"}, Do: do}},
	}
}

type tableInput struct {
	TableName string
	Tags      []struct{ Key, Value string }
	Any       map[string]any
	Renamed   *int `json:"renamed,omitempty"`
}

func (c *cloud) json() *wire.JSON {
	return &wire.JSON{Target: "DynamoDB_20120810", Version: "1.0", Operations: map[string]wire.JSONOperation{
		"DescribeTable": wire.In(func(_ context.Context, call *wire.Call, in tableInput) (any, error) {
			c.served(call)
			if in.TableName == "missing" {
				e := wire.Errorf(400, "ResourceNotFoundException", "no table %s", in.TableName)
				e.Header = http.Header{"X-More": {"more"}}
				return nil, e
			}
			return in, nil
		}),
	}}
}

// bucket answers with what it is sent, like S3 refuses with XML, and knows some odd keys.
type bucket struct{ *cloud }

func (b bucket) Operation(c *wire.Call) (string, error) {
	switch c.URL.Path {
	case "/unmodelled":
		return "", wire.Unmodelled("NotImplemented", "that")
	case "/":
		return "ListBuckets", nil
	}
	return c.Method, nil
}

func (b bucket) Serve(_ context.Context, w http.ResponseWriter, c *wire.Call) error {
	if strings.HasPrefix(c.URL.Path, "/refused/") {
		return wire.Errorf(http.StatusForbidden, "AccessDenied", "Access <Denied>")
	}
	_, err := io.Copy(w, c.Request.Body)
	if c.URL.Path == "/half" {
		return errors.New("then it broke")
	}
	b.served(c)
	return err
}

func (b bucket) Refuse(w http.ResponseWriter, c *wire.Call, e *wire.Error) {
	w.Header().Set("Content-Type", "application/xml")
	w.WriteHeader(e.Status)
	_, _ = io.WriteString(w, "<Error><Code>"+e.Code+"</Code><Message>"+wire.Escape(e.Message)+"</Message></Error>")
}

// signed is a request as somebody's.
func (c *cloud) signed(t *testing.T, service, method, path, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, c.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDONE/20261121/eu-west-1/"+service+
		"/aws4_request, SignedHeaders=host, Signature=00")
	return r
}

// form is a signed request of a Query service.
func (c *cloud) form(t *testing.T, service, body string) *http.Request {
	t.Helper()
	r := c.signed(t, service, "POST", "/", body)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func (c *cloud) table(t *testing.T, body string) *http.Request {
	t.Helper()
	r := c.signed(t, "dynamodb", "POST", "/", body)
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810.DescribeTable")
	r.Header.Set("Content-Type", "application/x-amz-json-1.0")
	return r
}

// send gives status and body.
func (c *cloud) send(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	answer, err := c.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}
