package cloudformation_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/plldb/plldb/cloudformation"
)

func TestR15ServiceRole(t *testing.T) {
	tpl := template(t)
	role := tpl.properties(t, "PLLDBServiceRole", "AWS::IAM::Role")
	same(t, "trust", at(role, "AssumeRolePolicyDocument", "Statement"),
		`[{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]`)
	same(t, "policies", role["Policies"], `[{
		"PolicyName": "WriteLogs",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow",
			"Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
			"Resource": [
				{"Fn::GetAtt": "ConnectLogGroup.Arn"}, {"Fn::GetAtt": "DisconnectLogGroup.Arn"},
				{"Fn::GetAtt": "AuthorizeLogGroup.Arn"}, {"Fn::GetAtt": "DefaultLogGroup.Arn"}
			]
		}]}
	}]`)
	for id, f := range tpl.ofType("AWS::Lambda::Function") {
		same(t, id+"'s role", at(f, "Properties", "Role"), `{"Fn::GetAtt": "PLLDBServiceRole.Arn"}`)
	}
}

// The manager role trusts the service role, so that role's right to assume it cannot stand inside it.
func TestTrap50AssumingTheManagerStandsByItself(t *testing.T) {
	tpl := template(t)
	same(t, "ServiceRoleAssumesManagerRole", tpl.properties(t, "ServiceRoleAssumesManagerRole", "AWS::IAM::RolePolicy"), `{
		"RoleName": {"Ref": "PLLDBServiceRole"},
		"PolicyName": "AssumeManagerRole",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": {"Fn::GetAtt": "PLLDBManagerRole.Arn"}}
		]}
	}`)
}

func TestR16ManagerRole(t *testing.T) {
	tpl := template(t)
	role := tpl.properties(t, "PLLDBManagerRole", "AWS::IAM::Role")
	same(t, "trust", at(role, "AssumeRolePolicyDocument", "Statement"),
		`[{"Effect": "Allow", "Principal": {"AWS": {"Fn::GetAtt": "PLLDBServiceRole.Arn"}}, "Action": "sts:AssumeRole"}]`)
	same(t, "policies", role["Policies"], `[{
		"PolicyName": "ConfigureFunctionsUnderDebug",
		"PolicyDocument": {"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow",
			"Action": ["lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:UpdateFunctionConfiguration"],
			"Resource": {"Fn::Sub": "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*"},
			"Condition": {"StringEquals": {"aws:ResourceTag/plldb:debug": "true"}}
		}]}
	}]`)
}

func TestR16DebuggerRole(t *testing.T) {
	tpl := template(t)
	role := tpl.properties(t, "PLLDBDebuggerRole", "AWS::IAM::Role")
	same(t, "trust", at(role, "AssumeRolePolicyDocument", "Statement"), `[{
		"Effect": "Allow",
		"Principal": {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}},
		"Action": "sts:AssumeRole"
	}]`)
	if role["MaxSessionDuration"] != "3600" {
		t.Errorf("sessions of %v seconds", role["MaxSessionDuration"])
	}
	same(t, "policies", role["Policies"], `[
		{"PolicyName": "UseTables", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
			{
				"Effect": "Allow",
				"Action": [
					"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem",
					"dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"
				],
				"Resource": [{"Fn::GetAtt": "PLLDBSessions.Arn"}, {"Fn::GetAtt": "PLLDBDebugger.Arn"}]
			},
			{
				"Effect": "Allow",
				"Action": "dynamodb:Query",
				"Resource": [
					{"Fn::Sub": "${PLLDBSessions.Arn}/index/ConnectionId"},
					{"Fn::Sub": "${PLLDBSessions.Arn}/index/StackName"}
				]
			}
		]}},
		{"PolicyName": "SendMessages", "PolicyDocument": {"Version": "2012-10-17", "Statement": [{
			"Effect": "Allow",
			"Action": "execute-api:ManageConnections",
			"Resource": {"Fn::Sub":
				"arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${PLLDBAPI}/plldb/POST/@connections/*"}
		}]}}
	]`)
}

func TestR16NoOtherRolesAndNoManagedPolicies(t *testing.T) {
	tpl := template(t)
	roles := tpl.ofType("AWS::IAM::Role")
	ids := slices.Sorted(maps.Keys(roles))
	if want := []string{"PLLDBDebuggerRole", "PLLDBManagerRole", "PLLDBServiceRole"}; !slices.Equal(ids, want) {
		t.Errorf("roles %v", ids)
	}
	for id, r := range roles {
		if p := at(r, "Properties", "ManagedPolicyArns"); p != nil {
			t.Errorf("%s has %v", id, p)
		}
	}
}

// Whoever reads a permission reads beside it who uses it; and none is for everything.
func TestEveryStatementSaysWhoUsesIt(t *testing.T) {
	var document yaml.Node
	if err := yaml.Unmarshal(cloudformation.Template(), &document); err != nil {
		t.Fatal(err)
	}
	statements := 0
	var walk func(*yaml.Node)
	walk = func(n *yaml.Node) {
		for i, c := range n.Content {
			if n.Kind == yaml.MappingNode && i%2 == 0 && c.Value == "Statement" {
				for _, s := range n.Content[i+1].Content {
					statements++
					checkStatement(t, s)
				}
			}
			walk(c)
		}
	}
	walk(&document)
	if statements != 9 {
		t.Errorf("%d statements seen, want 9", statements)
	}
}

func checkStatement(t *testing.T, s *yaml.Node) {
	t.Helper()
	comment := s.HeadComment + s.Content[0].HeadComment
	if !strings.Contains(comment, "Used by") || !strings.Contains(comment, "now") && !strings.Contains(comment, "later") {
		t.Errorf("line %d: the statement's comment does not say who uses it, now or later: %q", s.Line, comment)
	}
	for _, key := range []string{"Resource", "Action", "Principal", "NotResource", "NotAction", "NotPrincipal"} {
		for _, v := range scalars(member(s, key)) {
			if v == "*" || strings.HasSuffix(v, ":*") && key == "Action" || strings.HasPrefix(key, "Not") {
				t.Errorf("line %d: %s %s", s.Line, key, v)
			}
		}
	}
}

func member(n *yaml.Node, key string) *yaml.Node {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return n.Content[i+1]
		}
	}
	return &yaml.Node{}
}

func scalars(n *yaml.Node) (all []string) {
	if n.Kind == yaml.ScalarNode {
		return []string{n.Value}
	}
	for _, c := range n.Content {
		all = append(all, scalars(c)...)
	}
	return all
}
