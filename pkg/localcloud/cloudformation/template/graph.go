package template

import (
	"maps"
	"slices"
)

// dependencies checks what resources say, and finds what they need. All resources are read by now.
func (p *parser) dependencies(map[string]any) error {
	unresolved := map[string]bool{}
	for _, id := range slices.Sorted(maps.Keys(p.template.Resources)) {
		r := p.template.Resources[id]
		s := p.template.scope()
		s.unresolved = unresolved
		for _, other := range r.DependsOn {
			if p.template.Resources[other] == nil {
				unresolved[other] = true
				continue
			}
			s.resources[other] = true
		}
		if err := s.checkResource(r); err != nil {
			return err
		}
		r.Needs = slices.Sorted(maps.Keys(s.resources))
	}
	if len(unresolved) > 0 {
		return invalidf("Template format error: Unresolved resource dependencies [%s] in the Resources block of the template",
			listed(unresolved))
	}
	return p.template.arrange()
}

func (s *scope) checkResource(r *Resource) error {
	if _, _, call := function(r.Properties); call {
		return unmodelled("a function in the place of all properties (%s)", r.LogicalID)
	}
	if calls(r.Metadata) {
		return unmodelled("functions in the Metadata of resources (%s)", r.LogicalID)
	}
	_, err := s.check(r.Properties)
	return err
}

// calls tells whether there is any call of a function in a value.
func calls(v any) bool {
	switch v := v.(type) {
	case []any:
		return slices.ContainsFunc(v, calls)
	case map[string]any:
		for key, member := range v {
			if isFunction(key) || calls(member) {
				return true
			}
		}
	}
	return false
}

// arrange finds the order, or the circle that there is.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
func (t *Template) arrange() error {
	left := map[string]bool{}
	for id := range t.Resources {
		left[id] = true
	}
	for _, id := range slices.Sorted(maps.Keys(t.Resources)) {
		t.place(id, left)
	}
	// place has stopped at circles, so an order that is against a need has one.
	at := map[string]int{}
	for i, id := range t.order {
		at[id] = i
	}
	for id, r := range t.Resources {
		for _, other := range r.Needs {
			if at[other] >= at[id] {
				return invalidf("Circular dependency between resources: [%s]", listed(t.circle()))
			}
		}
	}
	return nil
}

// place puts a resource into the order, after those that it needs.
func (t *Template) place(id string, left map[string]bool) {
	if !left[id] {
		return
	}
	delete(left, id)
	for _, other := range t.Resources[id].Needs {
		t.place(other, left)
	}
	t.order = append(t.order, id)
}

// circle is what stays when all are taken away that need nobody, or that nobody needs, until there are none.
func (t *Template) circle() map[string]bool {
	left := map[string]bool{}
	for id := range t.Resources {
		left[id] = true
	}
	for before := 0; before != len(left); {
		before = len(left)
		needed := map[string]bool{}
		for id := range left {
			needs := slices.DeleteFunc(slices.Clone(t.Resources[id].Needs), func(other string) bool { return !left[other] })
			if len(needs) == 0 {
				delete(left, id)
			}
			for _, other := range needs {
				needed[other] = true
			}
		}
		maps.DeleteFunc(left, func(id string, _ bool) bool { return !needed[id] })
	}
	return left
}

// Order is the logical ids of all resources, those first that others need, and otherwise in the order of their names.
func (t *Template) Order() []string { return slices.Clone(t.order) }

// Cause is why a property may change although the template says the same of it.
type Cause struct {
	// Source is "ResourceReference" or "ResourceAttribute". A property whose tree in Properties is another than before
	// is a DirectModification: that is for the caller to see.
	Source string
	Entity string // CausingEntity: "Table" or "Table.Arn"
}

// Causes are what a property of a resource refers to: Refs and Fn::GetAtts, also those within Fn::Sub, sorted by
// entity, each once. property is the name of one of the resource's own properties; pseudo parameters are no cause.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html
func (t *Template) Causes(logicalID, property string) []Cause {
	r := t.Resources[logicalID]
	if r == nil {
		return nil
	}
	properties, _ := r.Properties.(map[string]any)
	found := map[string]string{}
	t.causes(properties[property], found)
	var causes []Cause
	for _, entity := range slices.Sorted(maps.Keys(found)) {
		causes = append(causes, Cause{Source: found[entity], Entity: entity})
	}
	return causes
}
