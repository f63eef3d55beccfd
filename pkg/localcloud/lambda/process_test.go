package lambda_test

import (
	"encoding/base64"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/lambda"
)

func TestRevisions(t *testing.T) {
	c, r := running(t, echo)
	now := func() execution.Function {
		c.invoke("{}")
		f, _ := r.last()
		c.Hand.Turn(time.Minute)
		return f
	}
	first := now()
	c.permit("")
	c.Call("AKIDA", "eu-west-1", "POST", "/2017-03-31/tags/"+arn, `{"Tags":{"a":"b"}}`)
	if _, err := c.Update("Function", "connect", connect(t, "v1", `{"Tags":[{"Key":"own","Value":"1"}]}`)); err != nil {
		t.Fatal(err)
	}
	if f := now(); !reflect.DeepEqual(f, first) {
		t.Errorf("tags and the policy make another one:\n%+v\n%+v", f, first)
	}
	seen := map[string]string{first.Revision: "at first"}
	c.upload("connect.zip", "v2", packed(t, "bootstrap", "two"))
	zip := base64.StdEncoding.EncodeToString(packed(t, "bootstrap", "three"))
	for _, change := range []func(){
		func() { c.Do("PUT", "connect/configuration", `{"Timeout":20}`) },
		func() { c.Do("PUT", "connect/code", `{"ZipFile":"`+zip+`"}`) },
		func() {
			if _, err := c.Update("Function", "connect", connect(t, "v2")); err != nil {
				t.Error(err)
			}
		},
	} {
		change()
		f := now()
		if before, twice := seen[f.Revision]; twice {
			t.Errorf("the revision is that of %s", before)
		}
		seen[f.Revision] = "an earlier change"
	}
}

func TestTheEnvironmentOfAFunction(t *testing.T) {
	c, r := running(t, echo)
	url := ""
	c.serve(lambda.Config{Run: r, Endpoint: func() string { return url }})
	c.Do("PUT", "connect/configuration", `{"Environment":{"Variables":{"TABLE":"one","LANG":"C"}}}`)
	c.invoke("{}")
	f, _ := r.last()
	key, secret, token := f.Environment["AWS_ACCESS_KEY_ID"], f.Environment["AWS_SECRET_ACCESS_KEY"], f.Environment["AWS_SESSION_TOKEN"]
	if !strings.HasPrefix(key, "ASIA") || len(key) != 36 || len(secret) != 40 || token == "" {
		t.Errorf("credentials %q %q %q", key, secret, token)
	}
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"} {
		delete(f.Environment, name)
	}
	want := map[string]string{
		"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
		"AWS_LAMBDA_FUNCTION_NAME": "connect", "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "128", "AWS_LAMBDA_LOG_GROUP_NAME": "demo-log",
		"AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand", "LAMBDA_RUNTIME_DIR": "/var/runtime", "LANG": "C", "TABLE": "one",
	}
	if !reflect.DeepEqual(f.Environment, want) {
		t.Errorf("got  %v\nwant %v", f.Environment, want)
	}
	url = "http://127.0.0.1:4566"
	c.invoke("{}")
	if f, _ := r.last(); f.Environment["AWS_ENDPOINT_URL"] != url {
		t.Errorf("the endpoint: %v", f.Environment)
	}
	c.Hand.Turn(time.Minute)
	c.Do("PUT", "connect/configuration", `{"Environment":{"Variables":{"AWS_ENDPOINT_URL":"http://other"}}}`)
	c.invoke("{}")
	if f, _ := r.last(); f.Environment["AWS_ENDPOINT_URL"] != "http://other" {
		t.Errorf("one's own endpoint: %v", f.Environment)
	}
}

func TestAccessKeysOfFunctions(t *testing.T) {
	with := func(secret string) *lambda.Service { return lambda.New(lambda.Config{Secret: secret}) }
	mine, others := with("mine"), with("another's")
	for _, account := range []string{"000000000000", "111111111111", "999999999999"} {
		key := mine.AccessKey(account)
		if got, ok := mine.AccountOf(key); !ok || got != account || key != with("mine").AccessKey(account) {
			t.Errorf("%s: %s is %s %v", account, key, got, ok)
		}
		if got, ok := others.AccountOf(key); ok {
			t.Errorf("%s is %s by another secret", key, got)
		}
	}
	for _, key := range []string{"", "AKIDA", "ASIAIOSFODNN7EXAMPLE", "ASIA" + strings.Repeat("A", 32), "ASIA" + strings.Repeat("a", 32)} {
		if got, ok := mine.AccountOf(key); ok {
			t.Errorf("%s is %s", key, got)
		}
	}
}

func TestCode(t *testing.T) {
	c, r := running(t, echo)
	c.invoke("{}")
	f, _ := r.last()
	if code, err := c.service.Code(t.Context(), f.Code); err != nil || string(code) != string(packed(t, "bootstrap", "one")) {
		t.Errorf("%d bytes, %v", len(code), err)
	}
	if code, err := c.service.Code(t.Context(), strings.Repeat("0", 64)); err == nil {
		t.Errorf("what is not there has %d bytes", len(code))
	}
}
