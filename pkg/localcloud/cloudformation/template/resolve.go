package template

import (
	"fmt"
	"strings"
)

// Resolve gives the properties of a resource with all functions replaced, what is AWS::NoValue left out, and the values
// made what the type wants: a number for a string is written out, a string that reads as a number or boolean becomes
// it. An *Invalid is the reason for which CloudFormation fails the resource; the world not knowing an answer that it
// should know is another error. Unknown stands wherever a part of the value is Unknown.
func (t *Template) Resolve(logicalID string, w World) (map[string]any, error) {
	r := t.Resources[logicalID]
	if r == nil {
		return nil, fmt.Errorf("the template has no resource %s", logicalID)
	}
	written, _ := r.Properties.(map[string]any)
	f := &filler{t, w}
	properties, err := f.members(written)
	if err != nil {
		return nil, err
	}
	return coerceMembers(r.model.Properties, properties), nil
}

// ResolveOutput gives the value of an output.
func (t *Template) ResolveOutput(name string, w World) (string, error) {
	o := t.Outputs[name]
	if o == nil {
		return "", fmt.Errorf("the template has no output %s", name)
	}
	f := &filler{t, w}
	v, err := f.value(o.Value)
	if err != nil {
		return "", err
	}
	s, ok := text(v)
	if !ok {
		return "", notString("")
	}
	return s, nil
}

// nothing is the value of AWS::NoValue.
type nothing struct{}

func isNoValue(v any) bool {
	name, argument, ok := function(v)
	return ok && name == "Ref" && argument == noValue
}

// filler replaces functions. What it is given was checked by Parse.
type filler struct {
	t *Template
	w World
}

func (f *filler) value(v any) (any, error) {
	if name, argument, ok := function(v); ok {
		return f.call(name, argument)
	}
	switch v := v.(type) {
	case []any:
		return f.items(v)
	case map[string]any:
		return f.members(v)
	}
	return v, nil
}

func (f *filler) members(object map[string]any) (map[string]any, error) {
	filled := make(map[string]any, len(object))
	for key, member := range object {
		v, err := f.value(member)
		if err != nil {
			return nil, err
		}
		if v != any(nothing{}) {
			filled[key] = v
		}
	}
	return filled, nil
}

func (f *filler) items(list []any) ([]any, error) {
	filled := make([]any, 0, len(list))
	for _, item := range list {
		v, err := f.value(item)
		if err != nil {
			return nil, err
		}
		if _, gone := v.(nothing); !gone {
			filled = append(filled, v)
		}
	}
	return filled, nil
}

func (f *filler) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		if argument == noValue {
			return nothing{}, nil
		}
		return f.ref(argument.(string))
	case "Fn::GetAtt":
		id, attribute, _ := getAtt(argument)
		return f.attribute(id, attribute)
	case "Fn::Sub":
		return f.sub(argument)
	}
	list := argument.([]any)
	first, second := list[0], list[1]
	filled, err := f.value(second)
	if err != nil || filled == any(Unknown) {
		return filled, err
	}
	switch name {
	case "Fn::Join":
		return join(first.(string), filled)
	case "Fn::Split":
		return split(first.(string), filled)
	}
	return pick(first, filled)
}

func (f *filler) ref(name string) (any, error) {
	if isPseudo(name) {
		if s, ok := f.w.Pseudo(name); ok {
			return s, nil
		}
		return nil, fmt.Errorf("the pseudo parameter %s has no value", name)
	}
	if s, ok := f.w.Ref(name); ok {
		return s, nil
	}
	return nil, fmt.Errorf("the resource %s has no physical id", name)
}

// attribute asks for an attribute. That a resource does not give one that its type has is CloudFormation's message, as
// measured by https://github.com/ministackorg/ministack/pull/1628.
func (f *filler) attribute(id, name string) (any, error) {
	if v, ok := f.w.Attribute(id, name); ok {
		return v, nil
	}
	return nil, invalidf("Requested attribute %s does not exist in schema for %s", name, f.t.Resources[id].Type)
}

func (f *filler) sub(argument any) (any, error) {
	template, values, _ := subArgument(argument)
	parts, err := pieces(template)
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	for _, part := range parts {
		if part.variable == "" {
			b.WriteString(part.text)
			continue
		}
		v, err := f.variable(part.variable, values)
		if err != nil || v == any(Unknown) {
			return v, err
		}
		s, ok := text(v)
		if !ok {
			return nil, noString()
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func (f *filler) variable(name string, values map[string]any) (any, error) {
	if v, own := values[name]; own {
		return f.value(v)
	}
	if id, attribute, dot := strings.Cut(name, "."); dot {
		return f.attribute(id, attribute)
	}
	return f.ref(name)
}

func join(delimiter string, v any) (any, error) {
	list, ok := v.([]any)
	var texts []string
	for _, item := range list {
		s, is := text(item)
		if s == Unknown {
			return Unknown, nil
		}
		ok = ok && is
		texts = append(texts, s)
	}
	if !ok {
		return nil, noJoin()
	}
	return strings.Join(texts, delimiter), nil
}

func split(delimiter string, v any) (any, error) {
	s, ok := text(v)
	if !ok {
		return nil, noSplit()
	}
	var list []any
	for _, part := range strings.Split(s, delimiter) {
		list = append(list, part)
	}
	return list, nil
}

func pick(at, v any) (any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, noSelect()
	}
	i, _ := index(at)
	if i >= len(list) {
		return nil, nonexistent(i)
	}
	return list[i], nil
}
