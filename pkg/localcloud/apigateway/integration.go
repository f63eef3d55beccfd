package apigateway

import (
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// invocation is the address under which API Gateway calls a function.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-develop-routes-integrations.html
var invocation = regexp.MustCompile(
	`^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path/2015-03-31/functions/` +
		`(arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[a-zA-Z0-9-_]+)/invocations$`)

// integrationSettings are an integration's: what a route calls.
type integrationSettings struct {
	APIID                string `json:"apiId"`
	ConnectionType       string `json:"connectionType,omitempty"`
	Description          string `json:"description,omitempty"`
	IntegrationMethod    string `json:"integrationMethod,omitempty"`
	IntegrationType      string `json:"integrationType"`
	IntegrationURI       string `json:"integrationUri"`
	PassthroughBehavior  string `json:"passthroughBehavior,omitempty"`
	PayloadFormatVersion string `json:"payloadFormatVersion,omitempty"`
	TimeoutInMillis      *int   `json:"timeoutInMillis,omitempty"`
}

func (s integrationSettings) of() (api, route string) { return s.APIID, "" }

func integrations() *kind[integrationSettings] {
	return &kind[integrationSettings]{
		typeName: integrationTypeName, table: "apigateway.integrations", what: "Integration", idName: "integrationId",
		idLength: 7, takes: partTakes, check: checkIntegration, release: releaseIntegration, show: showIntegration,
	}
}

// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-integrations.html
func checkIntegration(_ *store.Tx, _ wire.Place, r *record[integrationSettings], _ *integrationSettings) error {
	s := &r.Settings
	switch {
	case slices.Contains([]string{"AWS", "HTTP", "HTTP_PROXY", "MOCK"}, s.IntegrationType):
		return unmodelled("integrations of the type %s, only AWS_PROXY", s.IntegrationType)
	case s.IntegrationType != "AWS_PROXY": // unverified words
		return bad("Invalid integration type specified: %s", s.IntegrationType)
	case s.ConnectionType != "" && s.ConnectionType != "INTERNET":
		return unmodelled("integrations by %s", s.ConnectionType)
	case !invocation.MatchString(s.IntegrationURI): // the words of REST APIs; unverified here
		return bad("Invalid ARN specified in the request")
	case s.IntegrationMethod != "" && s.IntegrationMethod != "POST":
		return unmodelled("integrations with the method %s, only POST, which functions are called with", s.IntegrationMethod)
	case s.PayloadFormatVersion != "" && s.PayloadFormatVersion != "1.0":
		return bad("Unsupported PayloadFormatVersion: %s", s.PayloadFormatVersion)
	case s.PassthroughBehavior != "" && s.PassthroughBehavior != "WHEN_NO_MATCH":
		return unmodelled("the passthrough behavior %s", s.PassthroughBehavior)
	case s.TimeoutInMillis != nil && (*s.TimeoutInMillis < 50 || *s.TimeoutInMillis > 29000):
		return bad("Timeout should be between 50 ms and 29000 ms")
	}
	return nil
}

// releaseIntegration refuses to remove what a route still calls.
// https://github.com/milliHQ/terraform-aws-next-js/issues/247
func releaseIntegration(tx *store.Tx, at wire.Place, r *record[integrationSettings]) error {
	var using []string
	routes().each(tx, at, r.APIID+"/", func(route *record[routeSettings]) {
		if route.Settings.Target == target+r.ID {
			using = append(using, route.ID)
		}
	})
	if len(using) > 0 {
		return conflict("Cannot delete Integration because it is referenced by the following Routes with Ids: [%s]",
			strings.Join(using, ", "))
	}
	return nil
}

func showIntegration(_ wire.Place, _ *record[integrationSettings], m map[string]any) {
	defaults := map[string]any{
		"connectionType": "INTERNET", "integrationMethod": "POST", "passthroughBehavior": "WHEN_NO_MATCH",
		"payloadFormatVersion": "1.0", "timeoutInMillis": 29000,
		"integrationResponseSelectionExpression": "${integration.response.statuscode}",
	}
	for name, value := range defaults {
		if m[name] == nil {
			m[name] = value
		}
	}
}
