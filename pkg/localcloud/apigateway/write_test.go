package apigateway_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// write calls an operation that changes or removes, and gives the status, the body, and an error's type and message.
func (c *cloud) write(method, path, body string) (status int, answer map[string]any, refusal string) {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), method, "/v2/apis"+path, strings.NewReader(body))
	scope := "Credential=AKIDA/20260102/eu-west-1/apigateway/aws4_request"
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+scope)
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, request)
	_ = json.Unmarshal(w.Body.Bytes(), &answer) // what is removed is answered with nothing
	message, _ := answer["message"].(string)
	return w.Code, answer, w.Header().Get("x-amzn-ErrorType") + ": " + message
}

// What is not said stays, and a stage that deploys itself does so.
func TestUpdateOperations(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	before := c.get("/" + p.api + "/stages/plldb")
	for _, one := range []struct{ path, body, member, want string }{
		{"", `{"description":"other"}`, "description", "other"},
		{"/authorizers/" + p.authorizer, `{"name":"other"}`, "name", "other"},
		{"/integrations/" + p.integration, `{"timeoutInMillis":1000}`, "integrationMethod", "POST"},
		{"/routes/" + p.connect, `{"operationName":"other"}`, "routeKey", "$connect"},
		{"/routes/" + p.fallback + "/routeresponses/" + p.response, `{}`, "routeResponseKey", "$default"},
		{"/stages/" + p.stage, `{"defaultRouteSettings":{"throttlingRateLimit":7}}`, "stageName", "plldb"},
	} {
		path := "/" + p.api + one.path
		status, answer, refusal := c.write(http.MethodPatch, path, one.body)
		if status != http.StatusOK || answer[one.member] != one.want || c.get(path)[one.member] != one.want {
			t.Errorf("%s: %d %v %s", one.path, status, answer, refusal)
		}
	}
	after := c.get("/" + p.api + "/stages/plldb")
	settings := after["defaultRouteSettings"].(map[string]any)
	if settings["throttlingRateLimit"] != 7. || settings["throttlingBurstLimit"] != 100. {
		t.Errorf("settings: %v", settings)
	}
	if after["deploymentId"] == before["deploymentId"] {
		t.Error("it was not deployed")
	}
}

func TestRefusedUpdateOperations(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for _, wrong := range []struct {
		path, body string
		status     int
		want       string
	}{
		{"/stages/plldb", `{"stageName":"a"}`, 400, `BadRequestException: plldb's local cloud does not model the parameter "stageName" of UpdateStage`},
		{"/stages/plldb", `{"routeSettings":{}}`, 400, `BadRequestException: plldb's local cloud does not model the parameter "routeSettings"`},
		{"/stages/plldb", `{"deploymentId":"a"}`, 400, "BadRequestException: Deployment ID cannot be set on this stage"},
		{"/stages/none", `{}`, 404, "NotFoundException: Invalid stage identifier specified"},
		{"", `{"protocolType":"HTTP"}`, 400, `BadRequestException: plldb's local cloud does not model the parameter "protocolType"`},
		{"", `{"name":""}`, 400, "BadRequestException: Invalid API name specified"},
		{"/routes/" + p.fallback, `{"target":"none"}`, 400, "BadRequestException: Unexpected or malformed target in route."},
		{"/routes/" + p.fallback, `{"routeKey":"$connect"}`, 409, "ConflictException: Route with key $connect already exists for this API"},
		{"/routes/none", `{}`, 404, "NotFoundException: Invalid Route identifier specified"},
		{"/routes/none/routeresponses/" + p.response, `{}`, 404, "NotFoundException: Invalid Route identifier specified"},
	} {
		status, _, refusal := c.write(http.MethodPatch, "/"+p.api+wrong.path, wrong.body)
		if status != wrong.status || !strings.HasPrefix(refusal, wrong.want) {
			t.Errorf("%s %s: %d %s", wrong.path, wrong.body, status, refusal)
		}
	}
	if status, _, refusal := c.write(http.MethodPatch, "/none", `{}`); status != 404 {
		t.Error(refusal)
	}
}

// What is removed is gone with what it holds; what another part needs stays.
func TestDeletions(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for _, one := range []struct {
		path   string
		status int
	}{
		{"/integrations/" + p.integration, 409}, // routes lead to it
		{"/routes/" + p.fallback, 204},          // and its response
		{"/routes/" + p.fallback, 404},
		{"/routes/" + p.fallback + "/routeresponses/" + p.response, 404},
		{"/routes/" + p.connect, 204},
		{"/integrations/" + p.integration, 204},
		{"/authorizers/" + p.authorizer, 204},
		{"/stages/plldb", 204},
		{"", 204},
		{"", 404},
	} {
		if status, _, refusal := c.write(http.MethodDelete, "/"+p.api+one.path, ""); status != one.status {
			t.Errorf("%s: %d %s", one.path, status, refusal)
		}
	}
}
