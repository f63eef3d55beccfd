package servicetest

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
)

// Answer is what a call was answered with.
type Answer struct {
	Status  int
	Raw     []byte
	Body    map[string]any // nil where the answer is not JSON
	Refusal string         // of an error in JSON: "Code: message"
}

// Send signs a request with an access key for a region, or not at all if the key is "".
func (c *Cloud) Send(key, region string, request *http.Request) Answer {
	c.T.Helper()
	if key != "" {
		scope := "Credential=" + key + "/20260102/" + region + "/" + c.name + "/aws4_request"
		request.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+scope)
	}
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, request)
	a := Answer{Status: w.Code, Raw: w.Body.Bytes()}
	if !strings.Contains(w.Header().Get("Content-Type"), "json") {
		return a
	}
	if err := json.Unmarshal(a.Raw, &a.Body); err != nil {
		c.T.Fatalf("%s %s: %d %s: %v", request.Method, request.URL, a.Status, a.Raw, err)
	}
	a.Refusal = refusal(w.Header().Get("x-amzn-ErrorType"), a.Body)
	return a
}

// refusal reads an error: REST-JSON names it in a header, which is given, and AWS JSON in the body; Lambda spells some
// messages with a capital.
func refusal(code string, body map[string]any) string {
	if kind, ok := body["__type"].(string); ok {
		_, code, _ = strings.Cut(kind, "#")
	}
	message, ok := body["message"].(string)
	if !ok {
		message, _ = body["Message"].(string)
	}
	return code + ": " + message
}

// REST is a cloud whose service speaks REST-JSON.
type REST struct {
	*Cloud
	Root string // what the paths of most operations begin with
}

// Call calls an operation by its whole path.
func (c REST) Call(key, region, method, path, body string) Answer {
	c.T.Helper()
	return c.Send(key, region, httptest.NewRequestWithContext(c.T.Context(), method, path, strings.NewReader(body)))
}

// Do calls an operation by its path below the root, as AKIDA in eu-west-1.
func (c REST) Do(method, path, body string) Answer {
	c.T.Helper()
	return c.Call("AKIDA", "eu-west-1", method, c.Root+path, body)
}

// JSON is a cloud whose service speaks AWS JSON.
type JSON struct {
	*Cloud
	Target string // what X-Amz-Target begins with: "DynamoDB_20120810"
}

// Call calls an operation, whose answer must be JSON.
func (c JSON) Call(key, region, operation, body string) Answer {
	c.T.Helper()
	request := httptest.NewRequestWithContext(c.T.Context(), http.MethodPost, "/", strings.NewReader(body))
	request.Header.Set("X-Amz-Target", c.Target+"."+operation)
	a := c.Send(key, region, request)
	if a.Body == nil {
		c.T.Fatalf("%s %s: %d %s", operation, body, a.Status, a.Raw)
	}
	return a
}

// Do calls an operation that must succeed, as AKIDA in eu-west-1.
func (c JSON) Do(operation, body string) map[string]any {
	c.T.Helper()
	a := c.Call("AKIDA", "eu-west-1", operation, body)
	if a.Status != http.StatusOK {
		c.T.Fatalf("%s %s: %d %s", operation, body, a.Status, a.Raw)
	}
	return a.Body
}

// Refused calls an operation that must fail, as AKIDA in eu-west-1, and gives "Code: message".
func (c JSON) Refused(operation, body string) string {
	c.T.Helper()
	a := c.Call("AKIDA", "eu-west-1", operation, body)
	if a.Status != http.StatusBadRequest {
		c.T.Fatalf("%s %s: %d %s", operation, body, a.Status, a.Raw)
	}
	return a.Refusal
}
