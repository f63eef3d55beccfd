package apigateway

import (
	"regexp"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// identity is where a WebSocket API's authorizer may look.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
var identity = regexp.MustCompile(
	`^(route\.request\.(header|querystring)\.[^ ]+|context\.[^ ]+|stageVariables\.[^ ]+)$`)

// authorizerSettings are an authorizer's. One without an identity source is asked about every request.
type authorizerSettings struct {
	APIID          string   `json:"apiId"`
	AuthorizerType string   `json:"authorizerType"`
	AuthorizerURI  string   `json:"authorizerUri"`
	IdentitySource []string `json:"identitySource,omitempty"`
	Name           string   `json:"name"`
}

func (s authorizerSettings) of() (api, route string) { return s.APIID, "" }

func authorizers() *kind[authorizerSettings] {
	return &kind[authorizerSettings]{
		typeName: authorizerTypeName, table: "apigateway.authorizers", what: "Authorizer", idName: "authorizerId",
		idLength: 6, takes: partTakes, check: checkAuthorizer, release: releaseAuthorizer,
	}
}

// checkAuthorizer does not ask for an identity source, although the SDKs do: hashicorp/terraform-provider-aws'
// TestAccAPIGatewayV2Authorizer_basic makes one without.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html
func checkAuthorizer(tx *store.Tx, at wire.Place, r *record[authorizerSettings], _ *authorizerSettings) error {
	s := &r.Settings
	switch {
	case s.AuthorizerType != "REQUEST":
		return bad("Only REQUEST authorizer type is supported on WEBSOCKET protocol Apis.")
	case s.AuthorizerURI == "":
		return bad("AuthorizerUri is a required field in an Authorizer")
	case !invocation.MatchString(s.AuthorizerURI):
		return bad("Invalid Authorizer URI: %s. Authorizer URI should be a valid API Gateway ARN that represents a "+
			"Lambda function invocation.", s.AuthorizerURI)
	case s.Name == "" || len(s.Name) > 128: // unverified words
		return bad("Invalid authorizer name specified")
	}
	for _, source := range s.IdentitySource {
		if !identity.MatchString(source) {
			return bad("Invalid request identity source expression: %s", source)
		}
	}
	var taken error
	authorizers().each(tx, at, r.APIID+"/", func(other *record[authorizerSettings]) {
		if other.ID != r.ID && other.Settings.Name == s.Name { // the words of REST APIs; unverified here
			taken = bad("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", s.Name)
		}
	})
	return taken
}

// releaseAuthorizer refuses to remove what a route still asks.
// https://github.com/anomalyco/sst/issues/5586
func releaseAuthorizer(tx *store.Tx, at wire.Place, r *record[authorizerSettings]) error {
	var used error
	routes().each(tx, at, r.APIID+"/", func(route *record[routeSettings]) {
		if route.Settings.AuthorizerID == r.ID && used == nil {
			used = conflict("Cannot delete authorizer '%s', is referenced in route: %s", r.Settings.Name,
				route.Settings.RouteKey)
		}
	})
	return used
}
