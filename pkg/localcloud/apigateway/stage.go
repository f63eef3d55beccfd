package apigateway

import (
	"regexp"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// stageName has hyphens too: hashicorp/terraform-provider-aws' TestAccAPIGatewayV2Stage tests have them in their names.
var stageName = regexp.MustCompile(`^[a-zA-Z0-9_-]{1,128}$`)

// stageSettings are a stage's.
type stageSettings struct {
	APIID                string            `json:"apiId"`
	AccessLogSettings    any               `json:"accessLogSettings,omitempty"` // refused in API Gateway's words
	AutoDeploy           bool              `json:"autoDeploy"`
	DefaultRouteSettings *throttle         `json:"defaultRouteSettings,omitempty"`
	DeploymentID         string            `json:"deploymentId,omitempty"` // refused
	Description          string            `json:"description,omitempty"`
	StageName            string            `json:"stageName"`
	Tags                 map[string]string `json:"tags,omitempty"`
}

// throttle are the settings of a stage's routes.
type throttle struct {
	DataTraceEnabled       bool     `json:"dataTraceEnabled,omitempty"`
	DetailedMetricsEnabled bool     `json:"detailedMetricsEnabled,omitempty"`
	LoggingLevel           string   `json:"loggingLevel,omitempty"`
	ThrottlingBurstLimit   *int     `json:"throttlingBurstLimit,omitempty"`
	ThrottlingRateLimit    *float64 `json:"throttlingRateLimit,omitempty"`
}

func (s stageSettings) of() (api, route string) { return s.APIID, "" }

func stages() *kind[stageSettings] {
	return &kind[stageSettings]{
		typeName: stageTypeName, table: "apigateway.stages", what: "stage", idName: "stageName", takes: stageTakes,
		check: checkStage, show: showStage,
	}
}

// checkStage says what API Gateway has against a stage.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid-stages.html
func checkStage(tx *store.Tx, at wire.Place, r *record[stageSettings], before *stageSettings) error {
	s := &r.Settings
	if !stageName.MatchString(s.StageName) {
		return bad("Stage name only allows a-zA-Z0-9_")
	}
	r.ID = s.StageName
	if before == nil {
		if _, err := stages().get(tx, at, r.APIID+"/"+s.StageName); err == nil { // the words of REST APIs; unverified here
			return conflict("Stage already exists")
		}
	}
	switch {
	case s.AutoDeploy && s.DeploymentID != "": // go-to-k/cdk-real-drift#667
		return bad("Deployment ID cannot be set on this stage %s:%s because AutoDeploy is enabled.", at.Account, r.APIID)
	case s.DeploymentID != "":
		return unmodelled("deployments: a stage deploys itself (AutoDeploy)")
	case s.AccessLogSettings != nil: // anomalyco/sst#1556
		return noLogs()
	}
	return s.DefaultRouteSettings.check()
}

// noLogs is the answer of an account without a role for logs, which is the only kind there is here.
func noLogs() error {
	return bad("CloudWatch Logs role ARN must be set in account settings to enable logging")
}

func (t *throttle) check() error {
	switch {
	case t == nil:
		return nil
	case t.LoggingLevel != "" && t.LoggingLevel != "OFF" || t.DataTraceEnabled:
		return noLogs()
	case t.DetailedMetricsEnabled:
		return unmodelled("detailed metrics")
	case t.ThrottlingBurstLimit != nil && *t.ThrottlingBurstLimit < 0: // unverified words
		return bad("Invalid throttling burst limit specified: %d", *t.ThrottlingBurstLimit)
	case t.ThrottlingRateLimit != nil && *t.ThrottlingRateLimit < 0: // unverified words
		return bad("Invalid throttling rate limit specified: %g", *t.ThrottlingRateLimit)
	}
	return nil
}

// showStage tells of a deployment in words that are unverified.
func showStage(_ wire.Place, r *record[stageSettings], m map[string]any) {
	m["createdDate"], m["lastUpdatedDate"] = r.Created, r.Changed
	m["routeSettings"], m["stageVariables"] = map[string]any{}, map[string]any{}
	m["tags"] = r.AllTags
	if defaults, ok := m["defaultRouteSettings"].(map[string]any); ok { // what is on is refused
		defaults["dataTraceEnabled"], defaults["detailedMetricsEnabled"] = false, false
	}
	if r.DeploymentID != "" {
		m["deploymentId"] = r.DeploymentID
		m["lastDeploymentStatusMessage"] = "Successfully deployed stage with deployment ID '" + r.DeploymentID + "'"
	}
}

// deploy gives the stages of an API that deploy themselves what the API is now: such a stage always serves the API as
// it stands, and a stage that does not was never deployed. That each change of the API makes one deployment is
// unverified.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html
func deploy(tx *store.Tx, at wire.Place, api string, now time.Time) {
	k := stages()
	k.each(tx, at, api+"/", func(r *record[stageSettings]) {
		if r.Settings.AutoDeploy {
			r.DeploymentID, r.Changed = newID(6), stamp(now)
			store.Put(tx, k.table, r.key(), *r)
		}
	})
}
