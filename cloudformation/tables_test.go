package cloudformation_test

import "testing"

func TestR13Sessions(t *testing.T) {
	tpl := template(t)
	same(t, "PLLDBSessions", tpl.properties(t, "PLLDBSessions", "AWS::DynamoDB::Table"), `{
		"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [
			{"AttributeName": "SessionId", "AttributeType": "S"},
			{"AttributeName": "ConnectionId", "AttributeType": "S"},
			{"AttributeName": "StackName", "AttributeType": "S"}
		],
		"KeySchema": [{"AttributeName": "SessionId", "KeyType": "HASH"}],
		"GlobalSecondaryIndexes": [
			{
				"IndexName": "ConnectionId",
				"KeySchema": [
					{"AttributeName": "ConnectionId", "KeyType": "HASH"},
					{"AttributeName": "SessionId", "KeyType": "RANGE"}
				],
				"Projection": {"ProjectionType": "ALL"}
			},
			{
				"IndexName": "StackName",
				"KeySchema": [
					{"AttributeName": "StackName", "KeyType": "HASH"},
					{"AttributeName": "ConnectionId", "KeyType": "RANGE"}
				],
				"Projection": {"ProjectionType": "ALL"}
			}
		]
	}`)
}

func TestR14Debugger(t *testing.T) {
	tpl := template(t)
	same(t, "PLLDBDebugger", tpl.properties(t, "PLLDBDebugger", "AWS::DynamoDB::Table"), `{
		"BillingMode": "PAY_PER_REQUEST",
		"AttributeDefinitions": [{"AttributeName": "RequestId", "AttributeType": "S"}],
		"KeySchema": [{"AttributeName": "RequestId", "KeyType": "HASH"}]
	}`)
	if n := len(tpl.ofType("AWS::DynamoDB::Table")); n != 2 {
		t.Errorf("%d tables", n)
	}
}

// What would keep data or money behind says so; so does what would not.
func TestTrap69DeletionPoliciesAreWrittenOut(t *testing.T) {
	tpl := template(t)
	for _, kind := range []string{"AWS::DynamoDB::Table", "AWS::Logs::LogGroup"} {
		for id, r := range tpl.ofType(kind) {
			if at(r, "DeletionPolicy") != "Delete" || at(r, "UpdateReplacePolicy") != "Delete" {
				t.Errorf("%s: %v, %v", id, at(r, "DeletionPolicy"), at(r, "UpdateReplacePolicy"))
			}
		}
	}
}
