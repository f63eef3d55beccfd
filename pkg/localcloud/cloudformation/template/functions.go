package template

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// supported is the list that CloudFormation ends its refusal of an unknown function with. It may have grown since
// people last showed it (unverified).
const supported = "[Fn::Base64, Fn::GetAtt, Fn::GetAZs, Fn::ImportValue, Fn::Join, Fn::Split, Fn::FindInMap, " +
	"Fn::Select, Ref, Fn::Equals, Fn::If, Fn::Not, Condition, Fn::And, Fn::Or, Fn::Contains, Fn::EachMemberEquals, " +
	"Fn::EachMemberIn, Fn::ValueOf, Fn::ValueOfAll, Fn::RefAll, Fn::Sub, Fn::Cidr]"

// yield is what a function gives.
type yield int

const (
	either   yield = iota // a string or a list, which is known only with the value
	aString               // a string, or what can be written as one
	aList                 // a list
	anObject              // no function gives one
)

// scope is a part of the template that may refer to resources, and what was found there.
type scope struct {
	t          *Template
	resources  map[string]bool // referred to
	unresolved map[string]bool // referred to, but not there
}

func (t *Template) scope() *scope {
	return &scope{t: t, resources: map[string]bool{}, unresolved: map[string]bool{}}
}

// function takes a call apart. A map of several members is none.
func function(v any) (name string, argument any, ok bool) {
	object, _ := v.(map[string]any)
	if len(object) != 1 {
		return "", nil, false
	}
	for name, argument := range object {
		return name, argument, isFunction(name)
	}
	return "", nil, false
}

func isFunction(name string) bool { return name == "Ref" || namesFunction(name) }

// namesFunction tells what CloudFormation takes for the name of a function. People show that it says "Encountered
// unsupported function: fn::GetAtt".
func namesFunction(name string) bool { return len(name) > 4 && strings.EqualFold(name[:4], "Fn::") }

// check checks a value and all the calls in it.
func (s *scope) check(v any) (yield, error) {
	if name, argument, ok := function(v); ok {
		return s.checkCall(name, argument)
	}
	switch v := v.(type) {
	case string:
		return aString, literal(v)
	case []any:
		for _, item := range v {
			if _, err := s.check(item); err != nil {
				return aList, err
			}
		}
		return aList, nil
	case map[string]any:
		return anObject, s.checkMembers(v)
	}
	return aString, nil
}

func (s *scope) checkMembers(object map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if namesFunction(key) {
			return unmodelled("%s with another member beside it", key)
		}
		if _, err := s.check(object[key]); err != nil {
			return err
		}
	}
	return nil
}

// literal refuses dynamic references: here they would stay as they are.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
func literal(s string) error {
	if strings.Contains(s, "{{resolve:") {
		return unmodelled("dynamic references")
	}
	return nil
}

// checkCall checks one call.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
func (s *scope) checkCall(name string, argument any) (yield, error) {
	switch name {
	case "Ref":
		return aString, s.checkRef(argument)
	case "Fn::GetAtt":
		return either, s.checkGetAtt(argument)
	case "Fn::Sub":
		return aString, s.checkSub(argument)
	case "Fn::Join":
		return aString, s.checkJoin(argument)
	case "Fn::Select":
		return either, s.checkSelect(argument)
	case "Fn::Split":
		return aList, s.checkSplit(argument)
	case "Fn::And", "Fn::Base64", "Fn::Cidr", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals",
		"Fn::FindInMap", "Fn::GetAZs", "Fn::GetStackOutput", "Fn::If", "Fn::ImportValue", "Fn::Length", "Fn::Not", "Fn::Or",
		"Fn::RefAll", "Fn::ToJsonString", "Fn::Transform", "Fn::ValueOf", "Fn::ValueOfAll":
		return either, unmodelled("the function %s", name)
	}
	if strings.HasPrefix(name, "Fn::ForEach::") {
		return either, unmodelled("the function Fn::ForEach")
	}
	return either, unsupported(name)
}

func unsupported(name string) *Invalid {
	return invalidf("Template Error: Encountered unsupported function: %s Supported functions are: %s", name, supported)
}

// isPseudo tells whether a name is a pseudo parameter that gives a string.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
func isPseudo(name string) bool {
	switch name {
	case "AWS::AccountId", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix":
		return true
	}
	return false
}

const noValue = "AWS::NoValue"

func (s *scope) checkRef(argument any) error {
	name, ok := argument.(string)
	if !ok || name == "" { // https://github.com/caktus/aws-web-stacks/pull/100
		return invalidf("Template error: every Ref object must have a single String value.")
	}
	if name == noValue {
		return nil
	}
	return s.refer(name)
}

// refer notes what Ref or Fn::Sub names: a resource or a pseudo parameter.
func (s *scope) refer(name string) error {
	switch {
	case name == "AWS::NotificationARNs":
		return unmodelled("the pseudo parameter %s", name)
	case isPseudo(name):
	case s.t.Resources[name] != nil:
		s.resources[name] = true
	default:
		s.unresolved[name] = true
	}
	return nil
}

func (s *scope) checkGetAtt(argument any) error {
	id, attribute, ok := getAtt(argument)
	if list, is := argument.([]any); is && len(list) == 2 {
		if _, _, call := function(list[1]); call {
			return unmodelled("functions in the argument of Fn::GetAtt")
		}
	}
	if !ok { // https://github.com/awslabs/aws-cfn-template-flip/pull/40
		return invalidf("Template error: every Fn::GetAtt object requires two non-empty parameters, " +
			"the resource name and the resource attribute")
	}
	r := s.t.Resources[id]
	if r == nil { // https://github.com/guardian/elk-stack/issues/23
		return invalidf("Template error: instance of Fn::GetAtt references undefined resource %s", id)
	}
	if !slices.Contains(r.model.Attributes, attribute) {
		// AWS has refused it so. Since 2023 at the latest it takes the template, and the stack fails as soon as it begins:
		// tests/aws/services/cloudformation/engine/test_attributes.snapshot.json of github.com/localstack/localstack.
		return invalidf("Template error: resource %s does not support attribute type %s in Fn::GetAtt", id, attribute)
	}
	s.resources[id] = true
	return nil
}

// getAtt takes the argument of Fn::GetAtt apart.
func getAtt(argument any) (id, attribute string, ok bool) {
	list, _ := argument.([]any)
	if len(list) != 2 {
		return "", "", false
	}
	id, _ = list[0].(string)
	attribute, _ = list[1].(string)
	return id, attribute, id != "" && attribute != ""
}

// checkAll checks values that must give one string each.
func (s *scope) checkAll(list []any, otherwise *Invalid) error {
	for _, item := range list {
		y, err := s.check(item)
		if err != nil {
			return err
		}
		if y == aList || y == anObject {
			return otherwise
		}
	}
	return nil
}

func (s *scope) checkJoin(argument any) error {
	otherwise := noJoin()
	list, _ := argument.([]any)
	if len(list) != 2 {
		return otherwise
	}
	if _, ok := list[0].(string); !ok {
		return otherwise
	}
	if items, ok := list[1].([]any); ok {
		return s.checkAll(items, otherwise)
	}
	y, err := s.check(list[1])
	if _, _, call := function(list[1]); err == nil && (!call || y == aString) {
		return otherwise
	}
	return err
}

func (s *scope) checkSplit(argument any) error {
	otherwise := noSplit()
	list, _ := argument.([]any)
	if len(list) != 2 {
		return otherwise
	}
	if delimiter, _ := list[0].(string); delimiter == "" {
		return otherwise
	}
	return s.checkAll(list[1:], otherwise)
}

func (s *scope) checkSelect(argument any) error {
	otherwise := noSelect()
	list, _ := argument.([]any)
	if len(list) != 2 {
		return otherwise
	}
	if _, _, call := function(list[0]); call {
		return unmodelled("functions in the index of Fn::Select")
	}
	i, ok := index(list[0])
	if !ok {
		return otherwise
	}
	if items, ok := list[1].([]any); ok && i >= len(items) {
		return nonexistent(i)
	}
	y, err := s.check(list[1])
	if err == nil && (y == aString || y == anObject) {
		return otherwise
	}
	return err
}

// The refusals of wrong arguments.
// https://github.com/aws-solutions/innovation-sandbox-on-aws/issues/137 has the words for Fn::Join.
func noJoin() *Invalid {
	return invalidf("Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a " +
		"list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.")
}

func noSplit() *Invalid { // after "two parameters" the words are unverified
	return invalidf("Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a " +
		"string to be split or a function that returns a string to be split.")
}

func noSelect() *Invalid {
	return invalidf("Template error: Fn::Select requires a list argument with two elements: an integer index and a " +
		"list")
}

func nonexistent(i int) *Invalid {
	return invalidf("Template error: Fn::Select cannot select nonexistent value at index %d", i)
}

// index reads the first argument of Fn::Select: a whole number, or a string of one.
func index(v any) (int, bool) {
	switch v := v.(type) {
	case float64:
		return int(v), v == math.Trunc(v) && v >= 0 && v < 1<<31
	case string:
		i, err := strconv.ParseUint(v, 10, 31)
		return int(i), err == nil
	}
	return 0, false
}
