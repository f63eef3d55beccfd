package template

import (
	"strconv"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// coerceMembers makes values what the properties want, as far as they can be made so; Check says what is left.
// Properties that the type does not have stay as they are.
func coerceMembers(fields resource.Properties, object map[string]any) map[string]any {
	for name, v := range object {
		if field, ok := fields[name]; ok {
			object[name] = coerce(field, v)
		}
	}
	return object
}

// coerce makes a value what a property wants.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/parameters-section-structure.html: a parameter that
// was checked to be a number is a string where it is used, in properties that are numbers.
func coerce(p resource.Property, v any) any {
	if v == Unknown {
		return v
	}
	switch p.Kind {
	case resource.String:
		if s, ok := text(v); ok {
			return s
		}
	case resource.Integer, resource.Number:
		if s, ok := v.(string); ok {
			return number(s)
		}
	case resource.Boolean:
		if v == "true" || v == "false" {
			return v == "true"
		}
	case resource.List:
		if list, ok := v.([]any); ok && p.Item != nil {
			for i := range list {
				list[i] = coerce(*p.Item, list[i])
			}
		}
	case resource.Struct:
		if object, ok := v.(map[string]any); ok {
			return coerceMembers(p.Fields, object)
		}
	}
	return v
}

// number is the number that a string reads as, else the string.
func number(s string) any {
	if !yamlDecimal.MatchString(s) {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return f
}
