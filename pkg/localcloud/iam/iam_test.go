package iam_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/iam"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// noon is the present moment of the tests.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// The documents of the tests.
const (
	lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	writeLogs = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:PutLogEvents"],` +
		`"Resource":["arn:aws:logs:*:*:log-group:a b"]}]}`
)

// cloud is the service behind a router.
type cloud struct {
	t       *testing.T
	store   *store.Store
	service *iam.Service
	router  *wire.Router
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	hand, s := clock.NewHand(noon), store.Memory()
	service := iam.New(iam.Config{Store: s, Clock: hand})
	return &cloud{t: t, store: s, service: service, router: &wire.Router{
		Services:  map[string]wire.Service{"iam": service},
		Now:       hand.Now,
		AccountOf: accountOf,
		Secure:    func() bool { return true },
	}}
}

func accountOf(key string) string {
	return map[string]string{"AKIDA": "111111111111", "AKIDB": "222222222222"}[key]
}

// send calls an operation as the owner of an access key, signed for a region. Parameters are names and values in turn.
func (c *cloud) send(key, region, operation string, params ...string) (int, string) {
	c.t.Helper()
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	request := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260102/"+region+"/iam/aws4_request")
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, request)
	return w.Code, w.Body.String()
}

// do calls an operation that must succeed.
func (c *cloud) do(operation string, params ...string) string {
	c.t.Helper()
	status, body := c.send("AKIDA", "us-east-1", operation, params...)
	if status != http.StatusOK {
		c.t.Fatalf("%s %v: %d %s", operation, params, status, body)
	}
	return body
}

// refused calls an operation that must fail with a status, a code and words.
func (c *cloud) refused(status int, code, text, operation string, params ...string) {
	c.t.Helper()
	got, body := c.send("AKIDA", "us-east-1", operation, params...)
	if message := inner(c.t, body, "Message"); got != status || inner(c.t, body, "Code") != code ||
		!strings.Contains(message, text) {
		c.t.Errorf("%s %v: %d %s, want %d %s %s", operation, params, got, body, status, code, text)
	}
}

// all are the texts of the elements of a name, wherever they stand.
func all(t *testing.T, body, name string) []string {
	t.Helper()
	var found []string
	d := xml.NewDecoder(strings.NewReader(body))
	for {
		token, err := d.Token()
		if err != nil {
			return found
		}
		if start, ok := token.(xml.StartElement); ok && start.Name.Local == name {
			var text string
			if err := d.DecodeElement(&text, &start); err != nil {
				t.Fatal(err)
			}
			found = append(found, text)
		}
	}
}

// inner is the text of the first element of a name, "" where there is none.
func inner(t *testing.T, body, name string) string {
	t.Helper()
	if found := all(t, body, name); len(found) > 0 {
		return found[0]
	}
	return ""
}

// text is a policy document of an answer, decoded.
func text(t *testing.T, encoded string) string {
	t.Helper()
	if strings.ContainsAny(encoded, `+"{ `) {
		t.Errorf("%s is not encoded as RFC 3986 has it", encoded)
	}
	decoded, err := url.PathUnescape(encoded)
	if err != nil {
		t.Fatal(err)
	}
	return decoded
}

// role makes a role that Lambda may assume.
func (c *cloud) role(name string, params ...string) string {
	c.t.Helper()
	return c.do("CreateRole", append(params, "RoleName", name, "AssumeRolePolicyDocument", lambdaTrust)...)
}
