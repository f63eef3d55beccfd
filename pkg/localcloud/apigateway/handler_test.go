package apigateway_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// A stage that deploys itself has a new deployment after each change of its API; another has none.
func TestTrap04(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	c.must("Stage", p.api, `{"StageName":"still"}`)
	deployed := func(stage string) any { return c.get("/" + p.api + "/stages/" + stage)["deploymentId"] }
	first := deployed("plldb")
	c.Hand.Turn(time.Hour)
	more := c.must("Route", p.api, `{"RouteKey":"more","Target":"integrations/`+p.integration+`"}`)
	second := deployed("plldb")
	if first == nil || second == first || c.get("/" + p.api + "/stages/plldb")["lastUpdatedDate"] != "2026-01-02T13:00:00Z" {
		t.Errorf("%v, then %v", first, second)
	}
	if err := c.remove("Route", more); err != nil || deployed("plldb") == second {
		t.Errorf("after a route went: %v", err)
	}
	if got := deployed("still"); got != nil {
		t.Errorf("a stage that does not deploy itself: %v", got)
	}
}

// An authorizer stands on $connect alone.
func TestTrap05(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	custom := `"AuthorizationType":"CUSTOM","AuthorizerId":"` + p.authorizer + `"`
	if _, err := c.create("Route", p.api, `{"RouteKey":"other",`+custom+`}`); !is(err, resource.InvalidRequest,
		"Currently, authorization is restricted to the $connect route only (Service") {
		t.Errorf("%v", err)
	}
	if err := c.remove("Route", p.connect); err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"", "none"} {
		if _, err := c.create("Route", p.api, `{"RouteKey":"$connect","AuthorizationType":"CUSTOM","AuthorizerId":"`+id+`"}`); !is(err,
			resource.InvalidRequest, "Invalid authorizer ID specified. Setting the authorization type to CUSTOM") {
			t.Errorf("%q: %v", id, err)
		}
	}
}

// Logs of a stage need a role that an account does not have.
func TestTrap55(t *testing.T) {
	c := newCloud(t)
	api := c.must("Api", "", anAPI)
	for _, text := range []string{
		`{"StageName":"a","DefaultRouteSettings":{"LoggingLevel":"INFO"}}`,
		`{"StageName":"a","DefaultRouteSettings":{"DataTraceEnabled":true}}`,
		`{"StageName":"a","AccessLogSettings":{"DestinationArn":"arn:aws:logs:eu-west-1:111111111111:log-group:a","Format":"x"}}`,
	} {
		if _, err := c.create("Stage", api, text); !is(err, resource.InvalidRequest,
			"CloudWatch Logs role ARN must be set in account settings to enable logging (Service") {
			t.Errorf("%s: %v", text, err)
		}
	}
	c.must("Stage", api, `{"StageName":"a","DefaultRouteSettings":{"LoggingLevel":"OFF"}}`)
}

// A WebSocket API's authorizer needs no identity source; one that has some keeps them.
func TestTrap70(t *testing.T) {
	c := newCloud(t)
	api := c.must("Api", "", anAPI)
	c.must("Authorizer", api, anAuthorizer)
	id := c.must("Authorizer", api, strings.Replace(anAuthorizer, `"plldb"`,
		`"b","IdentitySource":["route.request.header.Auth","route.request.querystring.token"]`, 1))
	if got := c.get("/" + api + "/authorizers/" + id)["identitySource"]; len(got.([]any)) != 2 {
		t.Errorf("%v", got)
	}
}

func TestDeleteParts(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for kind, want := range map[string]string{
		"Integration": "Cannot delete Integration because it is referenced by the following Routes with Ids: [",
		"Authorizer":  "Cannot delete authorizer 'plldb', is referenced in route: $connect (Service: ApiGatewayV2, Status Code: 409",
	} {
		id := map[string]string{"Integration": p.integration, "Authorizer": p.authorizer}[kind]
		if err := c.remove(kind, id); !is(err, resource.Conflict, want) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	order := [][2]string{
		{"Stage", p.stage},
		{"RouteResponse", p.response},
		{"Route", p.fallback},
		{"Route", p.connect},
		{"Integration", p.integration},
		{"Authorizer", p.authorizer},
		{"Api", p.api},
	}
	for _, one := range order {
		if err := c.remove(one[0], one[1]); err != nil {
			t.Fatalf("%s: %v", one[0], err)
		}
		if err := c.remove(one[0], one[1]); !is(err, resource.NotFound, "Invalid ") {
			t.Errorf("%s again: %v", one[0], err)
		}
		if _, err := c.Read(one[0], one[1]); !is(err, resource.NotFound, "Invalid ") {
			t.Errorf("%s read: %v", one[0], err)
		}
	}
}

// An API takes its parts with it.
func TestDeleteAPI(t *testing.T) {
	c := newCloud(t)
	p, other := c.template(), c.template()
	if err := c.remove("Api", p.api); err != nil {
		t.Fatal(err)
	}
	for kind, id := range map[string]string{
		"Authorizer": p.authorizer, "Integration": p.integration, "Route": p.fallback, "RouteResponse": p.response,
	} {
		if _, err := c.Read(kind, id); !is(err, resource.NotFound, "Invalid "+kind) {
			t.Errorf("%s: %v", kind, err)
		}
	}
	if got := c.items("/" + other.api + "/routes"); len(got) != 2 {
		t.Errorf("of the other API: %v", got)
	}
}

// Stages of one name belong to different APIs.
func TestStagesOfOneName(t *testing.T) {
	c := newCloud(t)
	old := c.must("Api", "", anAPI)
	c.must("Stage", old, aStage)
	c.Hand.Turn(time.Minute)
	api := c.must("Api", "", anAPI)
	c.must("Stage", api, aStage)
	if err := c.remove("Stage", "plldb"); err != nil {
		t.Fatal(err)
	}
	if got := c.items("/" + old + "/stages"); len(got) != 0 {
		t.Errorf("the older one is still there: %v", got)
	}
	if got := c.items("/" + api + "/stages"); len(got) != 1 {
		t.Errorf("the newer one is gone")
	}
}

func TestUpdates(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	made, err := c.update("Api", p.api, "", strings.Replace(anAPI, "demo", "renamed", 1))
	want := map[string]any{"ApiId": p.api, "ApiEndpoint": "wss://" + p.api + ".execute-api.eu-west-1.amazonaws.com"}
	if err != nil || made.PhysicalID != p.api || !reflect.DeepEqual(made.Attributes, want) {
		t.Errorf("Api: %v %v", made, err)
	}
	if _, err := c.update("Stage", "plldb", p.api, `{"StageName":"plldb","AutoDeploy":true,"Description":"new"}`); err != nil {
		t.Fatal(err)
	}
	stage := c.get("/" + p.api + "/stages/plldb")
	if stage["description"] != "new" || stage["defaultRouteSettings"] != nil || c.get("/" + p.api)["name"] != "renamed" {
		t.Errorf("Stage: %v", stage)
	}
	if _, err := c.update("Route", "none", p.api, `{"RouteKey":"a"}`); !is(err, resource.NotFound, "Invalid Route identifier specified") {
		t.Errorf("a route that is not there: %v", err)
	}
	// A template that says nothing of a route's authorization any more leaves it; NONE takes it away.
	connect := `{"RouteKey":"$connect","Target":"integrations/` + p.integration + `"`
	if _, err := c.update("Route", p.connect, p.api, connect+"}"); err != nil {
		t.Fatal(err)
	}
	if got := c.get("/" + p.api + "/routes/" + p.connect)["authorizerId"]; got != p.authorizer {
		t.Errorf("authorizer: %v", got)
	}
	if _, err := c.update("Route", p.connect, p.api, connect+`,"AuthorizationType":"NONE"}`); err != nil {
		t.Fatal(err)
	}
	if got := c.get("/" + p.api + "/routes/" + p.connect)["authorizerId"]; got != nil {
		t.Errorf("authorizer: %v", got)
	}
}

// Read says what the template said.
func TestReadResources(t *testing.T) {
	c := newCloud(t)
	p := c.template()
	for kind, k := range map[string]struct{ id, api, text string }{
		"Api":           {p.api, "", anAPI},
		"Authorizer":    {p.authorizer, p.api, anAuthorizer},
		"Integration":   {p.integration, p.api, anIntegration},
		"RouteResponse": {p.response, p.api, `{"RouteId":"` + p.fallback + `","RouteResponseKey":"$default"}`},
		"Stage":         {p.stage, p.api, aStage},
	} {
		got, err := c.Read(kind, k.id)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range c.properties(k.api, k.text) {
			if inner, ok := want.(map[string]any); ok {
				for field, value := range inner {
					if got[name].(map[string]any)[field] != value {
						t.Errorf("%s.%s.%s: %v", kind, name, field, got[name])
					}
				}
			} else if !reflect.DeepEqual(got[name], want) {
				t.Errorf("%s.%s: %v", kind, name, got[name])
			}
		}
	}
}
