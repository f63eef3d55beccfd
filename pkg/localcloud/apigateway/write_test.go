package apigateway_test

import (
	"net/http"
	"strings"
	"testing"
)

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
		got := c.Do(http.MethodPatch, path, one.body)
		if got.Status != http.StatusOK || got.Body[one.member] != one.want || c.get(path)[one.member] != one.want {
			t.Errorf("%s: %d %s", one.path, got.Status, got.Raw)
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
		got := c.Do(http.MethodPatch, "/"+p.api+wrong.path, wrong.body)
		if got.Status != wrong.status || !strings.HasPrefix(got.Refusal, wrong.want) {
			t.Errorf("%s %s: %d %s", wrong.path, wrong.body, got.Status, got.Refusal)
		}
	}
	if got := c.Do(http.MethodPatch, "/none", `{}`); got.Status != 404 {
		t.Error(got.Refusal)
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
		if got := c.Do(http.MethodDelete, "/"+p.api+one.path, ""); got.Status != one.status {
			t.Errorf("%s: %d %s", one.path, got.Status, got.Refusal)
		}
	}
}
