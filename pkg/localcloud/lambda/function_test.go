package lambda_test

import (
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

const arn = "arn:aws:lambda:eu-west-1:111111111111:function:connect"

func TestFunctionResource(t *testing.T) {
	c := newCloud(t)
	code := packed(t, "bootstrap", "one")
	c.upload("connect.zip", "v1", code)
	properties := connect(t, "v1")
	delete(properties, "FunctionName")
	made, err := c.Create("Function", properties)
	if err != nil || !strings.HasPrefix(made.PhysicalID, "demo-Function-") || len(made.PhysicalID) > 64 {
		t.Fatalf("%v %v", made, err)
	}
	name := made.PhysicalID
	named := strings.Replace(arn, "connect", name, 1)
	if !reflect.DeepEqual(made.Attributes, map[string]any{"Arn": named}) {
		t.Errorf("attributes: %v", made.Attributes)
	}
	got := c.Do("GET", name+"/configuration", "").Body
	if got["State"] != "Pending" || got["StateReasonCode"] != "Creating" || got["LastUpdateStatus"] != nil {
		t.Errorf("while it is made: %v", got)
	}
	c.Hand.Turn(made.Takes)
	got = c.Do("GET", name+"/configuration", "").Body
	if len(got["RevisionId"].(string)) != 36 {
		t.Errorf("RevisionId: %v", got["RevisionId"])
	}
	delete(got, "RevisionId")
	sum := sha256.Sum256(code)
	want := map[string]any{
		"FunctionName": name, "FunctionArn": named, "Runtime": "provided.al2023", "Handler": "bootstrap",
		"Role": "arn:aws:iam::111111111111:role/service", "CodeSize": float64(len(code)),
		"CodeSha256": base64.StdEncoding.EncodeToString(sum[:]), "Description": "a client connects", "Timeout": 10.,
		"MemorySize": 128., "LastModified": "2026-01-02T12:00:00.000+0000", "Version": "$LATEST",
		"TracingConfig": map[string]any{"Mode": "PassThrough"}, "PackageType": "Zip", "Architectures": []any{"arm64"},
		"EphemeralStorage": map[string]any{"Size": 512.}, "State": "Active", "LastUpdateStatus": "Successful",
		"SnapStart":     map[string]any{"ApplyOn": "None", "OptimizationStatus": "Off"},
		"LoggingConfig": map[string]any{"LogFormat": "Text", "LogGroup": "demo-log"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("GetFunctionConfiguration:\n%v\nwant\n%v", got, want)
	}
	if _, err := c.Delete("Function", name); err != nil {
		t.Fatal(err)
	}
	if got := c.Do("GET", name, ""); got.Status != 404 || got.Refusal != "ResourceNotFoundException: Function not found: "+named {
		t.Errorf("after Delete: %v", got.Refusal)
	}
	if _, err := c.Delete("Function", name); !is(err, resource.NotFound, "Function not found: "+named+" (Service: Lambda, Status Code: 404") {
		t.Errorf("a second Delete: %v", err)
	}
}

func TestGetFunction(t *testing.T) {
	c := ready(t)
	got := c.Do("GET", "connect", "").Body
	if want := map[string]any{"team": "blue", "aws:cloudformation:stack-name": "demo"}; !reflect.DeepEqual(got["Tags"], want) {
		t.Errorf("tags: %v", got["Tags"])
	}
	code := got["Code"].(map[string]any)
	at, ok := strings.CutPrefix(code["Location"].(string), "http://example.com")
	if code["RepositoryType"] != "S3" || !ok {
		t.Fatalf("code: %v", code)
	}
	// The address needs no signature in its header.
	if got := c.Call("", "", "GET", at, ""); string(got.Raw) != string(packed(t, "bootstrap", "one")) {
		t.Errorf("the code at %s: %d %q", at, got.Status, got.Raw)
	}
	for _, name := range []string{arn, "111111111111:function:connect", "connect:$LATEST", "connect?Qualifier=$LATEST"} {
		path := strings.ReplaceAll(strings.ReplaceAll(name, ":", "%3A"), "%3A$", ":$")
		if got := c.Do("GET", path, ""); got.Status != 200 || got.Body["Configuration"].(map[string]any)["FunctionArn"] != arn {
			t.Errorf("%s: %v", name, got.Refusal)
		}
	}
	tags := c.Call("AKIDA", "eu-west-1", "GET", "/2017-03-31/tags/"+strings.ReplaceAll(arn, ":", "%3A"), "")
	if tags.Body["Tags"].(map[string]any)["team"] != "blue" {
		t.Errorf("ListTags: %v", tags.Body)
	}
}

func TestRefusedCalls(t *testing.T) {
	c := ready(t)
	for _, k := range []struct {
		method, path string
		status       int
		want         string
	}{
		{"GET", "other", 404, "ResourceNotFoundException: Function not found: " + strings.Replace(arn, "connect", "other", 1)},
		{"GET", "a%20b", 400, "ValidationException: 1 validation error detected: Value 'a b' at 'functionName'"},
		{"GET", "connect?Qualifier=7", 400, "InvalidParameterValueException: plldb's local cloud does not model versions"},
		{"GET", "connect?Odd=1", 400, "InvalidParameterValueException: plldb's local cloud does not model the parameter Odd"},
		{"GET", "arn:aws:lambda:us-east-1:111111111111:function:connect", 404, "ResourceNotFoundException: Functions from"},
		{"GET", "222222222222:function:connect", 400, "AccessDeniedException: plldb's local cloud does not model functions of"},
		{"GET", "connect/policy", 404, "ResourceNotFoundException: The resource you requested does not exist."},
		{"POST", "connect/invocations", 400, "UnknownOperationException: plldb's local cloud does not model Invoke"},
		{"POST", "other/invocations", 404, "ResourceNotFoundException: Function not found"},
		{"POST", "", 400, "UnknownOperationException: plldb's local cloud does not model Lambda's POST"},
		{"PUT", "connect/configuration", 400, "ValidationException: plldb's local cloud does not model the parameter"},
	} {
		if got := c.Do(k.method, k.path, `{"Layers":[]}`); got.Status != k.status || !strings.HasPrefix(got.Refusal, k.want) {
			t.Errorf("%s %s: %d %s", k.method, k.path, got.Status, got.Refusal)
		}
	}
	if got := c.Call("", "", "GET", c.Root+"connect?X-Amz-Credential=AKIDX/20260102/eu-west-1/lambda/aws4_request", ""); got.Status != 403 {
		t.Errorf("a strange key: %d %s", got.Status, got.Refusal)
	}
}

func TestListFunctions(t *testing.T) {
	c := ready(t)
	for _, name := range []string{"a", "b", "d"} {
		c.Make("Function", connect(t, "v1", `{"FunctionName":"`+name+`"}`))
	}
	var names []string
	marker, pages := "", 0
	for {
		page := c.Do("GET", "?MaxItems=3&Marker="+marker, "").Body
		for _, f := range page["Functions"].([]any) {
			names = append(names, f.(map[string]any)["FunctionName"].(string))
			if f.(map[string]any)["State"] != nil {
				t.Error("a list tells no states")
			}
		}
		pages++
		if marker, _ = page["NextMarker"].(string); marker == "" {
			break
		}
	}
	if !slices.Equal(names, []string{"a", "b", "connect", "d"}) || pages != 2 {
		t.Errorf("%v in %d pages", names, pages)
	}
	if got := c.Call("AKIDB", "eu-west-1", "GET", c.Root, ""); len(got.Body["Functions"].([]any)) != 0 {
		t.Errorf("another account sees %v", got.Body)
	}
}

// A change that nobody told CloudFormation shows in Read.
func TestUpdateFunctionConfiguration(t *testing.T) {
	c := ready(t)
	before := c.Do("GET", "connect/configuration", "").Body["RevisionId"]
	got := c.Do("PUT", "connect/configuration", `{"Timeout":20,"Environment":{"Variables":{"STAGE":"test"}}}`)
	if got.Body["LastUpdateStatus"] != "InProgress" || got.Body["Timeout"] != 20. || got.Body["RevisionId"] == before {
		t.Errorf("%v", got.Body)
	}
	if got := c.Do("PUT", "connect/configuration", `{"Timeout":21}`); got.Status != 409 || got.Refusal !=
		"ResourceConflictException: The operation cannot be performed at this time. An update is in progress for resource: "+arn {
		t.Errorf("at once again: %s", got.Refusal)
	}
	c.Hand.Turn(6e9)
	got = c.Do("GET", "connect/configuration", "")
	if got.Body["LastUpdateStatus"] != "Successful" || got.Body["Description"] != "a client connects" {
		t.Errorf("%v", got.Body)
	}
	for body, want := range map[string]string{
		`{"Timeout":901}`: "ValidationException: 1 validation error detected: Value '901' at 'timeout' failed to satisfy " +
			"constraint: Member must have value less than or equal to 900",
		`{"RevisionId":"x"}`: "PreconditionFailedException: The Revision Id provided does not match",
	} {
		if got := c.Do("PUT", "connect/configuration", body); !strings.HasPrefix(got.Refusal, want) {
			t.Errorf("%s: %s", body, got.Refusal)
		}
	}
	read, err := c.Read("Function", "connect")
	if err != nil || !reflect.DeepEqual(read["LoggingConfig"], map[string]any{"LogGroup": "demo-log"}) {
		t.Errorf("Read: %v %v", read["LoggingConfig"], err)
	}
	if read["Timeout"] != 20. || read["MemorySize"] != 128. ||
		!reflect.DeepEqual(read["Environment"], servicetest.Parse(t, `{"Variables":{"STAGE":"test"}}`)) {
		t.Errorf("Read: %v", read)
	}
	if !reflect.DeepEqual(read["Code"], connect(t, "v1")["Code"]) {
		t.Errorf("Read: %v", read["Code"])
	}
}

// The same key with another version is another code; the same words are none, whatever lies there now.
func TestTrap01(t *testing.T) {
	c := ready(t)
	sha := func() any { return c.Do("GET", "connect/configuration", "").Body["CodeSha256"] }
	first := sha()
	c.upload("connect.zip", "v1", packed(t, "bootstrap", "changed in place"))
	made, err := c.Update("Function", "connect", connect(t, "v1", `{"Timeout":11}`))
	if err != nil || sha() != first {
		t.Fatalf("the same version: %v", err)
	}
	if _, err := c.Update("Function", "connect", connect(t, "v1")); !is(err, resource.Conflict, "The operation cannot be performed") {
		t.Errorf("while it changes: %v", err)
	}
	c.Hand.Turn(made.Takes)
	c.upload("connect.zip", "v2", packed(t, "bootstrap", "two"))
	if _, err := c.Update("Function", "connect", connect(t, "v2")); err != nil || sha() == first {
		t.Fatalf("another version: %v", err)
	}
	if got := c.Do("GET", "connect/configuration", "").Body["LastUpdateStatus"]; got != "InProgress" {
		t.Errorf("LastUpdateStatus: %v", got)
	}
}

// A function keeps its code when the object goes, and lets it go with itself.
func TestCodeIsCopied(t *testing.T) {
	c := ready(t)
	location := func() string {
		at := c.Do("GET", "connect", "").Body["Code"].(map[string]any)["Location"].(string)
		return strings.TrimPrefix(at, "http://example.com")
	}
	sum := c.objects["bucket/connect.zip/v1"]
	c.forget("connect.zip", "v1")
	if got := c.Call("", "", "GET", location(), ""); got.Status != 200 || len(got.Raw) == 0 {
		t.Errorf("without the object: %d %s", got.Status, got.Raw)
	}
	if got := c.Do("DELETE", "connect", ""); got.Status != 204 || len(got.Raw) != 0 {
		t.Errorf("DeleteFunction: %d %s", got.Status, got.Raw)
	}
	if _, err := c.Read("Function", "connect"); !is(err, resource.NotFound, "Function not found: "+arn) {
		t.Errorf("Read of a deleted function: %v", err)
	}
	_, err := servicetest.Within(c.Cloud, func(tx *store.Tx) ([]byte, error) { return store.Bytes(tx, sum), nil })
	if err == nil {
		t.Error("the code is still there")
	}
}
