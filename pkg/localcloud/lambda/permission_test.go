package lambda_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

const source = "arn:aws:execute-api:eu-west-1:111111111111:abcdefghij/plldb/$connect"

func allowed(t *testing.T, more ...string) map[string]any {
	t.Helper()
	p := servicetest.Parse(t, `{"FunctionName":"connect","Action":"lambda:InvokeFunction",
		"Principal":"apigateway.amazonaws.com","SourceArn":"`+source+`"}`)
	for _, text := range more {
		for name, value := range servicetest.Parse(t, text) {
			p[name] = value
		}
	}
	return p
}

// The statement that lets one route of one API call one function.
func TestTrap06(t *testing.T) {
	c := ready(t)
	made, err := c.Create("Permission", allowed(t, `{"SourceAccount":"111111111111"}`))
	if err != nil || !strings.HasPrefix(made.PhysicalID, "demo-Permission-") || made.Attributes["Id"] != made.PhysicalID {
		t.Fatalf("%v %v", made, err)
	}
	got := c.Do("GET", "connect/policy", "").Body
	want := `{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"` + made.PhysicalID + `","Effect":"Allow",` +
		`"Principal":{"Service":"apigateway.amazonaws.com"},"Action":"lambda:InvokeFunction","Resource":"` + arn + `",` +
		`"Condition":{"StringEquals":{"AWS:SourceAccount":"111111111111"},"ArnLike":{"AWS:SourceArn":"` + source + `"}}}]}`
	if got["Policy"] != want || len(got["RevisionId"].(string)) != 36 {
		t.Errorf("GetPolicy: %v\nwant\n%s", got, want)
	}
	read, err := c.Read("Permission", made.PhysicalID)
	if want := allowed(t, `{"SourceAccount":"111111111111"}`); err != nil || !reflect.DeepEqual(read, want) {
		t.Errorf("Read: %v %v", read, err)
	}
	if _, err := c.Update("Permission", made.PhysicalID, allowed(t)); !is(err, resource.NotUpdatable, "the permission") {
		t.Errorf("Update: %v", err)
	}
	if _, err := c.Delete("Permission", made.PhysicalID); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete("Permission", made.PhysicalID); !is(err, resource.NotFound, "Statement "+made.PhysicalID+" is not found in resource policy.") {
		t.Errorf("a second Delete: %v", err)
	}
	if got := c.Do("GET", "connect/policy", ""); got.Status != 404 {
		t.Errorf("GetPolicy of no policy: %v", got.Body)
	}
}

func TestPermissionsGoWithTheFunction(t *testing.T) {
	c := ready(t)
	made := c.Make("Permission", allowed(t))
	if _, err := c.Delete("Function", "connect"); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete("Permission", made.PhysicalID); !is(err, resource.NotFound, "Statement") {
		t.Errorf("%v", err)
	}
}

func TestRefusedPermissions(t *testing.T) {
	c := ready(t)
	for more, want := range map[string]string{
		`{"Principal":"amazonaws.com"}`: "The provided principal was invalid. Please check the principal and try again. (Service: Lambda",
		`{"Principal":"111111111111"}`:  "plldb's local cloud does not model the principal 111111111111",
		`{"Action":"s3:GetObject"}`:     "1 validation error detected: Value 's3:GetObject' at 'action'",
		`{"SourceArn":"here"}`:          "1 validation error detected: Value 'here' at 'sourceArn'",
		`{"SourceAccount":"1"}`:         "1 validation error detected: Value '1' at 'sourceAccount'",
		`{"PrincipalOrgID":"o-1"}`:      "plldb's local cloud does not model the property PrincipalOrgID of AWS::Lambda::Permission",
		`{"FunctionName":"connect:7"}`:  "plldb's local cloud does not model versions and aliases",
	} {
		if _, err := c.Create("Permission", allowed(t, more)); !is(err, resource.InvalidRequest, want) {
			t.Errorf("%s: %v", more, err)
		}
	}
	if _, err := c.Create("Permission", allowed(t, `{"FunctionName":"other"}`)); !is(err, resource.NotFound,
		"Function not found: "+strings.Replace(arn, "connect", "other", 1)) {
		t.Errorf("%v", err)
	}
	if got := c.Do("GET", "connect/policy", ""); got.Status != 404 {
		t.Errorf("something was permitted: %v", got.Body)
	}
}

func TestAddAndRemovePermission(t *testing.T) {
	c := ready(t)
	body := `{"StatementId":"one","Action":"lambda:InvokeFunction","Principal":"s3.amazonaws.com"}`
	got := c.Do("POST", "connect/policy", body)
	want := `{"Sid":"one","Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"lambda:InvokeFunction",` +
		`"Resource":"` + arn + `"}`
	if got.Status != 201 || got.Body["Statement"] != want {
		t.Errorf("AddPermission: %d %v", got.Status, got.Body)
	}
	if got := c.Do("POST", "connect/policy", body); got.Status != 409 ||
		!strings.HasPrefix(got.Refusal, "ResourceConflictException: The statement id (one) provided already exists.") {
		t.Errorf("twice: %v", got.Refusal)
	}
	if got := c.Do("DELETE", "connect/policy/one?RevisionId=x", ""); got.Status != 412 {
		t.Errorf("another revision: %v", got.Refusal)
	}
	if got := c.Do("DELETE", "connect/policy/one", ""); got.Status != 204 {
		t.Errorf("RemovePermission: %v", got.Refusal)
	}
	if got := c.Do("DELETE", "connect/policy/one", ""); got.Status != 404 ||
		got.Refusal != "ResourceNotFoundException: Statement one is not found in resource policy." {
		t.Errorf("RemovePermission again: %v", got.Refusal)
	}
}
