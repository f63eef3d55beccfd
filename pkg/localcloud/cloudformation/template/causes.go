package template

import "strings"

// The sources of a Cause.
const (
	fromReference = "ResourceReference"
	fromAttribute = "ResourceAttribute"
)

// causes notes what a value refers to, with the source of each.
func (t *Template) causes(v any, found map[string]string) {
	if name, argument, ok := function(v); ok {
		switch name {
		case "Ref":
			t.cause(argument.(string), found)
			return
		case "Fn::GetAtt":
			id, attribute, _ := getAtt(argument)
			found[id+"."+attribute] = fromAttribute
			return
		case "Fn::Sub":
			t.causesOfSub(argument, found)
			return
		}
	}
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			t.causes(item, found)
		}
	case map[string]any:
		for _, member := range v {
			t.causes(member, found)
		}
	}
}

func (t *Template) causesOfSub(argument any, found map[string]string) {
	text, values, _ := subArgument(argument)
	parts, _ := pieces(text)
	for _, part := range parts {
		if value, own := values[part.variable]; own {
			t.causes(value, found)
			continue
		}
		t.cause(part.variable, found)
	}
}

// cause notes a resource, or its attribute after a dot.
func (t *Template) cause(name string, found map[string]string) {
	id, _, dot := strings.Cut(name, ".")
	switch {
	case t.Resources[id] == nil: // a pseudo parameter
	case dot:
		found[name] = fromAttribute
	default:
		found[name] = fromReference
	}
}
