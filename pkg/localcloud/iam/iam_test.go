package iam_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/iam"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

// The documents of the tests.
const (
	lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}`
	writeLogs = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["logs:PutLogEvents"],` +
		`"Resource":["arn:aws:logs:*:*:log-group:a b"]}]}`
)

// cloud is IAM.
type cloud struct {
	*servicetest.Cloud
	service *iam.Service
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := servicetest.New(t)
	service := iam.New(iam.Config{Store: c.Store, Clock: c.Hand})
	c.Serve("iam", service)
	return &cloud{c, service}
}

// send calls an operation as the owner of an access key, signed for a region. Parameters are names and values in turn.
func (c *cloud) send(key, region, operation string, params ...string) (int, string) {
	c.T.Helper()
	form := url.Values{"Action": {operation}, "Version": {"2010-05-08"}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	request := httptest.NewRequestWithContext(c.T.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := c.Send(key, region, request)
	return answer.Status, string(answer.Raw)
}

// do calls an operation that must succeed.
func (c *cloud) do(operation string, params ...string) string {
	c.T.Helper()
	status, body := c.send("AKIDA", "us-east-1", operation, params...)
	if status != http.StatusOK {
		c.T.Fatalf("%s %v: %d %s", operation, params, status, body)
	}
	return body
}

// refused calls an operation that must fail with a status, a code and words.
func (c *cloud) refused(status int, code, text, operation string, params ...string) {
	c.T.Helper()
	got, body := c.send("AKIDA", "us-east-1", operation, params...)
	if message := inner(c.T, body, "Message"); got != status || inner(c.T, body, "Code") != code ||
		!strings.Contains(message, text) {
		c.T.Errorf("%s %v: %d %s, want %d %s %s", operation, params, got, body, status, code, text)
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
	c.T.Helper()
	return c.do("CreateRole", append(params, "RoleName", name, "AssumeRolePolicyDocument", lambdaTrust)...)
}
