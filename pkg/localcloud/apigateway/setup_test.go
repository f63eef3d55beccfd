package apigateway_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// cloud is the service behind a router, on a clock that stands still.
type cloud struct {
	t      *testing.T
	hand   *clock.Hand
	store  *store.Store
	types  map[string]resource.Type // "Route"
	router *wire.Router
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{t: t, hand: clock.NewHand(noon), store: store.Memory(), types: map[string]resource.Type{}}
	service := apigateway.New(apigateway.Config{Store: c.store, Clock: c.hand})
	for _, typ := range service.Types() {
		c.types[strings.TrimPrefix(typ.Name, "AWS::ApiGatewayV2::")] = typ
	}
	accounts := map[string]string{"AKIDA": "111111111111", "AKIDB": "222222222222"}
	c.router = &wire.Router{
		Services:  map[string]wire.Service{"apigateway": service},
		Now:       c.hand.Now,
		AccountOf: func(key string) string { return accounts[key] },
		Secure:    func() bool { return true },
	}
	return c
}

// send reads a path as the owner of an access key, and gives the status, the body, and an error's type and message.
func (c *cloud) send(key, path string) (status int, body map[string]any, refusal string) {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), http.MethodGet, path, nil)
	scope := "Credential=" + key + "/20260102/eu-west-1/apigateway/aws4_request"
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+scope)
	w := httptest.NewRecorder()
	c.router.ServeHTTP(w, request)
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		c.t.Fatalf("%s: %d %s: %v", path, w.Code, w.Body, err)
	}
	message, _ := body["message"].(string)
	return w.Code, body, w.Header().Get("x-amzn-ErrorType") + ": " + message
}

// get reads a path that must be there.
func (c *cloud) get(path string) map[string]any {
	c.t.Helper()
	status, body, refusal := c.send("AKIDA", "/v2/apis"+path)
	if status != http.StatusOK {
		c.t.Fatalf("%s: %d %s", path, status, refusal)
	}
	return body
}

// items reads a list that must be there.
func (c *cloud) items(path string) []map[string]any {
	c.t.Helper()
	var items []map[string]any
	for _, one := range c.get(path)["items"].([]any) {
		items = append(items, one.(map[string]any))
	}
	return items
}

// input is what CloudFormation would give a handler.
func (c *cloud) input(logical, physical string, properties map[string]any) resource.Input {
	return resource.Input{
		Account: "111111111111", Region: "eu-west-1", Partition: "aws", StackID: "arn:stack", StackName: "demo",
		LogicalID: logical, PhysicalID: physical, Properties: properties, Now: c.hand.Now(),
		Tags: map[string]string{"team": "blue"},
	}
}

// within runs something of a handler in a transaction, which is undone if it fails.
func within[T any](c *cloud, do func(tx *store.Tx) (T, error)) (T, error) {
	c.t.Helper()
	var value T
	err := c.store.Update(c.t.Context(), func(tx *store.Tx) error {
		var err error
		value, err = do(tx)
		return err
	})
	return value, err
}

// create makes one of a type from properties written as JSON, to which the API's id is added. Its logical id is the type.
func (c *cloud) create(kind, api, text string) (resource.Made, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (resource.Made, error) {
		return c.types[kind].Handler.Create(tx, c.input(kind, "", c.properties(api, text)))
	})
}

// must makes one that nothing speaks against, and gives its id.
func (c *cloud) must(kind, api, text string) string {
	c.t.Helper()
	made, err := c.create(kind, api, text)
	if err != nil {
		c.t.Fatalf("%s %s: %v", kind, text, err)
	}
	return made.PhysicalID
}

func (c *cloud) update(kind, id, api, text string) (resource.Made, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (resource.Made, error) {
		return c.types[kind].Handler.Update(tx, c.input(kind, id, c.properties(api, text)))
	})
}

func (c *cloud) remove(kind, id string) error {
	c.t.Helper()
	_, err := within(c, func(tx *store.Tx) (time.Duration, error) {
		return c.types[kind].Handler.Delete(tx, c.input(kind, id, nil))
	})
	return err
}

func (c *cloud) read(kind, id string) (map[string]any, error) {
	c.t.Helper()
	return within(c, func(tx *store.Tx) (map[string]any, error) {
		return c.types[kind].Handler.Read(tx, c.input(kind, id, nil))
	})
}

func (c *cloud) properties(api, text string) map[string]any {
	c.t.Helper()
	var properties map[string]any
	if err := json.Unmarshal([]byte(text), &properties); err != nil {
		c.t.Fatalf("%s: %v", text, err)
	}
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
	c.t.Helper()
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
