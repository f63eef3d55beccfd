package lambda_test

import (
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

const arn = "arn:aws:lambda:eu-west-1:111111111111:function:connect"

func TestFunctionResource(t *testing.T) {
	c := newCloud(t)
	code := packed(t, "bootstrap", "one")
	c.upload("connect.zip", "v1", code)
	properties := connect(t, "v1")
	delete(properties, "FunctionName")
	made, err := c.create(c.function, properties)
	if err != nil || !strings.HasPrefix(made.PhysicalID, "demo-Connect-") || len(made.PhysicalID) > 64 {
		t.Fatalf("%v %v", made, err)
	}
	name := made.PhysicalID
	named := strings.Replace(arn, "connect", name, 1)
	if !reflect.DeepEqual(made.Attributes, map[string]any{"Arn": named}) {
		t.Errorf("attributes: %v", made.Attributes)
	}
	got := c.do("GET", name+"/configuration", "").body
	if got["State"] != "Pending" || got["StateReasonCode"] != "Creating" || got["LastUpdateStatus"] != nil {
		t.Errorf("while it is made: %v", got)
	}
	c.hand.Turn(made.Takes)
	got = c.do("GET", name+"/configuration", "").body
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
	if _, err := c.remove(c.function, name); err != nil {
		t.Fatal(err)
	}
	if got := c.do("GET", name, ""); got.status != 404 || got.message() != "ResourceNotFoundException: Function not found: "+named {
		t.Errorf("after Delete: %v", got.message())
	}
	if _, err := c.remove(c.function, name); !is(err, resource.NotFound, "Function not found: "+named+" (Service: Lambda, Status Code: 404") {
		t.Errorf("a second Delete: %v", err)
	}
}

func TestGetFunction(t *testing.T) {
	c := ready(t)
	got := c.do("GET", "connect", "").body
	if want := map[string]any{"team": "blue", "aws:cloudformation:stack-name": "demo"}; !reflect.DeepEqual(got["Tags"], want) {
		t.Errorf("tags: %v", got["Tags"])
	}
	code := got["Code"].(map[string]any)
	at, ok := strings.CutPrefix(code["Location"].(string), "http://example.com")
	if code["RepositoryType"] != "S3" || !ok {
		t.Fatalf("code: %v", code)
	}
	// The address needs no signature in its header.
	if got := c.send("", "", "GET", at, ""); string(got.raw) != string(packed(t, "bootstrap", "one")) {
		t.Errorf("the code at %s: %d %q", at, got.status, got.raw)
	}
	for _, name := range []string{arn, "111111111111:function:connect", "connect:$LATEST", "connect?Qualifier=$LATEST"} {
		path := strings.ReplaceAll(strings.ReplaceAll(name, ":", "%3A"), "%3A$", ":$")
		if got := c.do("GET", path, ""); got.status != 200 || got.body["Configuration"].(map[string]any)["FunctionArn"] != arn {
			t.Errorf("%s: %v", name, got.message())
		}
	}
	tags := c.send("AKIDA", "eu-west-1", "GET", "/2017-03-31/tags/"+strings.ReplaceAll(arn, ":", "%3A"), "")
	if tags.body["Tags"].(map[string]any)["team"] != "blue" {
		t.Errorf("ListTags: %v", tags.body)
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
		if got := c.do(k.method, k.path, `{"Layers":[]}`); got.status != k.status || !strings.HasPrefix(got.message(), k.want) {
			t.Errorf("%s %s: %d %s", k.method, k.path, got.status, got.message())
		}
	}
	if got := c.send("", "", "GET", functionsPath+"connect?X-Amz-Credential=AKIDX/20260102/eu-west-1/lambda/aws4_request", ""); got.status != 403 {
		t.Errorf("a strange key: %d %s", got.status, got.message())
	}
}

func TestListFunctions(t *testing.T) {
	c := ready(t)
	for _, name := range []string{"a", "b", "d"} {
		if _, err := c.create(c.function, connect(t, "v1", `{"FunctionName":"`+name+`"}`)); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	marker, pages := "", 0
	for {
		page := c.do("GET", "?MaxItems=3&Marker="+marker, "").body
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
	if got := c.send("AKIDB", "eu-west-1", "GET", functionsPath, ""); len(got.body["Functions"].([]any)) != 0 {
		t.Errorf("another account sees %v", got.body)
	}
}

// A change that nobody told CloudFormation shows in Read.
func TestUpdateFunctionConfiguration(t *testing.T) {
	c := ready(t)
	before := c.do("GET", "connect/configuration", "").body["RevisionId"]
	got := c.do("PUT", "connect/configuration", `{"Timeout":20,"Environment":{"Variables":{"STAGE":"test"}}}`)
	if got.body["LastUpdateStatus"] != "InProgress" || got.body["Timeout"] != 20. || got.body["RevisionId"] == before {
		t.Errorf("%v", got.body)
	}
	if got := c.do("PUT", "connect/configuration", `{"Timeout":21}`); got.status != 409 || got.message() !=
		"ResourceConflictException: The operation cannot be performed at this time. An update is in progress for resource: "+arn {
		t.Errorf("at once again: %s", got.message())
	}
	c.hand.Turn(6e9)
	got = c.do("GET", "connect/configuration", "")
	if got.body["LastUpdateStatus"] != "Successful" || got.body["Description"] != "a client connects" {
		t.Errorf("%v", got.body)
	}
	for body, want := range map[string]string{
		`{"Timeout":901}`: "ValidationException: 1 validation error detected: Value '901' at 'timeout' failed to satisfy " +
			"constraint: Member must have value less than or equal to 900",
		`{"RevisionId":"x"}`: "PreconditionFailedException: The Revision Id provided does not match",
	} {
		if got := c.do("PUT", "connect/configuration", body); !strings.HasPrefix(got.message(), want) {
			t.Errorf("%s: %s", body, got.message())
		}
	}
	read, err := c.read(c.function, "connect")
	if err != nil || !reflect.DeepEqual(read["LoggingConfig"], map[string]any{"LogGroup": "demo-log"}) {
		t.Errorf("Read: %v %v", read["LoggingConfig"], err)
	}
	if read["Timeout"] != 20. || read["MemorySize"] != 128. ||
		!reflect.DeepEqual(read["Environment"], parse(t, `{"Variables":{"STAGE":"test"}}`)) {
		t.Errorf("Read: %v", read)
	}
	if !reflect.DeepEqual(read["Code"], connect(t, "v1")["Code"]) {
		t.Errorf("Read: %v", read["Code"])
	}
}

// The same key with another version is another code; the same words are none, whatever lies there now.
func TestTrap01(t *testing.T) {
	c := ready(t)
	sha := func() any { return c.do("GET", "connect/configuration", "").body["CodeSha256"] }
	first := sha()
	c.upload("connect.zip", "v1", packed(t, "bootstrap", "changed in place"))
	made, err := c.update(c.function, "connect", connect(t, "v1", `{"Timeout":11}`))
	if err != nil || sha() != first {
		t.Fatalf("the same version: %v", err)
	}
	if _, err := c.update(c.function, "connect", connect(t, "v1")); !is(err, resource.Conflict, "The operation cannot be performed") {
		t.Errorf("while it changes: %v", err)
	}
	c.hand.Turn(made.Takes)
	c.upload("connect.zip", "v2", packed(t, "bootstrap", "two"))
	if _, err := c.update(c.function, "connect", connect(t, "v2")); err != nil || sha() == first {
		t.Fatalf("another version: %v", err)
	}
	if got := c.do("GET", "connect/configuration", "").body["LastUpdateStatus"]; got != "InProgress" {
		t.Errorf("LastUpdateStatus: %v", got)
	}
}

// A function keeps its code when the object goes, and lets it go with itself.
func TestCodeIsCopied(t *testing.T) {
	c := ready(t)
	location := func() string {
		at := c.do("GET", "connect", "").body["Code"].(map[string]any)["Location"].(string)
		return strings.TrimPrefix(at, "http://example.com")
	}
	sum := c.objects["bucket/connect.zip/v1"]
	c.forget("connect.zip", "v1")
	if got := c.send("", "", "GET", location(), ""); got.status != 200 || len(got.raw) == 0 {
		t.Errorf("without the object: %d %s", got.status, got.raw)
	}
	if got := c.do("DELETE", "connect", ""); got.status != 204 || len(got.raw) != 0 {
		t.Errorf("DeleteFunction: %d %s", got.status, got.raw)
	}
	if _, err := c.read(c.function, "connect"); !is(err, resource.NotFound, "Function not found: "+arn) {
		t.Errorf("Read of a deleted function: %v", err)
	}
	if _, err := within(c, func(tx *store.Tx) ([]byte, error) { return store.Bytes(tx, sum), nil }); err == nil {
		t.Error("the code is still there")
	}
}
