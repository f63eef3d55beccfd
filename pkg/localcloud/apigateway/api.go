package apigateway

import (
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const apisTable = "apigateway.apis"

// apiSettings are an API's.
type apiSettings struct {
	Name                     string            `json:"name"`
	Description              string            `json:"description,omitempty"`
	ProtocolType             string            `json:"protocolType"`
	RouteSelectionExpression string            `json:"routeSelectionExpression"`
	Version                  string            `json:"version,omitempty"`
	CorsConfiguration        any               `json:"corsConfiguration,omitempty"` // refused in API Gateway's words
	Tags                     map[string]string `json:"tags,omitempty"`
}

func (apiSettings) of() (api, route string) { return "", "" }

func apis() *kind[apiSettings] {
	return &kind[apiSettings]{
		typeName: apiTypeName, table: apisTable, what: "API", idName: "apiId", idLength: 10, takes: partTakes,
		check: checkAPI, release: releaseAPI, show: showAPI,
	}
}

// checkAPI says what API Gateway has against an API. Where no other source is named, the words in this package are
// those that badmintoncryer/cdk-preflight measured, rule by rule, in deployments.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis.html
func checkAPI(_ *store.Tx, _ wire.Place, r *record[apiSettings], _ *apiSettings) error {
	s := &r.Settings
	switch {
	case s.ProtocolType == "HTTP":
		return unmodelled("HTTP APIs, only WebSocket ones")
	case s.ProtocolType != "WEBSOCKET": // unverified words
		return bad("Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]")
	case s.Name == "" || len(s.Name) > 128: // unverified words
		return bad("Invalid API name specified")
	case !strings.HasPrefix(s.RouteSelectionExpression, "$"):
		return bad("Invalid routeSelectionExpression")
	case !readable(s.RouteSelectionExpression):
		return unmodelled("the route selection expression %s, only those of $request.body", s.RouteSelectionExpression)
	case s.CorsConfiguration != nil:
		return bad("Cors is not supported for WEBSOCKET protocolType")
	case len(s.Description) > 1024: // unverified words
		return bad("Invalid description: at most 1024 characters")
	}
	return nil
}

// releaseAPI removes the API's parts, as DeleteApi does.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html#apis-apiiddelete
func releaseAPI(tx *store.Tx, at wire.Place, r *record[apiSettings]) error {
	dropAll(tx, at, r.ID, authorizers())
	dropAll(tx, at, r.ID, integrations())
	dropAll(tx, at, r.ID, routes())
	dropAll(tx, at, r.ID, responses())
	dropAll(tx, at, r.ID, stages())
	return nil
}

func dropAll[T settings](tx *store.Tx, at wire.Place, api string, k *kind[T]) {
	k.each(tx, at, api+"/", func(r *record[T]) { store.Delete(tx, k.table, r.key()) })
}

func showAPI(at wire.Place, r *record[apiSettings], m map[string]any) {
	m["apiEndpoint"], m["createdDate"] = endpoint(at, r.ID), r.Created
	m["apiKeySelectionExpression"] = "$request.header.x-api-key"
	m["disableExecuteApiEndpoint"], m["ipAddressType"] = false, "ipv4"
	m["tags"] = r.AllTags
}

// endpoint is where an API would be served.
// https://docs.aws.amazon.com/general/latest/gr/apigateway.html
func endpoint(at wire.Place, api string) string {
	suffix := "amazonaws.com"
	switch at.Partition {
	case "aws-cn":
		suffix = "amazonaws.com.cn"
	case "aws-eusc":
		suffix = "amazonaws.eu"
	}
	return "wss://" + api + ".execute-api." + at.Region + "." + suffix
}
