package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

var (
	subVariable = regexp.MustCompile(`^[A-Za-z0-9_:.]+$`)
	subKey      = regexp.MustCompile(`^[A-Za-z0-9_]+$`)
)

// piece is a part of the string of Fn::Sub: text, or a variable.
type piece struct{ text, variable string }

// pieces takes the string of Fn::Sub apart. ${!Name} is the text ${Name}.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference-sub.html
func pieces(s string) ([]piece, error) {
	var found []piece
	for {
		before, rest, ok := strings.Cut(s, "${")
		if !ok {
			return append(found, piece{text: s}), nil
		}
		name, after, closed := strings.Cut(rest, "}")
		if literal, is := strings.CutPrefix(name, "!"); is && closed {
			found = append(found, piece{text: before + "${" + literal + "}"})
			s = after
			continue
		}
		if !closed || !subVariable.MatchString(name) { // that one left open is refused so is unverified
			return nil, invalidf("Template error: variable names in Fn::Sub syntax must contain only alphanumeric characters, " +
				"underscores, periods, and colons")
		}
		found = append(found, piece{text: before}, piece{variable: name})
		s = after
	}
}

// subArgument takes the argument of Fn::Sub apart: a string, or a list of one and of the values for it.
func subArgument(argument any) (string, map[string]any, bool) {
	if s, ok := argument.(string); ok {
		return s, nil, true
	}
	list, _ := argument.([]any)
	if len(list) != 2 {
		return "", nil, false
	}
	s, isString := list[0].(string)
	values, isMap := list[1].(map[string]any)
	return s, values, isString && isMap
}

func (s *scope) checkSub(argument any) error {
	text, values, ok := subArgument(argument)
	if !ok {
		return invalidf("Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify " +
			"a string as first argument, and an optional second argument to specify a mapping of values to replace in the " +
			"string")
	}
	if err := s.checkSubValues(values); err != nil {
		return err
	}
	if err := literal(text); err != nil {
		return err
	}
	parts, err := pieces(text)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if _, own := values[part.variable]; own || part.variable == "" {
			continue
		}
		if err := s.checkVariable(part.variable); err != nil {
			return err
		}
	}
	return nil
}

func (s *scope) checkSubValues(values map[string]any) error {
	otherwise := invalidf("Template error: every value of the context object of every Fn::Sub object must be a string " +
		"or a function that returns a string")
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if !subKey.MatchString(key) {
			return invalidf("Template error: every key of the context object of every Fn::Sub object must contain only " +
				"alphanumeric characters and underscores")
		}
		if err := s.checkAll([]any{values[key]}, otherwise); err != nil {
			return err
		}
	}
	return nil
}

func noString() *Invalid { // the words are unverified
	return invalidf("Template error: every variable in an Fn::sub object must reference a string")
}

func (s *scope) checkVariable(name string) error {
	id, attribute, dot := strings.Cut(name, ".")
	if !dot {
		if name == noValue {
			return unmodelled("%s in Fn::Sub", noValue)
		}
		return s.refer(name)
	}
	if r := s.t.Resources[id]; r == nil || !slices.Contains(r.model.Attributes, attribute) {
		return invalidf("Template error: instance of Fn::Sub references invalid resource attribute %s", name)
	}
	s.resources[id] = true
	return nil
}
