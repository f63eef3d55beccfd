package cloudformation_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/cloudformation"
)

// doors are the API's ways to a function: logical ids begin with the key, the value is the function's folder.
func doors() map[string]string {
	return map[string]string{
		"Connect":    "ws_api_connect_handler",
		"Disconnect": "ws_api_disconnect_handler",
		"Default":    "ws_api_default_handler",
		"Authorize":  "ws_api_authorize_handler",
	}
}

func TestR11AndR18FunctionsComeFromTheBucket(t *testing.T) {
	tpl := template(t)
	if n := len(tpl.ofType("AWS::Lambda::Function")); n != len(doors()) {
		t.Errorf("%d functions", n)
	}
	for door, folder := range doors() {
		f := tpl.properties(t, door+"Function", "AWS::Lambda::Function")
		same(t, door+"'s code", f["Code"], `{
			"S3Bucket": "plldb-core-infrastructure-eu-west-1-123456789012",
			"S3Key": "plldb/versions/0.1.0/lambda_functions/`+folder+`.zip",
			"S3ObjectVersion": "3sL4kqtJlcpXroDTDmJ.rmSpXd3dIbrHY"
		}`)
		same(t, door+"'s platform", []any{f["Runtime"], f["Architectures"], f["Handler"]},
			`["provided.al2023", ["arm64"], "bootstrap"]`)
		if f["ReservedConcurrentExecutions"] != nil {
			t.Errorf("%s reserves executions, which a new account cannot", door)
		}
	}
	if strings.Contains(string(cloudformation.Template()), "ZipFile") {
		t.Error("code stands in the template")
	}
}

// A log group without a name, made before the function that writes to it, which may make none.
func TestTrap08And56LogGroups(t *testing.T) {
	tpl := template(t)
	if n := len(tpl.ofType("AWS::Logs::LogGroup")); n != len(doors()) {
		t.Errorf("%d log groups", n)
	}
	for door := range doors() {
		same(t, door+"'s log group", tpl.properties(t, door+"LogGroup", "AWS::Logs::LogGroup"), `{"RetentionInDays": "14"}`)
		f := tpl.properties(t, door+"Function", "AWS::Lambda::Function")
		same(t, door+"'s logging", f["LoggingConfig"], `{"LogGroup": {"Ref": "`+door+`LogGroup"}}`)
	}
	if strings.Contains(string(cloudformation.Template()), "logs:CreateLogGroup") {
		t.Error("somebody may create log groups")
	}
}

func TestR17API(t *testing.T) {
	tpl := template(t)
	api := tpl.properties(t, "PLLDBAPI", "AWS::ApiGatewayV2::Api")
	if api["ProtocolType"] != "WEBSOCKET" || api["RouteSelectionExpression"] == nil {
		t.Errorf("the API is %v", api)
	}
	keys := map[string]string{}
	for id, r := range tpl.ofType("AWS::ApiGatewayV2::Route") {
		keys[id], _ = at(r, "Properties", "RouteKey").(string)
	}
	want := map[string]string{"ConnectRoute": "$connect", "DisconnectRoute": "$disconnect", "DefaultRoute": "$default"}
	if !maps.Equal(keys, want) {
		t.Errorf("routes %v", keys)
	}
	for id := range want {
		door := strings.TrimSuffix(id, "Route")
		route := tpl.properties(t, id, "AWS::ApiGatewayV2::Route")
		same(t, id+"'s target", route["Target"], `{"Fn::Sub": "integrations/${`+door+`Integration}"}`)
		same(t, door+"Integration", tpl.properties(t, door+"Integration", "AWS::ApiGatewayV2::Integration"), `{
			"ApiId": {"Ref": "PLLDBAPI"},
			"IntegrationType": "AWS_PROXY",
			"IntegrationMethod": "POST",
			"IntegrationUri": `+invocations(door)+`
		}`)
	}
}

func invocations(door string) string {
	return `{"Fn::Sub": "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${` + door +
		`Function.Arn}/invocations"}`
}

// With an identity source, a request without it would be answered 401 and the authorizer not asked (traps 5, 70).
func TestTrap05And70AuthorizerIsAlwaysAsked(t *testing.T) {
	tpl := template(t)
	same(t, "Authorizer", tpl.properties(t, "Authorizer", "AWS::ApiGatewayV2::Authorizer"), `{
		"ApiId": {"Ref": "PLLDBAPI"},
		"Name": "plldb",
		"AuthorizerType": "REQUEST",
		"AuthorizerUri": `+invocations("Authorize")+`
	}`)
	authorization := object{}
	for id, r := range tpl.ofType("AWS::ApiGatewayV2::Route") {
		authorization[id] = []any{at(r, "Properties", "AuthorizationType"), at(r, "Properties", "AuthorizerId")}
	}
	same(t, "authorization", authorization, `{
		"ConnectRoute": ["CUSTOM", {"Ref": "Authorizer"}],
		"DisconnectRoute": ["NONE", null],
		"DefaultRoute": ["NONE", null]
	}`)
}

func TestTrap06EachPermissionHasItsOwnSource(t *testing.T) {
	tpl := template(t)
	sources := map[string]string{
		"Connect": "plldb/$connect", "Disconnect": "plldb/$disconnect", "Default": "plldb/$default",
		"Authorize": "authorizers/${Authorizer}",
	}
	if n := len(tpl.ofType("AWS::Lambda::Permission")); n != len(sources) {
		t.Errorf("%d permissions", n)
	}
	for door, source := range sources {
		same(t, door+"Permission", tpl.properties(t, door+"Permission", "AWS::Lambda::Permission"), `{
			"FunctionName": {"Ref": "`+door+`Function"},
			"Action": "lambda:InvokeFunction",
			"Principal": "apigateway.amazonaws.com",
			"SourceArn": {"Fn::Sub":
				"arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${PLLDBAPI}/`+source+`"}
		}`)
	}
}

func TestTrap53DefaultAnswers(t *testing.T) {
	tpl := template(t)
	same(t, "DefaultRouteResponse", tpl.properties(t, "DefaultRouteResponse", "AWS::ApiGatewayV2::RouteResponse"), `{
		"ApiId": {"Ref": "PLLDBAPI"}, "RouteId": {"Ref": "DefaultRoute"}, "RouteResponseKey": "$default"
	}`)
	for id, r := range tpl.ofType("AWS::ApiGatewayV2::Route") {
		answers := at(r, "Properties", "RouteResponseSelectionExpression") == "$default"
		if answers != (id == "DefaultRoute") {
			t.Errorf("%s answers: %t", id, answers)
		}
	}
}

// The stage deploys itself, after everything that a deployment must hold (trap 4), throttled since everybody is let in,
// and without the logs that need a role of the whole account (traps 12, 55).
func TestTrap04And55Stage(t *testing.T) {
	tpl := template(t)
	same(t, "Stage", tpl.properties(t, "Stage", "AWS::ApiGatewayV2::Stage"), `{
		"ApiId": {"Ref": "PLLDBAPI"},
		"StageName": "plldb",
		"AutoDeploy": "true",
		"DefaultRouteSettings": {"ThrottlingRateLimit": "50", "ThrottlingBurstLimit": "100"}
	}`)
	var after []string
	for _, id := range at(tpl["Resources"], "Stage", "DependsOn").([]any) {
		after = append(after, id.(string))
	}
	want := slices.Concat(slices.Collect(maps.Keys(tpl.ofType("AWS::ApiGatewayV2::Route"))),
		slices.Collect(maps.Keys(tpl.ofType("AWS::ApiGatewayV2::RouteResponse"))))
	slices.Sort(after)
	slices.Sort(want)
	if !slices.Equal(after, want) {
		t.Errorf("the stage comes after %v, want %v", after, want)
	}
	for _, kind := range []string{"AWS::ApiGatewayV2::Deployment", "AWS::ApiGateway::Account"} {
		if n := len(tpl.ofType(kind)); n != 0 {
			t.Errorf("%d of %s", n, kind)
		}
	}
}

// Where the stage's name is written out it is the stage's name.
func TestStageNameIsTheSameEverywhere(t *testing.T) {
	tpl := template(t)
	name := tpl.properties(t, "Stage", "AWS::ApiGatewayV2::Stage")["StageName"].(string)
	b, err := json.Marshal(tpl)
	if err != nil {
		t.Fatal(err)
	}
	const api = "${AWS::AccountId}:${PLLDBAPI}/"
	for _, rest := range strings.Split(string(b), api)[1:] {
		if !strings.HasPrefix(rest, name+"/") && !strings.HasPrefix(rest, "authorizers/") {
			t.Errorf("%s%.30s names another stage than %s", api, rest, name)
		}
	}
}
