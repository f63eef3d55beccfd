package dynamodb_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// simple is a table with one key.
const simple = `{"TableName":"one","BillingMode":"PAY_PER_REQUEST",
	"AttributeDefinitions":[{"AttributeName":"Id","AttributeType":"S"}],
	"KeySchema":[{"AttributeName":"Id","KeyType":"HASH"}]}`

func TestCreateTable(t *testing.T) {
	c := newCloud(t)
	noon := float64(c.Hand.Now().Unix())
	made := c.Do("CreateTable", simple)["TableDescription"].(map[string]any)
	if made["TableStatus"] != "CREATING" || made["TableArn"] != "arn:aws:dynamodb:eu-west-1:111111111111:table/one" {
		t.Fatalf("CreateTable: %v", made)
	}
	if got := c.Refused("DeleteTable", `{"TableName":"one"}`); got !=
		"ResourceInUseException: Attempt to change a resource which is still in use: Table is being created: one" {
		t.Error(got)
	}
	if got := c.Refused("CreateTable", simple); got != "ResourceInUseException: Table already exists: one" {
		t.Error(got)
	}
	c.Hand.Turn(time.Minute)
	got := c.table("one")
	if len(got["TableId"].(string)) != 36 {
		t.Errorf("TableId: %v", got["TableId"])
	}
	delete(got, "TableId")
	want := map[string]any{
		"TableName": "one", "TableStatus": "ACTIVE", "TableArn": "arn:aws:dynamodb:eu-west-1:111111111111:table/one",
		"AttributeDefinitions":  []any{map[string]any{"AttributeName": "Id", "AttributeType": "S"}},
		"KeySchema":             []any{map[string]any{"AttributeName": "Id", "KeyType": "HASH"}},
		"CreationDateTime":      noon,
		"ProvisionedThroughput": map[string]any{"NumberOfDecreasesToday": 0., "ReadCapacityUnits": 0., "WriteCapacityUnits": 0.},
		"BillingModeSummary": map[string]any{
			"BillingMode": "PAY_PER_REQUEST", "LastUpdateToPayPerRequestDateTime": noon,
		},
		"TableSizeBytes": 0., "ItemCount": 0., "DeletionProtectionEnabled": false,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("DescribeTable:\n%v\nwant\n%v", got, want)
	}
}

func TestDeleteTable(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateTable", simple)
	c.Hand.Turn(time.Minute)
	c.Do("DeleteTable", `{"TableName":"one"}`)
	if got := c.table("one")["TableStatus"]; got != "DELETING" {
		t.Errorf("TableStatus: %v", got)
	}
	c.Hand.Turn(7 * time.Second)
	again := c.Do("DeleteTable", `{"TableName":"one"}`)["TableDescription"].(map[string]any)
	if again["TableStatus"] != "DELETING" {
		t.Errorf("deleted twice: %v", again)
	}
	const busy = "Table is being deleted: one"
	protect := `{"TableName":"one","DeletionProtectionEnabled":true}`
	if got := c.Refused("UpdateTable", protect); !strings.Contains(got, busy) {
		t.Error(got)
	}
	c.Hand.Turn(time.Second) // as the first call began it
	const missing = "ResourceNotFoundException: Requested resource not found: Table: one not found"
	for _, operation := range []string{"DescribeTable", "DeleteTable", "UpdateTable", "DescribeTimeToLive"} {
		body := `{"TableName":"one"}`
		if operation == "UpdateTable" {
			body = protect
		}
		if got := c.Refused(operation, body); got != missing {
			t.Errorf("%s: %s", operation, got)
		}
	}
	if got := c.Do("ListTables", `{}`)["TableNames"]; !reflect.DeepEqual(got, []any{}) {
		t.Errorf("ListTables: %v", got)
	}
	c.Do("CreateTable", simple)
}

func TestDeletionProtection(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateTable", simple)
	c.Hand.Turn(time.Minute)
	c.Do("UpdateTable", `{"TableName":"one","DeletionProtectionEnabled":true}`)
	c.Hand.Turn(time.Minute)
	if got := c.Refused("DeleteTable", `{"TableName":"one"}`); !strings.HasPrefix(got,
		"ValidationException: Resource cannot be deleted as it is currently protected against deletion.") {
		t.Error(got)
	}
	if got := c.table("one")["DeletionProtectionEnabled"]; got != true {
		t.Errorf("DeletionProtectionEnabled: %v", got)
	}
}

func TestUpdateTable(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateTable", simple)
	c.Hand.Turn(time.Minute)
	c.Do("UpdateTable", `{"TableName":"one","BillingMode":"PROVISIONED",
		"ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":2}}`)
	if got := c.table("one")["TableStatus"]; got != "UPDATING" {
		t.Errorf("TableStatus: %v", got)
	}
	if got := c.Refused("UpdateTable", `{"TableName":"one","DeletionProtectionEnabled":true}`); !strings.Contains(got,
		"Table is being updated: one") {
		t.Error(got)
	}
	c.Hand.Turn(time.Minute)
	got := c.table("one")
	if got["TableStatus"] != "ACTIVE" || got["ProvisionedThroughput"].(map[string]any)["ReadCapacityUnits"] != 3. {
		t.Errorf("DescribeTable: %v", got)
	}
	if got := c.Refused("UpdateTable", `{"TableName":"one","GlobalSecondaryIndexUpdates":[]}`); got !=
		`ValidationException: plldb's local cloud does not model the parameter "GlobalSecondaryIndexUpdates" of UpdateTable` {
		t.Error(got)
	}
}

func TestListTables(t *testing.T) {
	c := newCloud(t)
	for i := range 5 {
		c.Do("CreateTable", strings.Replace(simple, "one", fmt.Sprintf("table%d", i), 1))
	}
	var got []any
	pages, after := 0, ""
	for {
		page := c.Do("ListTables", `{"Limit":2,"ExclusiveStartTableName":"`+after+`"}`)
		got = append(got, page["TableNames"].([]any)...)
		pages++
		if after, _ = page["LastEvaluatedTableName"].(string); after == "" {
			break
		}
	}
	if want := []any{"table0", "table1", "table2", "table3", "table4"}; !reflect.DeepEqual(got, want) || pages != 3 {
		t.Errorf("%v in %d pages", got, pages)
	}
	if got := c.Refused("ListTables", `{"Limit":101}`); !strings.HasPrefix(got, "ValidationException") {
		t.Error(got)
	}
}

// Tables belong to an account and a region.
func TestScopes(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateTable", simple)
	for _, other := range [][2]string{{"AKIDB", "eu-west-1"}, {"AKIDA", "us-east-1"}} {
		if got := c.Call(other[0], other[1], "ListTables", `{}`); len(got.Body["TableNames"].([]any)) != 0 {
			t.Errorf("%v sees %v", other, got.Body)
		}
		if got := c.Call(other[0], other[1], "CreateTable", simple); got.Status != 200 {
			t.Errorf("%v: %v", other, got.Body)
		}
	}
	arn := "arn:aws:dynamodb:eu-west-1:111111111111:table/one"
	if got := c.Do("DescribeTable", `{"TableName":"`+arn+`"}`)["Table"].(map[string]any)["TableArn"]; got != arn {
		t.Errorf("by ARN: %v", got)
	}
	if got := c.Refused("DescribeTable", `{"TableName":"arn:aws:dynamodb:us-east-1:111111111111:table/one"}`); !strings.Contains(
		got, "does not model") {
		t.Error(got)
	}
}

func TestWhatTableReadersAsk(t *testing.T) {
	c := newCloud(t)
	c.Do("CreateTable", strings.Replace(simple, `"BillingMode"`, `"Tags":[{"Key":"a","Value":"b"}],"BillingMode"`, 1))
	for operation, want := range map[string]string{
		"DescribeTimeToLive": "map[TimeToLiveDescription:map[TimeToLiveStatus:DISABLED]]",
		"DescribeContinuousBackups": "map[ContinuousBackupsDescription:map[ContinuousBackupsStatus:ENABLED " +
			"PointInTimeRecoveryDescription:map[PointInTimeRecoveryStatus:DISABLED]]]",
	} {
		if got := fmt.Sprint(c.Do(operation, `{"TableName":"one"}`)); got != want {
			t.Errorf("%s: %s", operation, got)
		}
	}
	tags := c.Do("ListTagsOfResource", `{"ResourceArn":"arn:aws:dynamodb:eu-west-1:111111111111:table/one"}`)
	if got := fmt.Sprint(tags); got != "map[Tags:[map[Key:a Value:b]]]" {
		t.Errorf("ListTagsOfResource: %s", got)
	}
	for operation, want := range map[string]string{
		"DescribeContinuousBackups": "TableNotFoundException: Table not found: two",
		"PutItem":                   `UnknownOperationException: plldb's local cloud does not model the operation "DynamoDB_20120810.PutItem"`,
	} {
		if got := c.Refused(operation, `{"TableName":"two"}`); got != want {
			t.Errorf("%s: %s", operation, got)
		}
	}
	if got := c.Call("", "", "ListTables", `{}`); got.Status == 200 {
		t.Errorf("unsigned: %v", got.Body)
	}
}

func TestAnUpdateThatChangesNothingIsRefused(t *testing.T) {
	const changed = `{"TableName":"one","BillingMode":"PROVISIONED",
		"ProvisionedThroughput":{"ReadCapacityUnits":3,"WriteCapacityUnits":4}}`
	c := newCloud(t)
	c.Do("CreateTable", simple)
	c.Hand.Turn(time.Minute)
	if got := c.Refused("UpdateTable", `{"TableName":"one"}`); !strings.HasPrefix(got,
		"ValidationException: At least one of ProvisionedThroughput, BillingMode, ") {
		t.Errorf("nothing to update: %s", got)
	}
	c.Do("UpdateTable", changed)
	c.Hand.Turn(time.Minute)
	for _, again := range []string{changed, strings.Replace(changed, `"BillingMode":"PROVISIONED",`, "", 1)} {
		if got := c.Refused("UpdateTable", again); !strings.HasPrefix(got, "ValidationException: "+
			"The provisioned throughput for the table will not change. The requested value equals the current value. "+
			"Current ReadCapacityUnits provisioned for the table: 3. Requested ReadCapacityUnits: 3. "+
			"Current WriteCapacityUnits provisioned for the table: 4. Requested WriteCapacityUnits: 4. ") {
			t.Errorf("the same throughput: %s", got)
		}
	}
	c.Do("UpdateTable", strings.Replace(changed, "4", "5", 1))
}
