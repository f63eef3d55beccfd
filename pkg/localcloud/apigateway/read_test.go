package apigateway_test

import (
	"reflect"
	"regexp"
	"testing"
)

// read is what the template makes as it is read, by the paths.
func (p template) read(deployment string) map[string]map[string]any {
	return map[string]map[string]any{
		"/" + p.api: {
			"apiId": p.api, "apiEndpoint": "wss://" + p.api + ".execute-api.eu-west-1.amazonaws.com", "name": "demo",
			"protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action",
			"apiKeySelectionExpression": "$request.header.x-api-key", "createdDate": "2026-01-02T12:00:00Z",
			"disableExecuteApiEndpoint": false, "ipAddressType": "ipv4", "tags": map[string]any{"team": "blue"},
		},
		"/" + p.api + "/authorizers/" + p.authorizer: {
			"authorizerId": p.authorizer, "authorizerType": "REQUEST", "authorizerUri": invocations, "name": "plldb",
		},
		"/" + p.api + "/integrations/" + p.integration: {
			"integrationId": p.integration, "integrationType": "AWS_PROXY", "integrationMethod": "POST",
			"integrationUri": invocations, "connectionType": "INTERNET", "payloadFormatVersion": "1.0",
			"passthroughBehavior": "WHEN_NO_MATCH", "timeoutInMillis": 29000.,
			"integrationResponseSelectionExpression": "${integration.response.statuscode}",
		},
		"/" + p.api + "/routes/" + p.connect: {
			"routeId": p.connect, "routeKey": "$connect", "apiKeyRequired": false, "authorizationType": "CUSTOM",
			"authorizerId": p.authorizer, "target": "integrations/" + p.integration,
		},
		"/" + p.api + "/routes/" + p.fallback: {
			"routeId": p.fallback, "routeKey": "$default", "apiKeyRequired": false, "authorizationType": "NONE",
			"routeResponseSelectionExpression": "$default", "target": "integrations/" + p.integration,
		},
		"/" + p.api + "/routes/" + p.fallback + "/routeresponses/" + p.response: {
			"routeResponseId": p.response, "routeResponseKey": "$default",
		},
		"/" + p.api + "/stages/plldb": {
			"stageName": "plldb", "autoDeploy": true, "deploymentId": deployment, "createdDate": "2026-01-02T12:00:00Z",
			"lastUpdatedDate": "2026-01-02T12:00:00Z", "tags": map[string]any{"team": "blue"},
			"lastDeploymentStatusMessage": "Successfully deployed stage with deployment ID '" + deployment + "'",
			"routeSettings":               map[string]any{}, "stageVariables": map[string]any{},
			"defaultRouteSettings": map[string]any{
				"dataTraceEnabled": false, "detailedMetricsEnabled": false, "throttlingBurstLimit": 100., "throttlingRateLimit": 50.,
			},
		},
	}
}

// What the template makes, as everybody reads it.
func TestRead(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for id, form := range map[string]string{
		p.api: `^[a-z0-9]{10}$`, p.authorizer: `^[a-z0-9]{6}$`, p.connect: `^[a-z0-9]{7}$`, p.stage: `^plldb$`,
	} {
		if !regexp.MustCompile(form).MatchString(id) {
			t.Errorf("%s is not %s", id, form)
		}
	}
	deployment := c.get("/" + p.api + "/stages/plldb")["deploymentId"].(string)
	for path, want := range p.read(deployment) {
		if got := c.get(path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n%v\nwant\n%v", path, got, want)
		}
	}
	for path, want := range map[string]int{
		"": 1, "/" + p.api + "/authorizers": 1, "/" + p.api + "/integrations": 1, "/" + p.api + "/routes": 2,
		"/" + p.api + "/routes/" + p.fallback + "/routeresponses": 1, "/" + p.api + "/stages": 1,
		"/" + p.api + "/routes/" + p.connect + "/routeresponses": 0,
	} {
		if got := c.items(path); len(got) != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func TestPages(t *testing.T) {
	c := newCloud(t)
	api := c.must("Api", "", anAPI)
	for _, key := range []string{"a", "b", "c", "d", "e"} {
		c.must("Route", api, `{"RouteKey":"`+key+`"}`)
	}
	keys, pages, token := map[any]bool{}, 0, ""
	for {
		page := c.get("/" + api + "/routes?maxResults=2&nextToken=" + token)
		for _, one := range page["items"].([]any) {
			keys[one.(map[string]any)["routeKey"]] = true
		}
		pages++
		if token, _ = page["nextToken"].(string); token == "" {
			break
		}
	}
	if len(keys) != 5 || pages != 3 {
		t.Errorf("%v in %d pages", keys, pages)
	}
}

func TestRefusedReads(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for path, want := range map[string]string{
		"/v2/apis/nothere":                                     "NotFoundException: Invalid API identifier specified 111111111111:nothere",
		"/v2/apis/nothere/routes":                              "NotFoundException: Invalid API identifier specified 111111111111:nothere",
		"/v2/apis/" + p.api + "/routes/nothere":                "NotFoundException: Invalid Route identifier specified",
		"/v2/apis/" + p.api + "/routes/nothere/routeresponses": "NotFoundException: Invalid Route identifier specified",
		"/v2/apis/" + p.api + "/stages/nothere":                "NotFoundException: Invalid stage identifier specified",
		"/v2/apis/" + p.api + "/models":                        "UnknownOperationException: plldb's local cloud does not model API Gateway's GET /v2/apis/" + p.api + "/models",
		"/v2/apis?odd=1":                                       "BadRequestException: plldb's local cloud does not model the parameter odd of GetApis",
		"/v2/apis?maxResults=0":                                "BadRequestException: Invalid value for maxResults: 0",
		"/v2/apis?nextToken=%21":                               "BadRequestException: Invalid nextToken specified",
	} {
		if got := c.Call("AKIDA", "eu-west-1", "GET", path, ""); got.Status < 400 || got.Refusal != want {
			t.Errorf("%s: %d %s", path, got.Status, got.Refusal)
		}
	}
	if got := c.Call("AKIDB", "eu-west-1", "GET", "/v2/apis/"+p.api, ""); got.Status != 404 {
		t.Errorf("another account: %d %s", got.Status, got.Refusal)
	}
}
