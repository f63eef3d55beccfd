package dynamodb_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

// sessions is the larger table of the template, with some of its indexes.
func sessions(t *testing.T, indexes ...string) map[string]any {
	attributes, global := []string{`{"AttributeName":"SessionId","AttributeType":"S"}`}, []string{}
	for _, name := range indexes {
		attributes = append(attributes, `{"AttributeName":"`+name+`","AttributeType":"S"}`)
		global = append(global, `{"IndexName":"`+name+`","KeySchema":[{"AttributeName":"`+name+`","KeyType":"HASH"},
			{"AttributeName":"SessionId","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}`)
	}
	text := `{"BillingMode":"PAY_PER_REQUEST","KeySchema":[{"AttributeName":"SessionId","KeyType":"HASH"}],
		"Tags":[{"Key":"kind","Value":"sessions"}],"AttributeDefinitions":[` + strings.Join(attributes, ",") + `]`
	if len(global) > 0 {
		text += `,"GlobalSecondaryIndexes":[` + strings.Join(global, ",") + `]`
	}
	return servicetest.Parse(t, text+"}")
}

func TestTableResource(t *testing.T) {
	c := newCloud(t)
	made, err := c.Create("Table", sessions(t, "ConnectionId", "StackName"))
	if err != nil || !strings.HasPrefix(made.PhysicalID, "demo-Table-") {
		t.Fatalf("%v %v", made, err)
	}
	name := made.PhysicalID
	arn := "arn:aws:dynamodb:eu-west-1:111111111111:table/" + name
	if !reflect.DeepEqual(made.Attributes, map[string]any{"Arn": arn}) {
		t.Errorf("attributes: %v", made.Attributes)
	}
	if got := c.indexes(name); got["ConnectionId"] != "CREATING" || c.table(name)["TableStatus"] != "CREATING" {
		t.Errorf("while it is made: %v", got)
	}
	c.Hand.Turn(made.Takes)
	if got := c.indexes(name); got["ConnectionId"] != "ACTIVE" || c.table(name)["TableStatus"] != "ACTIVE" {
		t.Errorf("when it is made: %v", got)
	}
	tags := c.Do("ListTagsOfResource", `{"ResourceArn":"`+arn+`"}`)["Tags"]
	want := servicetest.Parse(t, `{"T":[{"Key":"team","Value":"blue"},{"Key":"kind","Value":"sessions"}]}`)
	if !reflect.DeepEqual(tags, want["T"]) {
		t.Errorf("tags: %v", tags)
	}
	want = sessions(t, "ConnectionId", "StackName")
	want["TableName"], want["DeletionProtectionEnabled"] = name, false
	if got, err := c.Read("Table", name); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("Read: %v\nwant\n%v\n%v", got, want, err)
	}
	takes, err := c.Delete("Table", name)
	if err != nil || takes <= 0 {
		t.Fatalf("Delete: %v %v", takes, err)
	}
	c.Hand.Turn(takes)
	gone := "Resource of type 'AWS::DynamoDB::Table' with identifier '" + name + "' was not found."
	if _, err := c.Delete("Table", name); !is(err, resource.NotFound, gone) {
		t.Errorf("a second Delete: %v", err)
	}
	if _, err := c.Read("Table", name); !is(err, resource.NotFound, gone) {
		t.Errorf("Read after Delete: %v", err)
	}
	if _, err := c.Update("Table", name, sessions(t)); !is(err, resource.NotFound, gone) {
		t.Errorf("Update after Delete: %v", err)
	}
}

// A stack that is rolled back deletes tables that are not ready yet.
func TestDeleteWhileCreating(t *testing.T) {
	c := newCloud(t)
	made := c.Make("Table", sessions(t))
	takes, err := c.Delete("Table", made.PhysicalID)
	if err != nil || takes < made.Takes || c.table(made.PhysicalID)["TableStatus"] != "DELETING" {
		t.Errorf("%v %v", takes, err)
	}
}

// One index can be made or removed at a time.
func TestTrap09(t *testing.T) {
	c := newCloud(t)
	made := c.Make("Table", sessions(t))
	name := made.PhysicalID
	c.Hand.Turn(made.Takes)
	const tooMany = "Cannot perform more than one GSI creation or deletion in a single update"
	if _, err := c.Update("Table", name, sessions(t, "ConnectionId", "StackName")); !is(err, resource.InvalidRequest, tooMany) {
		t.Fatalf("two at once: %v", err)
	}
	change := func(indexes ...string) time.Duration {
		t.Helper()
		made, err := c.Update("Table", name, sessions(t, indexes...))
		if err != nil || made.PhysicalID != name {
			t.Fatalf("%v: %v %v", indexes, made, err)
		}
		return made.Takes
	}
	takes := change("ConnectionId")
	if got := c.indexes(name); got["ConnectionId"] != "CREATING" || c.table(name)["TableStatus"] != "UPDATING" {
		t.Errorf("while one is made: %v", got)
	}
	if _, err := c.Update("Table", name, sessions(t, "ConnectionId", "StackName")); !is(err, resource.Conflict,
		"Attempt to change a resource which is still in use: Table is being updated: "+name) {
		t.Errorf("while one is made: %v", err)
	}
	c.Hand.Turn(takes)
	c.Hand.Turn(change("ConnectionId", "StackName"))
	if got := c.indexes(name); !reflect.DeepEqual(got, map[string]string{"ConnectionId": "ACTIVE", "StackName": "ACTIVE"}) {
		t.Errorf("when both are made: %v", got)
	}
	if _, err := c.Update("Table", name, sessions(t, "ConnectionId", "Other")); !is(err, resource.InvalidRequest, tooMany) {
		t.Errorf("one for another: %v", err)
	}
	takes = change("StackName")
	if got := c.indexes(name); got["ConnectionId"] != "DELETING" || got["StackName"] != "ACTIVE" {
		t.Errorf("while one is removed: %v", got)
	}
	c.Hand.Turn(takes)
	if got := c.indexes(name); !reflect.DeepEqual(got, map[string]string{"StackName": "ACTIVE"}) {
		t.Errorf("when one is removed: %v", got)
	}
}

func TestChangesThatNeedANewTable(t *testing.T) {
	c := newCloud(t)
	made := c.Make("Table", sessions(t))
	c.Hand.Turn(made.Takes)
	other := sessions(t)
	other["AttributeDefinitions"].([]any)[0].(map[string]any)["AttributeType"] = "N"
	if _, err := c.Update("Table", made.PhysicalID, other); !strings.Contains(err.Error(), "cannot be changed") ||
		!is(err, resource.NotUpdatable, err.Error()) {
		t.Errorf("%v", err)
	}
}

// What CloudFormation's own handler says is DynamoDB's word without its first half.
func TestTableResourceRefused(t *testing.T) {
	c := newCloud(t)
	unused := sessions(t)
	unused["AttributeDefinitions"] = append(unused["AttributeDefinitions"].([]any),
		map[string]any{"AttributeName": "More", "AttributeType": "S"})
	if _, err := c.Create("Table", unused); !is(err, resource.InvalidRequest,
		"Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions") {
		t.Errorf("%v", err)
	}
	named := sessions(t)
	named["TableName"] = "mine"
	c.Make("Table", named)
	if _, err := c.Create("Table", named); !is(err, resource.AlreadyExists,
		"Resource of type 'AWS::DynamoDB::Table' with identifier 'mine' already exists.") {
		t.Errorf("%v", err)
	}
	named["DeletionProtectionEnabled"] = true
	c.Hand.Turn(time.Minute)
	if _, err := c.Update("Table", "mine", named); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Delete("Table", "mine"); err == nil || !strings.HasPrefix(err.Error(), "Resource cannot be deleted") {
		t.Errorf("%v", err)
	}
}

// A change that nobody told CloudFormation shows in Read.
func TestDrift(t *testing.T) {
	c := newCloud(t)
	made := c.Make("Table", sessions(t))
	c.Hand.Turn(made.Takes)
	c.Do("UpdateTable", `{"TableName":"`+made.PhysicalID+`","DeletionProtectionEnabled":true}`)
	if got, err := c.Read("Table", made.PhysicalID); err != nil || got["DeletionProtectionEnabled"] != true {
		t.Errorf("%v %v", got, err)
	}
}

// Each property of the type is modelled, or refused when it is set.
func TestPropertiesOfTables(t *testing.T) {
	c := newCloud(t)
	modelled := []string{
		"AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "KeySchema",
		"LocalSecondaryIndexes", "ProvisionedThroughput", "TableName", "Tags",
	}
	for _, name := range slices.Sorted(maps.Keys(c.Types["Table"].Properties)) {
		properties := sessions(t)
		if slices.Contains(modelled, name) {
			continue
		}
		properties[name] = map[string]any{}
		want := "plldb's local cloud does not model the property " + name + " of AWS::DynamoDB::Table"
		if _, err := c.Create("Table", properties); !is(err, resource.InvalidRequest, want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	index := sessions(t, "ConnectionId")
	index["GlobalSecondaryIndexes"].([]any)[0].(map[string]any)["WarmThroughput"] = map[string]any{}
	if _, err := c.Create("Table", index); err == nil || !strings.Contains(err.Error(), "does not model the property WarmThroughput") {
		t.Errorf("within an index: %v", err)
	}
	if c.Types["Table"].Properties["KeySchema"].Change != resource.Replaces {
		t.Error("KeySchema does not replace")
	}
}
