package handlers_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/handlers/authorize"
	"github.com/plldb/plldb/functions/handlers/connect"
	"github.com/plldb/plldb/functions/handlers/disconnect"
	"github.com/plldb/plldb/functions/handlers/unmatched"
)

// invoke runs a handler as Lambda does: JSON in, JSON out.
func invoke(t *testing.T, handler any, event []byte) (string, error) {
	t.Helper()
	out, err := lambda.NewHandler(handler).Invoke(t.Context(), event)
	return string(out), err
}

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestR18RoutesAnswer200(t *testing.T) {
	for _, c := range []struct {
		event   string
		handler any
		body    string
	}{
		{"connect.json", connect.Handle, ""},
		{"disconnect.json", disconnect.Handle, ""},
		{"default.json", unmatched.Handle, "OK"},
	} {
		t.Run(c.event, func(t *testing.T) {
			out, err := invoke(t, c.handler, sample(t, c.event))
			if err != nil {
				t.Fatal(err)
			}
			var answer struct {
				StatusCode int    `json:"statusCode"`
				Body       string `json:"body"`
			}
			if err := json.Unmarshal([]byte(out), &answer); err != nil {
				t.Fatal(err)
			}
			if answer.StatusCode != 200 || answer.Body != c.body {
				t.Errorf("answered %s", out)
			}
		})
	}
}

func TestR18AuthorizerAllowsExactlyTheMethodAskedAbout(t *testing.T) {
	out, err := invoke(t, authorize.Handle, sample(t, "authorize.json"))
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
		"principalId": "anonymous",
		"policyDocument": {
			"Version": "2012-10-17",
			"Statement": [{
				"Effect": "Allow",
				"Action": ["execute-api:Invoke"],
				"Resource": ["arn:aws:execute-api:eu-west-1:123456789012:abcdef1234/plldb/$connect"]
			}]
		}
	}`
	if !sameJSON(t, out, want) {
		t.Errorf("got %s\nwant %s", out, want)
	}
}

func TestAuthorizerNeedsAMethod(t *testing.T) {
	for _, event := range []string{`{}`, `{"type":"REQUEST","methodArn":""}`} {
		out, err := invoke(t, authorize.Handle, []byte(event))
		if err == nil || !strings.Contains(err.Error(), "methodArn") {
			t.Errorf("%s: got %q, error %v", event, out, err)
		}
		if strings.Contains(out, "Allow") {
			t.Errorf("%s: allows something: %s", event, out)
		}
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	for text, into := range map[string]*any{a: &x, b: &y} {
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
	}
	return reflect.DeepEqual(x, y)
}
