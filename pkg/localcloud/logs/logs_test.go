package logs_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud/logs"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// cloud is CloudWatch Logs.
type cloud struct {
	servicetest.JSON
	service *logs.Service
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := servicetest.New(t)
	service := logs.New(logs.Config{Store: c.Store, Clock: c.Hand, Life: context.WithoutCancel(t.Context())})
	t.Cleanup(func() {
		if err := service.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	c.Serve("logs", service)
	return &cloud{servicetest.JSON{Cloud: c, Target: "Logs_20140328"}, service}
}

// names are the groups that a DescribeLogGroups lists, and its token.
func (c *cloud) names(body string) (list []string, token string) {
	c.T.Helper()
	answer := c.Do("DescribeLogGroups", body)
	for _, g := range answer["logGroups"].([]any) {
		list = append(list, g.(map[string]any)["logGroupName"].(string))
	}
	token, _ = answer["nextToken"].(string)
	return list, token
}

func TestAGroupFromItsBeginningToItsEnd(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateLogGroup", `{"logGroupName": "/one", "tags": {"a": "b"}, "logGroupClass": "STANDARD"}`)
	c.Do("PutRetentionPolicy", `{"logGroupName": "/one", "retentionInDays": 14}`)
	got, _ := json.Marshal(c.Do("DescribeLogGroups", `{"logGroupNamePrefix": "/o"}`))
	want := `{"logGroups":[{"arn":"arn:aws:logs:eu-west-1:111111111111:log-group:/one:*",` +
		`"creationTime":1767355200000,"logGroupArn":"arn:aws:logs:eu-west-1:111111111111:log-group:/one",` +
		`"logGroupClass":"STANDARD","logGroupName":"/one","metricFilterCount":0,"retentionInDays":14,"storedBytes":0}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	tags := c.Do("ListTagsForResource", `{"resourceArn": "arn:aws:logs:eu-west-1:111111111111:log-group:/one"}`)
	if got := fmt.Sprint(tags["tags"]); got != "map[a:b]" {
		t.Errorf("tags %s", got)
	}
	c.Do("DeleteRetentionPolicy", `{"logGroupName": "/one"}`)
	if group := c.Do("DescribeLogGroups", `{}`)["logGroups"].([]any)[0].(map[string]any); group["retentionInDays"] != nil {
		t.Errorf("retention after DeleteRetentionPolicy: %v", group)
	}
	c.Do("DeleteLogGroup", `{"logGroupName": "/one"}`)
	if list, _ := c.names(`{}`); len(list) != 0 {
		t.Errorf("after DeleteLogGroup: %v", list)
	}
}

func TestGroupsAreOfAnAccountAndRegion(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateLogGroup", `{"logGroupName": "one"}`)
	for _, other := range []struct{ key, region string }{{"AKIDA", "eu-west-2"}, {"AKIDB", "eu-west-1"}} {
		got := c.Call(other.key, other.region, "DescribeLogGroups", `{}`)
		if list, ok := got.Body["logGroups"].([]any); !ok || len(list) != 0 {
			t.Errorf("%v sees %v", other, got.Body)
		}
		if got := c.Call(other.key, other.region, "CreateLogGroup", `{"logGroupName": "one"}`); got.Status != 200 {
			t.Errorf("%v: %v", other, got.Body)
		}
	}
}

func TestDescribeLogGroupsSearchesAndPages(t *testing.T) {
	c := newCloud(t)
	for _, name := range []string{"b/DataLogs", "a", "DataLogs", "b", "datalogs"} {
		c.Do("CreateLogGroup", `{"logGroupName": "`+name+`"}`)
	}
	for _, want := range []struct{ body, names string }{
		{`{}`, "[DataLogs a b b/DataLogs datalogs]"},
		{`{"logGroupNamePrefix": "b"}`, "[b b/DataLogs]"},
		{`{"logGroupNamePattern": "DataLogs"}`, "[DataLogs b/DataLogs]"},
		{`{"logGroupClass": "INFREQUENT_ACCESS"}`, "[]"},
		{`{"limit": 5}`, "[DataLogs a b b/DataLogs datalogs]"},
	} {
		if list, token := c.names(want.body); fmt.Sprint(list) != want.names || token != "" {
			t.Errorf("%s: %v, token %q", want.body, list, token)
		}
	}
	var all []string
	for token := ""; ; {
		body := `{"limit": 2}`
		if token != "" {
			body = `{"limit": 2, "nextToken": "` + token + `"}`
		}
		list, next := c.names(body)
		if all = append(all, list...); next == "" {
			break
		}
		token = next
	}
	if fmt.Sprint(all) != "[DataLogs a b b/DataLogs datalogs]" {
		t.Errorf("by pages: %v", all)
	}
	found := c.Do("DescribeLogGroups", `{"logGroupNamePattern": "b/"}`)["logGroups"].([]any)[0].(map[string]any)
	if len(found) != 3 {
		t.Errorf("a pattern answers name, time and ARN alone, not %v", found)
	}
}

// refused is a call, and how it is refused.
type refused struct{ operation, body, code, text string }

func refusedGroups() []refused {
	long := strings.Repeat("x", 513)
	return []refused{
		{
			"CreateLogGroup", `{"logGroupName": "one"}`,
			"ResourceAlreadyExistsException", "The specified log group already exists",
		},
		{"CreateLogGroup", `{}`, "InvalidParameterException", "Value null at 'logGroupName'"},
		{"CreateLogGroup", `{"logGroupName": "a b"}`, "InvalidParameterException", `pattern: [\.\-_/#A-Za-z0-9]+`},
		{"CreateLogGroup", `{"logGroupName": "` + long + `"}`, "InvalidParameterException", "less than or equal to 512"},
		{"CreateLogGroup", `{"logGroupName": "aws/x"}`, "InvalidParameterException", "starting with AWS/ are reserved"},
		{"CreateLogGroup", `{"logGroupName": "x", "kmsKeyId": "k"}`, "ValidationException", "does not model"},
		{"CreateLogGroup", `{"logGroupName": "x", "logGroupClass": "DELIVERY"}`, "InvalidParameterException", "not model"},
		{
			"CreateLogGroup", `{"logGroupName": "x", "deletionProtectionEnabled": true}`,
			"InvalidParameterException", "does not model",
		},
		{"CreateLogGroup", `{"logGroupName": "x", "tags": {"aws:a": "b"}}`, "InvalidParameterException", "reserved"},
		{"CreateLogGroup", `{"logGroupName": "x", "tags": {"": "b"}}`, "InvalidParameterException", "Map keys"},
	}
}

func TestRefusals(t *testing.T) {
	for _, c := range append(refusedGroups(), []refused{
		{"DeleteLogGroup", `{"logGroupName": "two"}`, "ResourceNotFoundException", "The specified log group does not exist."},
		{"PutRetentionPolicy", `{"logGroupName": "two", "retentionInDays": 7}`, "ResourceNotFoundException", "not exist"},
		{"PutRetentionPolicy", `{"logGroupName": "one"}`, "InvalidParameterException", "Value null at 'retentionInDays'"},
		{
			"PutRetentionPolicy", `{"logGroupName": "one", "retentionInDays": 0}`,
			"InvalidParameterException", "Invalid retention value. Valid values are: [1, 3, 5,",
		},
		{"DeleteRetentionPolicy", `{"logGroupName": "two"}`, "ResourceNotFoundException", "does not exist"},
		{"DescribeLogGroups", `{"limit": 51}`, "InvalidParameterException", "Value '51' at 'limit'"},
		{"DescribeLogGroups", `{"limit": 0}`, "InvalidParameterException", "greater than or equal to 1"},
		{"DescribeLogGroups", `{"nextToken": "!"}`, "InvalidParameterException", "The specified nextToken is invalid."},
		{
			"DescribeLogGroups", `{"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}`,
			"InvalidParameterException", "mutually exclusive",
		},
		{"DescribeLogGroups", `{"includeLinkedAccounts": true}`, "InvalidParameterException", "does not model"},
		{"DescribeLogGroups", `{"logGroupIdentifiers": ["one"]}`, "ValidationException", "does not model"},
		{
			"ListTagsForResource", `{"resourceArn": "arn:aws:logs:eu-west-1:111111111111:log-group:two"}`,
			"ResourceNotFoundException", "does not exist",
		},
		{
			"ListTagsForResource", `{"resourceArn": "arn:aws:logs:eu-west-1:111111111111:log-group:one:*"}`,
			"InvalidParameterException", "pattern",
		},
		{
			"ListTagsForResource", `{"resourceArn": "arn:aws:logs:eu-west-1:222222222222:log-group:one"}`,
			"InvalidParameterException", "does not model",
		},
		{"StartQuery", `{}`, "UnknownOperationException", "does not model"},
	}...) {
		t.Run(c.operation+" "+c.text, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.Do("CreateLogGroup", `{"logGroupName": "one"}`)
			code, text, _ := strings.Cut(cloud.Refused(c.operation, c.body), ": ")
			if code != c.code || !strings.Contains(text, c.text) {
				t.Errorf("%s: %s", code, text)
			}
		})
	}
}
