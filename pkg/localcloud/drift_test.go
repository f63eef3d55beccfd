package localcloud_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	template "github.com/plldb/plldb/cloudformation"
)

// call asks a service for which the tests have no SDK: an operation of AWS JSON or of the query protocol by its name, of
// REST-JSON by its method and path.
func (a *account) call(service, method, path, target string, body string) {
	a.Helper()
	r, err := http.NewRequestWithContext(a.Context(), method, a.server.URL+path, strings.NewReader(body))
	a.must(err)
	scope := "20261122/us-east-1/" + service + "/aws4_request"
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/"+scope)
	if target != "" {
		r.Header.Set("X-Amz-Target", target)
	}
	answer, err := a.config.HTTPClient.Do(r)
	a.must(err)
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode >= 300 {
		a.Fatalf("%s %s%s: %s %s %v", method, path, target, answer.Status, text, err)
	}
}

func (a *account) json(service, target string, body map[string]any) {
	a.Helper()
	text, err := json.Marshal(body)
	a.must(err)
	a.call(service, http.MethodPost, "/", target, string(text))
}

func (a *account) query(service, version, action string, params ...string) {
	a.Helper()
	form := url.Values{"Action": {action}, "Version": {version}}
	for i := 0; i < len(params); i += 2 {
		form.Set(params[i], params[i+1])
	}
	a.call(service, http.MethodPost, "/", "", form.Encode())
}

// drifts looks at a stack, and gives a line for each thing that is not as its template says: the resource and its status,
// and for each property the kind of the difference, its path, what it should be, and what it is.
func (a *account) drifts(name string) []string {
	a.Helper()
	begun, err := a.DetectStackDrift(a.Context(), &cloudformation.DetectStackDriftInput{StackName: &name})
	a.must(err)
	seen, err := a.DescribeStackDriftDetectionStatus(a.Context(),
		&cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: begun.StackDriftDetectionId})
	a.must(err)
	if seen.DetectionStatus != types.StackDriftDetectionStatusDetectionComplete {
		a.Fatalf("the look at %s is %s: %s", name, seen.DetectionStatus, aws.ToString(seen.DetectionStatusReason))
	}
	var drifts []types.StackResourceDrift
	in := &cloudformation.DescribeStackResourceDriftsInput{StackName: &name}
	for pages := cloudformation.NewDescribeStackResourceDriftsPaginator(a, in); pages.HasMorePages(); {
		page, err := pages.NextPage(a.Context())
		a.must(err)
		drifts = append(drifts, page.StackResourceDrifts...)
	}
	if len(drifts) != len(a.resources(name)) {
		a.Errorf("%d of %d resources were looked at", len(drifts), len(a.resources(name)))
	}
	var lines []string
	for _, r := range drifts {
		if r.StackResourceDriftStatus == types.StackResourceDriftStatusInSync {
			continue
		}
		lines = append(lines, fmt.Sprintf("%s %s", *r.LogicalResourceId, r.StackResourceDriftStatus))
		for _, d := range r.PropertyDifferences {
			lines = append(lines, fmt.Sprintf("  %s %s %s -> %s", d.DifferenceType, *d.PropertyPath, *d.ExpectedValue,
				*d.ActualValue))
		}
	}
	return lines
}

// Of plldb's own template nothing drifts by itself. What somebody changes or removes is seen, and nothing else, not even
// what the same call changed that the template leaves open.
func TestDriftOfTheTemplate(t *testing.T) {
	leavesNothing(t)
	a := newAccount(t)
	a.deploy("plldb", a.render(template.Template()))
	if got := a.drifts("plldb"); got != nil {
		t.Fatalf("untouched, it has drifted:\n%s", strings.Join(got, "\n"))
	}
	id := a.resources("plldb")
	api := "/v2/apis/" + id["PLLDBAPI"]
	a.json("dynamodb", "DynamoDB_20120810.UpdateTable", map[string]any{
		"TableName": id["PLLDBDebugger"], "DeletionProtectionEnabled": true, "BillingMode": "PROVISIONED",
		"ProvisionedThroughput": map[string]int{"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
	})
	a.json("logs", "Logs_20140328.DeleteLogGroup", map[string]any{"logGroupName": id["DefaultLogGroup"]})
	a.json("logs", "Logs_20140328.PutRetentionPolicy",
		map[string]any{"logGroupName": id["ConnectLogGroup"], "retentionInDays": 30})
	a.call("lambda", http.MethodPut, "/2015-03-31/functions/"+id["ConnectFunction"]+"/configuration", "",
		`{"Timeout":20,"Environment":{"Variables":{"NAME":"value"}}}`)
	a.call("lambda", http.MethodDelete, "/2015-03-31/functions/"+id["DisconnectFunction"]+"/policy/"+
		id["DisconnectPermission"], "", "")
	a.query("iam", "2010-05-08", "PutRolePolicy", "RoleName", id["PLLDBServiceRole"], "PolicyName", "AssumeManagerRole",
		"PolicyDocument", `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}]}`)
	a.query("iam", "2010-05-08", "UpdateRole", "RoleName", id["PLLDBDebuggerRole"], "MaxSessionDuration", "7200")
	a.call("apigateway", http.MethodPatch, api+"/stages/plldb", "", `{"defaultRouteSettings":{"throttlingRateLimit":500}}`)
	a.call("apigateway", http.MethodDelete, api+"/routes/"+id["DefaultRoute"]+"/routeresponses/"+
		id["DefaultRouteResponse"], "", "")
	want := []string{
		"ConnectFunction MODIFIED",
		"  NOT_EQUAL /Timeout 10 -> 20",
		"ConnectLogGroup MODIFIED",
		"  NOT_EQUAL /RetentionInDays 14 -> 30",
		"DefaultLogGroup DELETED",
		"DefaultRouteResponse DELETED",
		"DisconnectPermission DELETED",
		"PLLDBDebugger MODIFIED",
		"  NOT_EQUAL /BillingMode PAY_PER_REQUEST -> PROVISIONED",
		"PLLDBDebuggerRole MODIFIED",
		"  NOT_EQUAL /MaxSessionDuration 3600 -> 7200",
		"ServiceRoleAssumesManagerRole MODIFIED",
		"  NOT_EQUAL /PolicyDocument/Statement/0/Resource arn:aws:iam::000000000000:role/" + id["PLLDBManagerRole"] + " -> *",
		"Stage MODIFIED",
		"  NOT_EQUAL /DefaultRouteSettings/ThrottlingRateLimit 50 -> 500",
	}
	if got := a.drifts("plldb"); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Whoever replaces a function's code is not seen: Lambda does not tell where its code is from. Nor are tags that the
// template does not set.
func TestWhatDriftDetectionDoesNotSee(t *testing.T) {
	leavesNothing(t)
	a := newAccount(t)
	a.deploy("plldb", a.render(template.Template()))
	function := a.resources("plldb")["ConnectFunction"]
	a.put("other.zip", a.packed("other"))
	a.call("lambda", http.MethodPut, "/2015-03-31/functions/"+function+"/code", "",
		`{"S3Bucket":"packages","S3Key":"other.zip"}`)
	a.call("lambda", http.MethodPost, "/2017-03-31/tags/"+url.PathEscape(
		"arn:aws:lambda:us-east-1:000000000000:function:"+function), "", `{"Tags":{"plldb:debug":"true"}}`)
	if got := a.drifts("plldb"); got != nil {
		t.Errorf("seen:\n%s", strings.Join(got, "\n"))
	}
}
