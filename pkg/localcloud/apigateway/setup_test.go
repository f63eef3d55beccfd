package apigateway_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

// cloud is API Gateway.
type cloud struct{ servicetest.REST }

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := servicetest.New(t)
	c.Serve("apigateway", apigateway.New(apigateway.Config{Store: c.Store, Clock: c.Hand}))
	c.Tags = map[string]string{"team": "blue"}
	return &cloud{servicetest.REST{Cloud: c, Root: "/v2/apis"}}
}

// get reads a path that must be there.
func (c *cloud) get(path string) map[string]any {
	c.T.Helper()
	got := c.Do(http.MethodGet, path, "")
	if got.Status != http.StatusOK || got.Body == nil {
		c.T.Fatalf("%s: %d %s", path, got.Status, got.Raw)
	}
	return got.Body
}

// items reads a list that must be there.
func (c *cloud) items(path string) []map[string]any {
	c.T.Helper()
	var items []map[string]any
	for _, one := range c.get(path)["items"].([]any) {
		items = append(items, one.(map[string]any))
	}
	return items
}

// create makes one of a type from properties written as JSON, to which the API's id is added.
func (c *cloud) create(kind, api, text string) (resource.Made, error) {
	c.T.Helper()
	return c.Create(kind, c.properties(api, text))
}

// must makes one that nothing speaks against, and gives its id.
func (c *cloud) must(kind, api, text string) string {
	c.T.Helper()
	return c.Make(kind, c.properties(api, text)).PhysicalID
}

func (c *cloud) update(kind, id, api, text string) (resource.Made, error) {
	c.T.Helper()
	return c.Update(kind, id, c.properties(api, text))
}

func (c *cloud) remove(kind, id string) error {
	c.T.Helper()
	_, err := c.Delete(kind, id)
	return err
}

func (c *cloud) properties(api, text string) map[string]any {
	c.T.Helper()
	properties := servicetest.Parse(c.T, text)
	if api != "" {
		properties["ApiId"] = api
	}
	return properties
}

// is tells whether an error is a handler's, with a code and the beginning of a message.
func is(err error, code, message string) bool {
	e, ok := errors.AsType[*resource.Error](err)
	return ok && e.Code == code && strings.HasPrefix(e.Message, message)
}

const (
	invocations = `arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/` +
		`arn:aws:lambda:eu-west-1:111111111111:function:demo/invocations`
	anAPI         = `{"Name":"demo","ProtocolType":"WEBSOCKET","RouteSelectionExpression":"$request.body.action"}`
	anAuthorizer  = `{"Name":"plldb","AuthorizerType":"REQUEST","AuthorizerUri":"` + invocations + `"}`
	anIntegration = `{"IntegrationType":"AWS_PROXY","IntegrationMethod":"POST","IntegrationUri":"` + invocations + `"}`
	aStage        = `{"StageName":"plldb","AutoDeploy":true,"DefaultRouteSettings":{"ThrottlingRateLimit":50,"ThrottlingBurstLimit":100}}`
)

// template is the API of the template, whole.
type template struct{ api, authorizer, integration, connect, fallback, response, stage string }

func (c *cloud) template() template {
	c.T.Helper()
	var p template
	p.api = c.must("Api", "", anAPI)
	p.authorizer = c.must("Authorizer", p.api, anAuthorizer)
	p.integration = c.must("Integration", p.api, anIntegration)
	p.connect = c.must("Route", p.api, `{"RouteKey":"$connect","AuthorizationType":"CUSTOM","AuthorizerId":"`+p.authorizer+
		`","Target":"integrations/`+p.integration+`"}`)
	p.fallback = c.must("Route", p.api, `{"RouteKey":"$default","AuthorizationType":"NONE",
		"RouteResponseSelectionExpression":"$default","Target":"integrations/`+p.integration+`"}`)
	p.response = c.must("RouteResponse", p.api, `{"RouteId":"`+p.fallback+`","RouteResponseKey":"$default"}`)
	p.stage = c.must("Stage", p.api, aStage)
	return p
}
