package iam

import (
	"maps"
	"slices"
	"strings"
)

// operators are the condition operators. All but Null may end in IfExists, and any may begin with a set's quantifier.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
func operators() []string {
	return []string{
		"StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "StringLike",
		"StringNotLike", "NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals",
		"NumericGreaterThan", "NumericGreaterThanEquals", "DateEquals", "DateNotEquals", "DateLessThan",
		"DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals", "Bool", "BinaryEquals", "IpAddress",
		"NotIpAddress", "ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike",
	}
}

// conditions tells whether a value is a block of conditions: operators, of keys, of one or several values.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition.html
func conditions(value any) bool {
	block, ok := value.(map[string]any)
	for _, keys := range block {
		tests, isObject := keys.(map[string]any)
		if !isObject {
			return false
		}
		for _, test := range tests {
			if _, nested := test.(map[string]any); nested || test == nil {
				return false
			}
		}
	}
	return ok
}

// checkConditions wants operators that there are, and keys of the form PREFIX:NAME. Which keys a service has is not
// checked, nor does IAM. That operators may be written in any case, and the words for one that there is not, are
// unverified; those for a key are the ones for an action.
func (s statement) checkConditions() error {
	block, _ := s["Condition"].(map[string]any)
	for _, operator := range slices.Sorted(maps.Keys(block)) {
		if !isOperator(operator) {
			return malformed("Invalid Condition type : %s", operator)
		}
		keys, _ := block[operator].(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			if prefix, name, found := strings.Cut(key, ":"); !found || prefix == "" || name == "" {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
	}
	return nil
}

func isOperator(text string) bool {
	if quantifier, rest, found := strings.Cut(text, ":"); found {
		if !same(quantifier, "ForAllValues", "ForAnyValue") {
			return false
		}
		text = rest
	}
	const ifExists = "IfExists"
	if at := len(text) - len(ifExists); at > 0 && same(text[at:], ifExists) {
		return same(text[:at], operators()...)
	}
	return same(text, "Null") || same(text, operators()...)
}

// same tells whether a text is one of some words, in any case.
func same(text string, words ...string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.EqualFold(word, text) })
}
