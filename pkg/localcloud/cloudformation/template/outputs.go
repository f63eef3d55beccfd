package template

import (
	"maps"
	"slices"
)

// outputs reads and checks the section Outputs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
func (p *parser) outputs(tree map[string]any) error {
	v, set := tree["Outputs"]
	members, ok := v.(map[string]any)
	if set && !ok { // the words are unverified
		return invalidf("Template format error: Outputs must be an object.")
	}
	if len(members) > mostOutputs { // https://github.com/serverless/serverless/issues/3135
		return invalidf("Template format error: Outputs count %d is greater than max allowed %d", len(members), mostOutputs)
	}
	s := p.template.scope()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		o, err := s.output(name, members[name])
		if err != nil {
			return err
		}
		p.template.Outputs[name] = o
	}
	if len(s.unresolved) > 0 {
		return invalidf("Template format error: Unresolved resource dependencies [%s] in the Outputs block of the template",
			listed(s.unresolved))
	}
	return nil
}

func (s *scope) output(name string, v any) (*Output, error) {
	if !alphanumeric.MatchString(name) || len(name) > longestName { // the words are unverified
		return nil, invalidf("Template format error: Output name %s is non alphanumeric.", name)
	}
	member, _ := v.(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(member)) {
		switch key {
		case "Value", "Description":
		case "Condition", "Export":
			return nil, unmodelled("%s of outputs (%s)", key, name)
		default: // the words are unverified
			return nil, invalidf("Invalid template output property '%s'", key)
		}
	}
	value, set := member["Value"]
	if !set {
		return nil, invalidf("Template format error: Every Outputs member must contain a Value object")
	}
	description, err := describe(member)
	if err != nil {
		return nil, err
	}
	return &Output{Name: name, Description: description, Value: value}, s.outputValue(value)
}

// outputValue checks that a value can become a string.
func (s *scope) outputValue(value any) error {
	y, err := s.check(value)
	switch {
	case err != nil:
		return err
	case y == aList:
		return notString(" and not a List")
	case y == anObject:
		return notString(" and not a Map")
	case isNoValue(value):
		return notString("")
	}
	return nil
}

func notString(but string) *Invalid {
	return invalidf("Template format error: The Value field of every Outputs member must evaluate to a String%s.", but)
}
