package lambda_test

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

func TestRefusedFunctions(t *testing.T) {
	c := ready(t)
	c.upload("broken.zip", "v1", []byte("no zip"))
	c.upload("empty.zip", "v1", []byte("PK\x05\x06"+strings.Repeat("\x00", 18)))
	flipped := packed(t, "bootstrap", strings.Repeat("x", 1000))
	flipped[50] ^= 1
	c.upload("flipped.zip", "v1", flipped)
	code := func(key string) string {
		return `{"Code":{"S3Bucket":"bucket","S3Key":"` + key + `","S3ObjectVersion":"v1"}}`
	}
	const unzip = "Could not unzip uploaded file. Please check your file, then try to upload again. (Service: Lambda, Status Code: 400"
	for more, want := range map[string]string{
		code("none.zip"):                 "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist. (Service: Lambda",
		code("broken.zip"):               unzip,
		code("flipped.zip"):              unzip,
		code("empty.zip"):                "Uploaded file must be a non-empty zip",
		`{"Code":{"S3Bucket":"bucket"}}`: "S3 Bucket and Key are required for uploading with S3 parameters.",
		`{"Code":{"S3Bucket":"bucket","S3Key":"connect.zip","S3ObjectStorageMode":"REFERENCE"}}`: "plldb's local cloud does not model code",
		`{"Code":{"ZipFile":"x"}}`:  "plldb's local cloud does not model the property ZipFile of AWS::Lambda::Function",
		`{"Code":{"ImageUri":"x"}}`: "plldb's local cloud does not model the property ImageUri",
		`{"Role":"service"}`:        "1 validation error detected: Value 'service' at 'role' failed to satisfy constraint",
		`{"MemorySize":10241}`:      "'MemorySize' value failed to satisfy constraint: Member must have value less than or equal to 10240",
		`{"MemorySize":127}`:        "1 validation error detected: Value '127' at 'memorySize'",
		`{"Timeout":901}`:           "1 validation error detected: Value '901' at 'timeout'",
		`{"Timeout":0}`:             "1 validation error detected: Value '0' at 'timeout'",
		`{"Runtime":"cobol"}`:       "Value cobol at 'runtime' failed to satisfy constraint",
		`{"Runtime":"nodejs22.x"}`:  "plldb's local cloud does not model functions of the runtime nodejs22.x",
		`{"Runtime":"go1.x"}`:       "The runtime parameter of go1.x is no longer supported",
		`{"Handler":""}`:            "Runtime and Handler are mandatory parameters",
		`{"Architectures":["vax"]}`: "1 validation error detected: Value '[vax]' at 'architectures'",
		`{"PackageType":"Image"}`:   "plldb's local cloud does not model functions of the package type Image",
		`{"Environment":{"Variables":{"AWS_REGION":"x"}}}`: "Lambda was unable to configure your environment variables because the " +
			"environment variables you have provided contains reserved keys",
		`{"Environment":{"Variables":{"BIG":"` + strings.Repeat("x", 4096) + `"}}}`: "Lambda was unable to configure your " +
			"environment variables because the environment variables you have provided exceeded the 4KB limit.",
		`{"LoggingConfig":{"SystemLogLevel":"INFO"}}`: "Log levels can only be set",
	} {
		properties := connect(t, "v1", `{"FunctionName":"other"}`, more)
		if _, err := c.Create("Function", properties); !is(err, resource.InvalidRequest, want) {
			t.Errorf("%.80s: %v", more, err)
		}
	}
	if _, err := c.Create("Function", connect(t, "v1")); !is(err, resource.AlreadyExists, "Function already exist: connect") {
		t.Errorf("twice the same name: %v", err)
	}
	if _, err := c.Update("Function", "other", connect(t, "v1")); !is(err, resource.NotFound, "Function not found") {
		t.Errorf("a function that is not there: %v", err)
	}
}

// Each property of the types is modelled, or refused when it is set.
func TestPropertiesOfFunctions(t *testing.T) {
	c := ready(t)
	modelled := []string{
		"Architectures", "Code", "Description", "Environment", "EphemeralStorage", "FunctionName", "Handler", "LoggingConfig",
		"MemorySize", "PackageType", "Role", "Runtime", "Tags", "Timeout", "TracingConfig",
	}
	for _, name := range slices.Sorted(maps.Keys(c.Types["Function"].Properties)) {
		if slices.Contains(modelled, name) {
			continue
		}
		properties := connect(t, "v1", `{"FunctionName":"other"}`)
		properties[name] = []any{}
		want := "plldb's local cloud does not model the property " + name + " of AWS::Lambda::Function"
		if _, err := c.Create("Function", properties); !is(err, resource.InvalidRequest, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	all := connect(t, "v1", `{"FunctionName":"all","Tags":[{"Key":"own","Value":"1"}],"EphemeralStorage":{"Size":600},
		"TracingConfig":{"Mode":"Active"},"PackageType":"Zip","Environment":{"Variables":{"NUMBER":8}},
		"LoggingConfig":{"LogFormat":"JSON"}}`)
	c.Make("Function", all)
	got := c.Do("GET", "all", "").Body
	configuration := got["Configuration"].(map[string]any)
	if got["Tags"].(map[string]any)["own"] != "1" || configuration["TracingConfig"].(map[string]any)["Mode"] != "Active" ||
		configuration["Environment"].(map[string]any)["Variables"].(map[string]any)["NUMBER"] != "8" {
		t.Errorf("%v", got)
	}
	if want := servicetest.Parse(t, `{"LogFormat":"JSON","LogGroup":"/aws/lambda/all","ApplicationLogLevel":"INFO",
		"SystemLogLevel":"INFO"}`); !reflect.DeepEqual(configuration["LoggingConfig"], want) {
		t.Errorf("LoggingConfig: %v", configuration["LoggingConfig"])
	}
	for name, p := range c.Types["Permission"].Properties {
		if p.Change != resource.Replaces {
			t.Errorf("a change of %s makes no other permission", name)
		}
	}
	if got := c.Do(http.MethodGet, "", ""); got.Status != 200 {
		t.Errorf("ListFunctions: %v", got.Refusal)
	}
}
