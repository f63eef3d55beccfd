package logs_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

// is tells whether an error is one of a resource, of a code and with a text.
func is(err error, code, text string) bool {
	refused, ok := errors.AsType[*resource.Error](err)
	return ok && refused.Code == code && strings.Contains(refused.Message, text)
}

// Traps 8 and 56: the template's groups have no names, so that there is none that a function could have made first.
func TestTrap56AGroupWithoutANameGetsOneOfTheStack(t *testing.T) {
	c := newCloud(t)
	made := c.Make("LogGroup", map[string]any{"RetentionInDays": 14.0})
	if !regexp.MustCompile(`^demo-LogGroup-[0-9A-Z]{12}$`).MatchString(made.PhysicalID) {
		t.Errorf("the name is %s", made.PhysicalID)
	}
	if want := "arn:aws:logs:eu-west-1:111111111111:log-group:" + made.PhysicalID + ":*"; made.Attributes["Arn"] != want {
		t.Errorf("Arn is %v", made.Attributes["Arn"])
	}
	if made.Takes <= 0 || made.Takes > 10*time.Second {
		t.Errorf("takes %v", made.Takes)
	}
	again, err := c.Create("LogGroup", nil)
	if err != nil || again.PhysicalID == made.PhysicalID {
		t.Errorf("a second one: %v, %v", again, err)
	}
}

// Trap 8: a late call of a function has made the group again by its name.
func TestTrap08ANameThatIsTakenFails(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateLogGroup", `{"logGroupName": "/aws/lambda/one"}`)
	_, err := c.Create("LogGroup", map[string]any{"LogGroupName": "/aws/lambda/one"})
	want := `Resource of type 'AWS::Logs::LogGroup' with identifier '{"/properties/LogGroupName":"/aws/lambda/one"}' ` +
		`already exists.`
	if !is(err, resource.AlreadyExists, want) {
		t.Errorf("%v", err)
	}
}

func TestAStackChangesAGroup(t *testing.T) {
	c := newCloud(t)
	tag := func(key, value string) map[string]any { return map[string]any{"Key": key, "Value": value} }
	before := map[string]any{"RetentionInDays": 14.0, "Tags": []any{tag("own", "1"), tag("over", "1")}}
	made, err := servicetest.Handle(c.Cloud, "LogGroup", resource.Input{
		Properties: before, Tags: map[string]string{"stack": "1", "over": "0", "aws:cloudformation:stack-name": "demo"},
	}, resource.Handler.Create)
	if err != nil {
		t.Fatal(err)
	}
	arn := strings.TrimSuffix(made.Attributes["Arn"].(string), ":*")
	tags := func() string {
		return fmt.Sprint(c.Do("ListTagsForResource", `{"resourceArn": "`+arn+`"}`)["tags"])
	}
	if got := tags(); got != "map[aws:cloudformation:stack-name:demo over:1 own:1 stack:1]" {
		t.Errorf("tags %s", got)
	}
	got, err := c.Read("LogGroup", made.PhysicalID)
	if want := fmt.Sprint([]any{tag("over", "1"), tag("own", "1")}); err != nil || fmt.Sprint(got["Tags"]) != want ||
		got["RetentionInDays"] != 14.0 {
		t.Errorf("reads %v, %v", got, err)
	}
	_, err = servicetest.Handle(c.Cloud, "LogGroup", resource.Input{
		PhysicalID: made.PhysicalID, Before: before, Properties: map[string]any{}, Tags: map[string]string{"new": "2"},
	}, resource.Handler.Update)
	if err != nil || tags() != "map[new:2]" {
		t.Errorf("after the update: tags %s, %v", tags(), err)
	}
	if got, err = c.Read("LogGroup", made.PhysicalID); err != nil || got["RetentionInDays"] != nil || got["Tags"] != nil {
		t.Errorf("after the update it reads %v, %v", got, err)
	}
}

func TestReadSeesWhatOthersChanged(t *testing.T) {
	c := newCloud(t)
	c.Make("LogGroup", map[string]any{"LogGroupName": "one", "RetentionInDays": 14.0})
	c.Do("PutRetentionPolicy", `{"logGroupName": "one", "retentionInDays": 7}`)
	if got, err := c.Read("LogGroup", "one"); err != nil || got["RetentionInDays"] != 7.0 {
		t.Errorf("reads %v, %v", got, err)
	}
}

func TestAGroupThatIsGoneIsNotFound(t *testing.T) {
	c := newCloud(t)
	c.Make("LogGroup", map[string]any{"LogGroupName": "one"})
	if _, err := c.Delete("LogGroup", "one"); err != nil {
		t.Fatal(err)
	}
	if list, _ := c.names(`{}`); len(list) != 0 {
		t.Errorf("after Delete: %v", list)
	}
	_, update := c.Update("LogGroup", "one", nil)
	_, remove := c.Delete("LogGroup", "one")
	_, read := c.Read("LogGroup", "one")
	for _, err := range []error{update, remove, read} {
		if !is(err, resource.NotFound, "was not found") {
			t.Errorf("%v", err)
		}
	}
}

func TestTemplatesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name, text string
		properties map[string]any
	}{
		{"retention", "#/RetentionInDays: failed validation constraint", map[string]any{"RetentionInDays": 10.0}},
		{"no retention", "#/RetentionInDays", map[string]any{"RetentionInDays": 0.0}},
		{"key", "does not model the property KmsKeyId", map[string]any{"KmsKeyId": "arn"}},
		{"class", "does not model log groups of the class", map[string]any{"LogGroupClass": "INFREQUENT_ACCESS"}},
		{"protection", "the property DeletionProtectionEnabled", map[string]any{"DeletionProtectionEnabled": true}},
		{"policy", "the property ResourcePolicyDocument", map[string]any{"ResourcePolicyDocument": map[string]any{}}},
		{"name", "Status Code: 400", map[string]any{"LogGroupName": "aws/one"}},
		{"tag", "reserved", map[string]any{"Tags": []any{map[string]any{"Key": "aws:x", "Value": ""}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := newCloud(t)
			if _, err := cloud.Create("LogGroup", c.properties); !is(err, resource.InvalidRequest, c.text) {
				t.Errorf("%v", err)
			}
			if list, _ := cloud.names(`{}`); len(list) != 0 {
				t.Errorf("%v was made", list)
			}
		})
	}
	defaults := map[string]any{"DeletionProtectionEnabled": false, "LogGroupClass": "STANDARD"}
	if _, err := newCloud(t).Create("LogGroup", defaults); err != nil {
		t.Errorf("AWS's defaults, written out: %v", err)
	}
}
