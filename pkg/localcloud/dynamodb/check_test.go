package dynamodb_test

import (
	"strings"
	"testing"
)

// What DynamoDB has against tables, in its own words. Each case is a table that would be right but for one thing.
func TestRefusedTables(t *testing.T) {
	const wrong = "ValidationException: One or more parameter values were invalid: "
	const index = `"GlobalSecondaryIndexes":[{"IndexName":"byB","KeySchema":[{"AttributeName":"B","KeyType":"HASH"}],
		"Projection":{"ProjectionType":"ALL"}}]`
	const local = `"LocalSecondaryIndexes":[{"IndexName":"byC","KeySchema":[{"AttributeName":"A","KeyType":"HASH"},
		{"AttributeName":"C","KeyType":"RANGE"}],"Projection":{"ProjectionType":"ALL"}}]`
	both := `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"},{"AttributeName":"B","KeyType":"RANGE"}]`
	cases := []struct{ name, attributes, rest, want string }{
		{"unused", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}]`, wrong +
			"Number of attributes in KeySchema does not exactly match number of attributes defined in AttributeDefinitions"},
		{
			"unused beside an index", "A B C", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}],` + index,
			wrong + "Some AttributeDefinitions are not used. AttributeDefinitions: [A, B, C], keys used: [A, B]",
		},
		{
			"undefined key", "A", both,
			"ValidationException: Invalid KeySchema: Some index key attribute have no definition",
		},
		{
			"undefined index key", "A", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}],` + index,
			wrong + "Some index key attributes are not defined in AttributeDefinitions. Keys: [B], AttributeDefinitions: [A]",
		},
		{
			"range first", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"RANGE"},{"AttributeName":"B","KeyType":"HASH"}]`,
			"ValidationException: Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
		},
		{
			"two hashes", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"},{"AttributeName":"B","KeyType":"HASH"}]`,
			"ValidationException: Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
		},
		{
			"twice the same", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"},{"AttributeName":"A","KeyType":"RANGE"}]`,
			"ValidationException: Both the Hash Key and the Range Key element in the KeySchema have the same name",
		},
		{
			"no projection type", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}],` +
				strings.Replace(index, `"ProjectionType":"ALL"`, "", 1), wrong + "Unknown ProjectionType: null",
		},
		{
			"projected too much", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}],` +
				strings.Replace(index, `"ALL"`, `"ALL","NonKeyAttributes":["X"]`, 1),
			wrong + "ProjectionType is ALL, but NonKeyAttributes is specified",
		},
		{
			"a short index name", "A B", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}],` + strings.Replace(index, "byB", "b", 1),
			"ValidationException: 1 validation error detected: Value 'b' at 'globalSecondaryIndexes.1.member.indexName' failed " +
				"to satisfy constraint: Member must have length greater than or equal to 3",
		},
		{
			"two indexes of one name", "A B C", both + "," + strings.Replace(index, "byB", "byC", 1) + "," + local,
			wrong + "Duplicate index name: byC",
		},
		{
			"a local index without a range key", "A C", `"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}],` + local, wrong +
				"Table KeySchema does not have a range key, which is required when specifying a LocalSecondaryIndex",
		},
		{
			"a local index on another hash", "A B C", both + "," + strings.Replace(local, `"AttributeName":"A"`, `"AttributeName":"B"`, 1),
			wrong + "Index KeySchema does not have the same leading hash key as table KeySchema for index: byC. " +
				"index hash key: B, table hash key: A",
		},
		{
			"throughput on demand", "A", `"ProvisionedThroughput":{"ReadCapacityUnits":1,"WriteCapacityUnits":1},
				"KeySchema":[{"AttributeName":"A","KeyType":"HASH"}]`, wrong +
				"Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is PAY_PER_REQUEST",
		},
		{
			"no keys", "A", `"KeySchema":[]`, "ValidationException: 1 validation error detected: Value null at 'keySchema' " +
				"failed to satisfy constraint: Member must not be null",
		},
	}
	c := newCloud(t)
	for _, k := range cases {
		t.Run(k.name, func(t *testing.T) {
			c.T = t
			body := `{"TableName":"one","BillingMode":"PAY_PER_REQUEST","AttributeDefinitions":[` + defined(k.attributes) + `],` +
				k.rest + `}`
			if got := c.Refused("CreateTable", body); got != k.want {
				t.Errorf("%s\nwant\n%s", got, k.want)
			}
		})
	}
	if got := len(c.Do("ListTables", "{}")["TableNames"].([]any)); got != 0 {
		t.Errorf("%d tables were made", got)
	}
}

// defined writes definitions of attributes.
func defined(names string) string {
	var all []string
	for name := range strings.FieldsSeq(names) {
		all = append(all, `{"AttributeName":"`+name+`","AttributeType":"S"}`)
	}
	return strings.Join(all, ",")
}

func TestRefusedMembers(t *testing.T) {
	c := newCloud(t)
	for change, want := range map[string]string{
		`"one"`: `"a?"`, `"S"`: `"M"`, `"PAY_PER_REQUEST"`: `"FREE"`, `"HASH"}]`: `"HASH"}],"SSESpecification":{}`,
	} {
		if got := c.Refused("CreateTable", strings.Replace(simple, change, want, 1)); !strings.HasPrefix(got, "ValidationException: ") {
			t.Errorf("%s: %s", want, got)
		}
	}
	if got := c.Refused("CreateTable", strings.Replace(simple, `"BillingMode":"PAY_PER_REQUEST",`, "", 1)); !strings.HasSuffix(
		got, "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is PROVISIONED") {
		t.Error(got)
	}
	if got := c.Refused("CreateTable", `{"TableName":`); !strings.HasPrefix(got, "SerializationException") {
		t.Error(got)
	}
}
