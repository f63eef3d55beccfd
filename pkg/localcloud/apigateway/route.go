package apigateway

import (
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// target is what a route's target begins with; the integration's id follows.
const target = "integrations/"

// routeSettings are a route's.
type routeSettings struct {
	APIID                            string `json:"apiId"`
	APIKeyRequired                   bool   `json:"apiKeyRequired"`
	AuthorizationType                string `json:"authorizationType,omitempty"`
	AuthorizerID                     string `json:"authorizerId,omitempty"`
	OperationName                    string `json:"operationName,omitempty"`
	RouteKey                         string `json:"routeKey"`
	RouteResponseSelectionExpression string `json:"routeResponseSelectionExpression,omitempty"`
	Target                           string `json:"target,omitempty"`
}

func (s routeSettings) of() (api, route string) { return s.APIID, "" }

func routes() *kind[routeSettings] {
	return &kind[routeSettings]{
		typeName: routeTypeName, table: "apigateway.routes", what: "Route", idName: "routeId",
		idLength: 7, takes: partTakes, check: checkRoute, release: releaseRoute, show: showRoute,
	}
}

// checkRoute says what API Gateway has against a route.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes.html
func checkRoute(tx *store.Tx, at wire.Place, r *record[routeSettings], before *routeSettings) error {
	s := &r.Settings
	if s.RouteKey == "" { // unverified words
		return bad("Invalid route key specified")
	}
	if s.APIKeyRequired {
		return unmodelled("API keys")
	}
	if e := s.RouteResponseSelectionExpression; e != "" && e != "$default" {
		return unmodelled("the route response selection expression %s, only $default", e)
	}
	var taken error
	routes().each(tx, at, r.APIID+"/", func(other *record[routeSettings]) {
		if other.ID != r.ID && other.Settings.RouteKey == s.RouteKey { // anomalyco/sst#5031
			taken = conflict("Route with key %s already exists for this API", s.RouteKey)
		}
	})
	if taken != nil {
		return taken
	}
	if err := checkTarget(tx, at, r); err != nil {
		return err
	}
	s.stay(before)
	return checkAuthorization(tx, at, r)
}

// stay keeps the authorization that a changed template says nothing of, as AWS does: only NONE takes it away.
// https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/2184
func (s *routeSettings) stay(before *routeSettings) {
	if before != nil && s.AuthorizationType == "" {
		s.AuthorizationType, s.AuthorizerID = before.AuthorizationType, before.AuthorizerID
	}
}

func checkTarget(tx *store.Tx, at wire.Place, r *record[routeSettings]) error {
	if r.Settings.Target == "" {
		return nil
	}
	id, ok := strings.CutPrefix(r.Settings.Target, target)
	if !ok || id == "" || strings.Contains(id, "/") {
		return bad("Unexpected or malformed target in route. Correct format should be integrations/<integration_id>.")
	}
	_, err := integrations().get(tx, at, r.APIID+"/"+id)
	return err
}

func checkAuthorization(tx *store.Tx, at wire.Place, r *record[routeSettings]) error {
	s := &r.Settings
	switch s.AuthorizationType {
	case "", "NONE":
		s.AuthorizerID = ""
		return nil
	case "AWS_IAM":
		return unmodelled("routes that are authorized by IAM")
	case "CUSTOM":
	default: // unverified words
		return bad("Invalid authorization type specified: %s", s.AuthorizationType)
	}
	if s.RouteKey != "$connect" {
		return bad("Currently, authorization is restricted to the $connect route only")
	}
	if _, err := authorizers().get(tx, at, r.APIID+"/"+s.AuthorizerID); s.AuthorizerID == "" || err != nil {
		// hashicorp/terraform-provider-aws#17497
		return bad("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS " +
			"requires a valid authorizer.")
	}
	return nil
}

// releaseRoute removes the route's responses.
func releaseRoute(tx *store.Tx, at wire.Place, r *record[routeSettings]) error {
	dropAll(tx, at, r.APIID+"/"+r.ID, responses())
	return nil
}

func showRoute(_ wire.Place, r *record[routeSettings], m map[string]any) {
	if r.Settings.AuthorizationType == "" {
		m["authorizationType"] = "NONE"
	}
}

// responseSettings are a route response's: without one a function's answer does not reach the client.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
type responseSettings struct {
	APIID            string `json:"apiId"`
	RouteID          string `json:"routeId"`
	RouteResponseKey string `json:"routeResponseKey"`
}

func (s responseSettings) of() (api, route string) { return s.APIID, s.RouteID }

func responses() *kind[responseSettings] {
	return &kind[responseSettings]{
		typeName: responseTypeName, table: "apigateway.responses", what: "RouteResponse", idName: "routeResponseId",
		idLength: 6, takes: partTakes, check: checkResponse,
	}
}

// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-routes-routeid-routeresponses.html
func checkResponse(tx *store.Tx, at wire.Place, r *record[responseSettings], _ *responseSettings) error {
	if _, err := routes().get(tx, at, r.APIID+"/"+r.Settings.RouteID); err != nil {
		return err
	}
	if r.Settings.RouteResponseKey != "$default" {
		return bad("Currently, only $default is supported as a RouteResponseKey.")
	}
	var taken error
	responses().each(tx, at, r.APIID+"/"+r.Settings.RouteID+"/", func(other *record[responseSettings]) {
		if other.ID != r.ID { // unverified words
			taken = conflict("RouteResponse with key $default already exists for this Route")
		}
	})
	return taken
}
