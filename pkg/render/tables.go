package render

import (
	"bytes"
	"maps"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

const table = "AWS::DynamoDB::Table"

// replacing are the properties of a table that cannot change without a new table taking the old one's place. TableName
// and ImportSourceSpecification are create-only in the resource type's schema, KeySchema is so under a condition that
// the schema does not tell, and DynamoDB cannot change local indexes after a table is made; where CloudFormation would
// refuse the change instead, nothing is lost by asking first.
func replacing() []string {
	return []string{"KeySchema", "TableName", "LocalSecondaryIndexes", "ImportSourceSpecification"}
}

// LostTables returns the logical ids, sorted, of the tables that a stack with the template deployed would lose by an
// update to the template next: those that are no longer there, are of another type, or differ in a property that makes
// CloudFormation put a new table in their place. Values are compared, not texts: quotes, order of keys, and short or
// long forms of functions make no difference. The error is a *report.Problem.
func LostTables(deployed, next []byte) ([]string, error) {
	if bytes.Equal(deployed, next) {
		return nil, nil
	}
	before, err := resources(deployed)
	if err != nil {
		return nil, err
	}
	after, err := resources(next)
	if err != nil {
		return nil, err
	}

	kept := map[string]*yaml.Node{}
	for _, r := range after {
		kept[r.id] = r.node
	}
	lost := map[string]bool{}
	for _, r := range before {
		if stringOf(get(r.node, "Type")) == table && (kept[r.id] == nil || replaced(r.node, kept[r.id])) {
			lost[r.id] = true
		}
	}
	return slices.Sorted(maps.Keys(lost)), nil
}

// replaced says whether the table before cannot become after.
func replaced(before, after *yaml.Node) bool {
	if stringOf(get(after, "Type")) != table {
		return true
	}
	before, after = get(before, "Properties"), get(after, "Properties")
	for _, name := range replacing() {
		if !reflect.DeepEqual(value(get(before, name)), value(get(after, name))) {
			return true
		}
	}
	return retyped(get(before, "AttributeDefinitions"), get(after, "AttributeDefinitions"))
}

// retyped says whether an attribute that both have has another type now. CloudFormation's page on the table says of
// AttributeDefinitions: replacement if an existing one is edited. Adding and removing them is part of changing indexes.
func retyped(before, after *yaml.Node) bool {
	types := map[string]string{}
	for _, a := range before.Content {
		types[stringOf(get(a, "AttributeName"))] = stringOf(get(a, "AttributeType"))
	}
	for _, a := range after.Content {
		if old, ok := types[stringOf(get(a, "AttributeName"))]; ok && old != stringOf(get(a, "AttributeType")) {
			return true
		}
	}
	return false
}

// value turns a node into maps, slices and strings that compare with reflect.DeepEqual. Scalars are strings, as
// CloudFormation does not tell 5 from "5"; short forms of functions become long ones; what is not there is nil.
func value(n *yaml.Node) any {
	var v any
	switch n.Kind {
	case yaml.ScalarNode, yaml.AliasNode:
		v = n.Value
	case yaml.SequenceNode:
		list := []any{}
		for _, child := range n.Content {
			list = append(list, value(child))
		}
		v = list
	case yaml.MappingNode:
		mapping := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			mapping[n.Content[i].Value] = value(n.Content[i+1])
		}
		v = mapping
	}
	return longForm(n.Tag, v)
}

func longForm(tag string, v any) any {
	name, short := strings.CutPrefix(tag, "!")
	switch {
	case !short || strings.HasPrefix(name, "!"):
		return v
	case name == "Ref" || name == "Condition":
		return map[string]any{name: v}
	case name == "GetAtt":
		if s, ok := v.(string); ok {
			id, attribute, _ := strings.Cut(s, ".")
			v = []any{id, attribute}
		}
	}
	return map[string]any{"Fn::" + name: v}
}
