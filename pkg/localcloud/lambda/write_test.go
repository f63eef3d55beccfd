package lambda_test

import (
	"crypto/sha256"
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

const tagsPath = "/2017-03-31/tags/"

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// Code is replaced from the request or from a bucket, and stays when CloudFormation, to which nothing changed, updates
// the function.
func TestUpdateFunctionCode(t *testing.T) {
	c := ready(t)
	two, three := packed(t, "bootstrap", "two"), packed(t, "bootstrap", "three")
	text := base64.StdEncoding.EncodeToString(two)
	got := c.Do("PUT", "connect/code", `{"ZipFile":"`+text+`","Architectures":["x86_64"]}`)
	if got.Status != 200 || got.Body["CodeSha256"] != digest(two) || got.Body["LastUpdateStatus"] != "InProgress" ||
		!reflect.DeepEqual(got.Body["Architectures"], []any{"x86_64"}) {
		t.Fatalf("%v %s", got.Body, got.Refusal)
	}
	if got := c.Do("PUT", "connect/code", `{"ZipFile":"`+text+`"}`); got.Status != 409 {
		t.Errorf("while it is updated: %s", got.Refusal)
	}
	c.Hand.Turn(time.Minute)
	c.upload("other.zip", "v1", three)
	got = c.Do("PUT", "connect/code", `{"S3Bucket":"bucket","S3Key":"other.zip","S3ObjectVersion":"v1"}`)
	if got.Status != 200 || got.Body["CodeSha256"] != digest(three) {
		t.Fatalf("%v %s", got.Body, got.Refusal)
	}
	c.forget("other.zip", "v1") // the function has a copy
	c.Hand.Turn(time.Minute)
	if raw := c.Do("GET", "connect/code", "").Raw; digest(raw) != digest(three) {
		t.Errorf("%d bytes of code", len(raw))
	}
	if _, err := c.Update("Function", "connect", connect(t, "v1", `{"Timeout":20}`)); err != nil {
		t.Fatal(err)
	}
	if got := c.Do("GET", "connect/configuration", ""); got.Body["CodeSha256"] != digest(three) || got.Body["Timeout"] != 20. {
		t.Errorf("%v", got.Body)
	}
}

func TestRefusedCode(t *testing.T) {
	c := ready(t)
	zip := base64.StdEncoding.EncodeToString(packed(t, "bootstrap", "two"))
	before := c.Do("GET", "connect/configuration", "").Body
	for body, want := range map[string]string{
		`{}`: "InvalidParameterValueException: Please provide a source for function code.",
		`{"ZipFile":"` + zip + `","S3Bucket":"bucket"}`: "InvalidParameterValueException: Please do not provide other",
		`{"ZipFile":"bm8gemlw"}`:                        "InvalidParameterValueException: Could not unzip uploaded file.",
		`{"S3Bucket":"bucket"}`:                         "InvalidParameterValueException: S3 Bucket and Key are required",
		`{"S3Bucket":"bucket","S3Key":"none"}`:          "InvalidParameterValueException: Error occurred while GetObject. S3 Error Code: NoSuchKey.",
		`{"ZipFile":"` + zip + `","Publish":true}`:      "InvalidParameterValueException: plldb's local cloud does not model versions",
		`{"ZipFile":"` + zip + `","DryRun":true}`:       "InvalidParameterValueException: plldb's local cloud does not model dry runs",
		`{"ZipFile":"` + zip + `","RevisionId":"a"}`:    "PreconditionFailedException: The Revision Id provided does not match",
		`{"ZipFile":"` + zip + `","Architectures":["a"]}`: "ValidationException: 1 validation error detected: Value '[a]' at " +
			"'architectures'",
		`{"ImageUri":"a"}`: "ValidationException: plldb's local cloud does not model the parameter \"ImageUri\"",
	} {
		if got := c.Do("PUT", "connect/code", body); !strings.HasPrefix(got.Refusal, want) {
			t.Errorf("%s: %d %s", body, got.Status, got.Refusal)
		}
	}
	if got := c.Do("PUT", "none/code", `{"ZipFile":"`+zip+`"}`); got.Status != 404 {
		t.Errorf("%s", got.Refusal)
	}
	if after := c.Do("GET", "connect/configuration", "").Body; !reflect.DeepEqual(before, after) {
		t.Errorf("changed: %v", after)
	}
}

// Tags that somebody gives a function stay when its stack is updated; those of the stack do not become its own.
func TestTagsOfFunctions(t *testing.T) {
	c := ready(t)
	at := tagsPath + arn
	call := func(method, path, body string) servicetest.Answer {
		return c.Call("AKIDA", "eu-west-1", method, path, body)
	}
	if got := call("POST", at, `{"Tags":{"plldb:debug":"true","other":"x"}}`); got.Status != 204 {
		t.Fatal(got.Refusal)
	}
	if got := call("DELETE", at+"?tagKeys=other&tagKeys=none", ""); got.Status != 204 {
		t.Fatal(got.Refusal)
	}
	if _, err := c.Update("Function", "connect", connect(t, "v1", `{"Timeout":20}`)); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"plldb:debug": "true", "team": "blue", "aws:cloudformation:stack-name": "demo"}
	if got := call("GET", at, "").Body["Tags"]; !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	read, err := c.Read("Function", "connect")
	if own := []any{map[string]any{"Key": "plldb:debug", "Value": "true"}}; err != nil || !reflect.DeepEqual(read["Tags"], own) {
		t.Errorf("%v, %v", read["Tags"], err)
	}
	for _, wrong := range []struct{ method, path, body, want string }{
		{"POST", at, `{}`, "InvalidParameterValueException: Tags must be provided"},
		{"POST", at, `{"Tags":{"aws:a":"b"}}`, "InvalidParameterValueException: System tags"},
		{"POST", at, `{"Tags":{"":"b"}}`, "ValidationException: 1 validation error"},
		{"POST", at + "none", `{"Tags":{"a":"b"}}`, "ResourceNotFoundException: Function not found"},
		{"POST", tagsPath + "connect", `{"Tags":{"a":"b"}}`, "ValidationException: 1 validation error"},
		{"DELETE", at, "", "ValidationException: 1 validation error"},
	} {
		if got := call(wrong.method, wrong.path, wrong.body); !strings.HasPrefix(got.Refusal, wrong.want) {
			t.Errorf("%s %s %s: %s", wrong.method, wrong.path, wrong.body, got.Refusal)
		}
	}
}
