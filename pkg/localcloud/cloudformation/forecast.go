package cloudformation

import (
	"encoding/json"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// forecast is the world as it would be: the resources that are there, and unknown values for what is not certain to
// stay.
type forecast struct {
	world
	before, target *template.Template
	tags           map[string]string

	fresh    map[string]bool // made by the update, or perhaps
	replaced map[string]bool // those of them that are certain to take another's place
	updated  map[string]inPlace
}

// inPlace is a resource that is updated and stays. Any of its attributes may change, as CloudFormation sees it, but for
// those that are properties which do not (unverified).
type inPlace struct {
	typ     resource.Type
	changed map[string]bool // properties
}

// Ref is a resource's physical id: unknown only of those that are made.
func (f forecast) Ref(id string) (string, bool) {
	if f.fresh[id] {
		return template.Unknown, true
	}
	return f.world.Ref(id)
}

// Attribute is what Fn::GetAtt gives.
func (f forecast) Attribute(id, name string) (any, bool) {
	if f.fresh[id] {
		return template.Unknown, true
	}
	value, ok := f.world.Attribute(id, name)
	if one, updated := f.updated[id]; ok && updated {
		if _, property := one.typ.Properties[name]; !property || one.changed[name] {
			return template.Unknown, true
		}
	}
	return value, ok
}

// causes are why a property changes of which the template says the same as before; nil if the template itself is why.
func (f forecast) causes(id, property string) []template.Cause {
	if written(f.before, id, property) != written(f.target, id, property) {
		return nil
	}
	causes := slices.DeleteFunc(f.target.Causes(id, property), func(why template.Cause) bool { return !f.open(why) })
	if len(causes) == 0 {
		return nil
	}
	return causes
}

// open tells whether what a property refers to is not certain to stay.
func (f forecast) open(why template.Cause) bool {
	id, attribute, dot := strings.Cut(why.Entity, ".")
	if !dot {
		return f.fresh[id]
	}
	value, _ := f.Attribute(id, attribute)
	return value == any(template.Unknown)
}

// certain tells whether what a property refers to is replaced.
func (f forecast) certain(why template.Cause) bool {
	id, _, _ := strings.Cut(why.Entity, ".")
	return f.replaced[id]
}

// expect takes up what becomes of a resource. Of a change of metadata no service hears, so it changes nothing else.
func (f forecast) expect(c change, typ resource.Type) {
	f.replaced[c.ID] = c.Replacement == "True"
	f.fresh[c.ID] = c.Replacement != "False"
	if c.Replacement != "False" || !slices.ContainsFunc(c.Scope, func(s string) bool { return s != "Metadata" }) {
		return
	}
	changed := map[string]bool{}
	for _, d := range c.Details {
		changed[d.Name] = true
	}
	f.updated[c.ID] = inPlace{typ, changed}
}

// touches notes what of the resource changes.
func (c *change) touches(attribute string) {
	if !slices.Contains(c.Scope, attribute) {
		c.Scope = append(c.Scope, attribute)
	}
}

// attribute adds a change of something that is no property. The path is unverified.
func (c *change) attribute(name string) {
	c.touches(name)
	c.Details = append(c.Details, detail{
		Attribute: name, Recreation: "Never", Path: "/" + name, Kind: "Modify",
		Evaluation: "Static", Source: "DirectModification",
	})
}

// written is what a template says of a property, as JSON.
func written(t *template.Template, id, property string) string {
	r := t.Resources[id]
	if r == nil {
		return ""
	}
	properties, _ := r.Properties.(map[string]any)
	text, _ := json.Marshal(properties[property]) // it is JSON already
	return string(text)
}

// property adds a change of a property: one detail for each thing that causes it, or one for the template's own
// change.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-samples.html
func (c *change) property(f forecast, d template.Difference, causes []template.Cause) {
	one := detail{
		Attribute: "Properties", Name: d.Name, Path: d.Path, Kind: d.Kind, Recreation: recreation(d.Change),
		Before: d.Before, After: d.After, Evaluation: "Static", Source: "DirectModification",
	}
	if d.Name == "Tags" { // an attribute of its own, without a name, though its path is the property's
		one.Attribute, one.Name = "Tags", ""
	}
	c.touches(one.Attribute)
	if strings.Contains(d.After, template.Unknown) {
		one.Evaluation = "Dynamic"
	}
	sure := one.Evaluation == "Static" || slices.ContainsFunc(causes, f.certain)
	switch {
	case one.Recreation == "Always" && sure:
		c.Replacement = "True"
	case one.Recreation != "Never" && c.Replacement == "False":
		c.Replacement = "Conditional"
	}
	c.Details = append(c.Details, f.details(one, causes)...)
}

// details are those of one property. That something which it refers to is replaced is certain, and that the value is
// another for it is not: there are two details.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html
func (f forecast) details(one detail, causes []template.Cause) []detail {
	if causes == nil {
		return []detail{one}
	}
	var all []detail
	for _, why := range causes {
		by := one
		by.Source, by.Entity = why.Source, why.Entity
		if f.certain(why) {
			by.Evaluation = "Static"
			if !slices.Contains(all, one) {
				all = append(all, one)
			}
		}
		all = append(all, by)
	}
	return all
}

func recreation(c resource.Change) string {
	switch c {
	case resource.Replaces:
		return "Always"
	case resource.Conditional:
		return "Conditionally"
	}
	return "Never"
}
