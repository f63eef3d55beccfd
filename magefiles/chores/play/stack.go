package play

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// stack checks that CloudFormation made it, whole, and knows it as plldb's (R12).
func (p *Play) stack(o drive.Outcome) error {
	in := python.Params{"StackName": "plldb"}
	return p.hold(
		fact{
			"the stack is complete (R12)", "cloudformation", "describe_stacks", in, "Stacks.0.StackStatus", "CREATE_COMPLETE",
		},
		fact{"the outcome names it", "cloudformation", "describe_stacks", in, "Stacks.0.StackId", o.StackID},
		fact{
			"its tag says whose it is", "cloudformation", "describe_stacks", in, "Stacks.0.Tags",
			[]map[string]string{{"Key": "plldb:stack", "Value": "bootstrap"}},
		},
		fact{"it has no parameters (R12)", "cloudformation", "describe_stacks", in, "Stacks.0.Parameters.0", nil},
	)
}

// noStack checks that it is gone.
func (p *Play) noStack() error {
	gone := fact{service: "cloudformation", operation: "describe_stacks", params: python.Params{"StackName": "plldb"}}
	return p.refused("the stack is gone", nil, gone, "ValidationError")
}

// Physical gives the physical id of a resource of the stack.
func (p *Play) Physical(logicalID string) (string, error) {
	answer, err := p.Reader.Ask("cloudformation", "describe_stack_resources", python.Params{"StackName": "plldb"})
	if err != nil {
		return "", err
	}
	for _, resource := range list(answer, "StackResources") {
		if word(resource, "LogicalResourceId") == logicalID {
			return word(resource, "PhysicalResourceId"), nil
		}
	}
	return "", fmt.Errorf("the stack has no resource %s", logicalID)
}

// key is one attribute of a key schema, as DynamoDB gives it.
func key(name, kind string) map[string]string {
	return map[string]string{"AttributeName": name, "KeyType": kind}
}

// tables checks the tables' keys and indexes (R13, R14).
func (p *Play) tables(drive.Outcome) error {
	sessions, err := p.table("PLLDBSessions", []any{key("SessionId", "HASH")}, "ConnectionId", "SessionId", "StackName")
	if err != nil {
		return err
	}
	want := []any{
		[]any{"ConnectionId", []any{key("ConnectionId", "HASH"), key("SessionId", "RANGE")}, "ALL"},
		[]any{"StackName", []any{key("StackName", "HASH"), key("ConnectionId", "RANGE")}, "ALL"},
	}
	if err := p.same(is{"PLLDBSessions has its two indexes (R13)", want, indexes(sessions)}); err != nil {
		return err
	}
	debugger, err := p.table("PLLDBDebugger", []any{key("RequestId", "HASH")}, "RequestId")
	if err != nil {
		return err
	}
	return p.same(is{"PLLDBDebugger has no index (R14)", []any{}, indexes(debugger)})
}

// table checks a table's key, attributes and billing, and returns how DynamoDB describes it.
func (p *Play) table(logicalID string, schema []any, attributes ...string) (any, error) {
	name, err := p.Physical(logicalID)
	if err != nil {
		return nil, err
	}
	table, err := p.Reader.Ask("dynamodb", "describe_table", python.Params{"TableName": name})
	if err != nil {
		return nil, err
	}

	var want []any
	for _, attribute := range attributes {
		want = append(want, map[string]string{"AttributeName": attribute, "AttributeType": "S"})
	}
	return table, p.same(
		is{logicalID + " has its key (R13, R14)", schema, Dig(table, "Table.KeySchema")},
		is{logicalID + "'s attributes are strings", want, sorted(list(table, "Table.AttributeDefinitions"), "AttributeName")},
		is{logicalID + " is paid by the request", "PAY_PER_REQUEST", Dig(table, "Table.BillingModeSummary.BillingMode")},
	)
}

// indexes gives name, key and projection of each index, sorted by name.
func indexes(table any) []any {
	short := []any{}
	for _, index := range sorted(list(table, "Table.GlobalSecondaryIndexes"), "IndexName") {
		short = append(short,
			[]any{Dig(index, "IndexName"), Dig(index, "KeySchema"), Dig(index, "Projection.ProjectionType")})
	}
	return short
}

func sorted(values []any, by string) []any {
	return slices.SortedFunc(slices.Values(values), func(a, b any) int { return cmp.Compare(word(a, by), word(b, by)) })
}

// roles checks who is trusted, and that no policy of AWS's own is attached (R15, R16).
func (p *Play) roles(drive.Outcome) error {
	service, err := p.Physical("PLLDBServiceRole")
	if err != nil {
		return err
	}
	answer, err := p.Reader.Ask("iam", "get_role", python.Params{"RoleName": service})
	if err != nil {
		return err
	}
	arn := word(answer, "Role.Arn")
	account, _, _ := strings.Cut(arn, "role/") // in whatever partition
	for _, role := range []struct {
		logicalID string
		trusted   any
	}{
		{"PLLDBServiceRole", map[string]string{"Service": "lambda.amazonaws.com"}},
		{"PLLDBManagerRole", map[string]string{"AWS": arn}},
		{"PLLDBDebuggerRole", map[string]string{"AWS": account + "root"}},
	} {
		if err := p.role(role.logicalID, role.trusted); err != nil {
			return err
		}
	}
	return nil
}

func (p *Play) role(logicalID string, trusted any) error {
	name, err := p.Physical(logicalID)
	if err != nil {
		return err
	}
	in := python.Params{"RoleName": name}
	return p.hold(
		fact{
			logicalID + " trusts whom it should, and nobody else (R15, R16)", "iam", "get_role", in,
			"Role.AssumeRolePolicyDocument.Statement.0.Principal", trusted,
		},
		fact{
			logicalID + " has one statement of trust", "iam", "get_role", in,
			"Role.AssumeRolePolicyDocument.Statement.1", nil,
		},
		fact{
			logicalID + " has no policy of AWS's own", "iam", "list_attached_role_policies", in, "AttachedPolicies.0", nil,
		},
	)
}

// functions checks what Lambda runs: each function of the outcome, by the digest of its code (R18).
func (p *Play) functions(o drive.Outcome) error {
	answer, err := p.Reader.Ask("cloudformation", "describe_stack_resources", python.Params{"StackName": "plldb"})
	if err != nil {
		return err
	}
	runs := map[string]int{}
	for _, resource := range list(answer, "StackResources") {
		if word(resource, "ResourceType") != "AWS::Lambda::Function" {
			continue
		}
		code, err := p.function(word(resource, "LogicalResourceId"), word(resource, "PhysicalResourceId"))
		if err != nil {
			return err
		}
		runs[code]++
	}

	want := map[string]int{}
	for _, f := range o.Functions {
		want[f.SHA256]++
	}
	return p.same(is{"Lambda's CodeSha256 are the outcome's sha256 (R18)", want, runs})
}

// function checks one function's settings and returns the digest of its code.
func (p *Play) function(logicalID, name string) (string, error) {
	in := python.Params{"FunctionName": name}
	answer, err := p.Reader.Ask("lambda", "get_function_configuration", in)
	if err != nil {
		return "", err
	}
	got := []any{Dig(answer, "Runtime"), Dig(answer, "Architectures"), Dig(answer, "PackageType")}
	want := []any{"provided.al2023", []string{"arm64"}, "Zip"}
	return word(answer, "CodeSha256"), p.same(
		is{logicalID + " runs on provided.al2023, arm64, from a zip (R11, R18)", want, got},
	)
}
