package apigateway_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

func TestRefusedAPIs(t *testing.T) {
	c := newCloud(t)
	for text, want := range map[string]string{
		`{"Name":"a","ProtocolType":"WEBSOCKET"}`: "Invalid routeSelectionExpression (Service: ApiGatewayV2, Status Code: 400, Request ID: ",
		`{"Name":"a","ProtocolType":"HTTP"}`:      "plldb's local cloud does not model HTTP APIs",
		`{"Name":"a"}`:                            "Invalid protocol specified",
		`{"ProtocolType":"WEBSOCKET","RouteSelectionExpression":"$request.body.a"}`:       "Invalid API name specified",
		strings.Replace(anAPI, "{", `{"CorsConfiguration":{},`, 1):                        "Cors is not supported for WEBSOCKET protocolType",
		strings.Replace(anAPI, "{", `{"Description":"`+strings.Repeat("x", 1025)+`",`, 1): "Invalid description",
	} {
		if _, err := c.create("Api", "", text); !is(err, resource.InvalidRequest, want) {
			t.Errorf("%.80s: %v", text, err)
		}
	}
	if got := c.items(""); len(got) != 0 {
		t.Errorf("made: %v", got)
	}
}

// part is one of an API's that is refused, and the words.
type part struct{ kind, text, want string }

// otherRoute and otherStage are those that the template does not have, with more properties.
func otherRoute(more string) string { return `{"RouteKey":"other",` + more + `}` }

func otherStage(more string) string { return `{"StageName":"other",` + more + `}` }

// wrong are the parts that are not right in themselves.
func (p template) wrong() []part {
	return []part{
		{"Authorizer", `{"Name":"a","AuthorizerType":"JWT"}`, "Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis."},
		{"Authorizer", `{"Name":"a","AuthorizerType":"REQUEST"}`, "AuthorizerUri is a required field in an Authorizer"},
		{
			"Authorizer", `{"Name":"a","AuthorizerType":"REQUEST","AuthorizerUri":"arn:aws:lambda:eu-west-1:111111111111:function:a"}`,
			"Invalid Authorizer URI: arn:aws:lambda:eu-west-1:111111111111:function:a. Authorizer URI should be a valid API Gateway ARN",
		},
		{
			"Authorizer", strings.Replace(anAuthorizer, `"plldb"`, `"a","IdentitySource":["$request.header.A"]`, 1),
			"Invalid request identity source expression: $request.header.A",
		},
		{"Authorizer", anAuthorizer, "Authorizer name must be unique."},
		{"Integration", `{"IntegrationType":"MOCK"}`, "plldb's local cloud does not model integrations of the type MOCK"},
		{"Integration", `{"IntegrationType":"AWS_PROXY","IntegrationUri":"https://example.com"}`, "Invalid ARN specified in the request"},
		{"Integration", strings.Replace(anIntegration, "{", `{"TimeoutInMillis":29001,`, 1), "Timeout should be between 50 ms and 29000 ms"},
		{"Integration", strings.Replace(anIntegration, "{", `{"PayloadFormatVersion":"2.0",`, 1), "Unsupported PayloadFormatVersion: 2.0"},
		{"Integration", strings.Replace(anIntegration, "POST", "GET", 1), "plldb's local cloud does not model integrations with the method GET"},
		{"Route", `{"RouteKey":""}`, "Invalid route key specified"},
		{"Route", otherRoute(`"Target":"` + p.integration + `"`), "Unexpected or malformed target in route. Correct format should be integrations/<integration_id>."},
		{"Route", otherRoute(`"ApiKeyRequired":true`), "plldb's local cloud does not model API keys"},
		{"Route", otherRoute(`"AuthorizationType":"AWS_IAM"`), "plldb's local cloud does not model routes that are authorized by IAM"},
		{"Route", otherRoute(`"AuthorizationType":"JWT"`), "Invalid authorization type specified: JWT"},
		{"Route", otherRoute(`"RouteResponseSelectionExpression":"$x"`), "plldb's local cloud does not model the route response selection"},
		{"RouteResponse", `{"RouteId":"` + p.connect + `","RouteResponseKey":"a"}`, "Currently, only $default is supported as a RouteResponseKey."},
		{"Stage", `{"StageName":"a b"}`, "Stage name only allows a-zA-Z0-9_"},
		{
			"Stage", otherStage(`"AutoDeploy":true,"DeploymentId":"abc"`),
			"Deployment ID cannot be set on this stage 111111111111:" + p.api + " because AutoDeploy is enabled.",
		},
		{"Stage", otherStage(`"DeploymentId":"abc"`), "plldb's local cloud does not model deployments"},
		{"Stage", otherStage(`"DefaultRouteSettings":{"ThrottlingRateLimit":-1}`), "Invalid throttling rate limit specified: -1"},
		{"Stage", otherStage(`"DefaultRouteSettings":{"DetailedMetricsEnabled":true}`), "plldb's local cloud does not model detailed metrics"},
	}
}

func TestRefusedParts(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for _, k := range p.wrong() {
		if _, err := c.create(k.kind, p.api, k.text); !is(err, resource.InvalidRequest, k.want) {
			t.Errorf("%s %.80s: %v", k.kind, k.text, err)
		}
	}
}

// A part does not fit to the others, or there is one already.
func TestRefusedBesideOthers(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	conflicts := []struct{ kind, text, code, want string }{
		{"Route", `{"RouteKey":"$connect"}`, resource.AlreadyExists, "Route with key $connect already exists for this API (Service: ApiGatewayV2, Status Code: 409"},
		{"Route", otherRoute(`"Target":"integrations/none"`), resource.NotFound, "Invalid Integration identifier specified"},
		{"RouteResponse", `{"RouteId":"none","RouteResponseKey":"$default"}`, resource.NotFound, "Invalid Route identifier specified"},
		{"RouteResponse", `{"RouteId":"` + p.fallback + `","RouteResponseKey":"$default"}`, resource.AlreadyExists, "RouteResponse with key"},
		{"Stage", aStage, resource.AlreadyExists, "Stage already exists"},
	}
	for _, k := range conflicts {
		if _, err := c.create(k.kind, p.api, k.text); !is(err, k.code, k.want) {
			t.Errorf("%s %s: %v", k.kind, k.text, err)
		}
	}
	if _, err := c.create("Route", "nothere", `{"RouteKey":"a"}`); !is(err, resource.NotFound,
		"Invalid API identifier specified 111111111111:nothere (Service: ApiGatewayV2, Status Code: 404") {
		t.Errorf("%v", err)
	}
}

// Each property of the types is modelled, or refused when it is set.
func TestPropertiesOfTypes(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	modelled := map[string]string{
		"Api":           "CorsConfiguration Description Name ProtocolType RouteSelectionExpression Tags Version",
		"Authorizer":    "ApiId AuthorizerType AuthorizerUri IdentitySource Name",
		"Integration":   "ApiId ConnectionType Description IntegrationMethod IntegrationType IntegrationUri PassthroughBehavior PayloadFormatVersion TimeoutInMillis",
		"Route":         "ApiId ApiKeyRequired AuthorizationType AuthorizerId OperationName RouteKey RouteResponseSelectionExpression Target",
		"RouteResponse": "ApiId RouteId RouteResponseKey",
		"Stage":         "AccessLogSettings ApiId AutoDeploy DefaultRouteSettings DeploymentId Description StageName Tags",
	}
	for kind, typ := range c.Types {
		if got := len(modelled[kind]); got == 0 {
			t.Errorf("%s is not looked at", kind)
		}
		for _, name := range slices.Sorted(maps.Keys(typ.Properties)) {
			if slices.Contains(strings.Fields(modelled[kind]), name) {
				continue
			}
			want := "plldb's local cloud does not model the property " + name + " of AWS::ApiGatewayV2::" + kind
			if _, err := c.create(kind, "", `{"`+name+`":[]}`); !is(err, resource.InvalidRequest, want) {
				t.Errorf("%s.%s: %v", kind, name, err)
			}
		}
	}
	if got := c.items("/" + p.api + "/stages"); len(got) != 1 {
		t.Errorf("%v", got)
	}
}
