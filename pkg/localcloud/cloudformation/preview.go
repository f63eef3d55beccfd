package cloudformation

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// change is what a change set says of one resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html
type change struct {
	Action, ID, Physical, Type string
	Replacement, Policy        string
	Scope                      []string
	Details                    []detail
	Before, After              string // contexts, JSON
}

// detail is one thing that changes in a resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceTargetDefinition.html
type detail struct {
	Attribute, Name, Recreation, Path string
	Before, After, Kind               string
	Evaluation, Source, Entity        string
}

// problem is why early validation refuses a change set.
type problem struct {
	ID, Type, Name, Reason, Path string
}

// preview is what an update would do.
type preview struct {
	changes  []change
	problems []problem
	outputs  bool // they differ
	tags     bool // they differ
	err      error
}

// idle tells whether an update would do nothing. A change of outputs or tags alone is one (trap 20); of comments, of
// the description or of policies it is none.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
func (p *preview) idle() bool { return len(p.changes) == 0 && !p.outputs && !p.tags }

// forecast is the world as it would be: the resources that are there, and unknown values for those that will be made.
type forecast struct {
	world
	fresh map[string]bool
}

func (f forecast) Ref(id string) (string, bool) {
	if f.fresh[id] {
		return template.Unknown, true
	}
	return f.world.Ref(id)
}

func (f forecast) Attribute(id, name string) (any, bool) {
	if f.fresh[id] {
		return template.Unknown, true
	}
	return f.world.Attribute(id, name)
}

// preview compares the stack with what is wanted.
func (w *work) preview(st *stack, want version, target *template.Template) *preview {
	f := forecast{world{st}, map[string]bool{}}
	p := &preview{tags: !maps.Equal(st.Tags, want.Tags)}
	if st.Template != "" {
		before := w.template(st, st.Template)
		p.outputs = !reflect.DeepEqual(before.Outputs, target.Outputs)
	}
	p.err = st.retyped(target)
	for _, id := range target.Order() {
		if p.err == nil {
			p.err = w.foresee(p, st, f, want, target, id)
		}
	}
	for _, id := range st.ids() {
		if r := st.Resources[id]; target.Resources[id] == nil && r.Status != deleteComplete {
			p.changes = append(p.changes, removal(r))
		}
	}
	slices.SortStableFunc(p.changes, func(a, b change) int { return strings.Compare(a.ID, b.ID) })
	return p
}

// retyped refuses a template that gives a resource another type.
func (st *stack) retyped(target *template.Template) error {
	var ids []string
	for _, id := range st.ids() {
		if r := target.Resources[id]; r != nil && r.Type != st.Resources[id].Type {
			ids = append(ids, id)
		}
	}
	if ids == nil {
		return nil
	}
	return &template.Invalid{Message: "Update of resource type is not permitted. The new template modifies " +
		"resource type of the following resources: [" + strings.Join(ids, ", ") + "]"}
}

// foresee adds what would become of one resource, after those that it needs.
func (w *work) foresee(p *preview, st *stack, f forecast, want version, target *template.Template, id string) error {
	to := resourceOf(target.Resources[id])
	properties, err := target.Resolve(id, f)
	if err != nil {
		return err
	}
	to.Properties, to.Tags = properties, want.Tags
	typ := w.s.config.Types[to.Type]
	for _, wrong := range template.Check(typ, properties) {
		p.problems = append(p.problems, problem{
			ID: id, Type: to.Type, Name: propertyValidation, Reason: wrong.String(),
			Path: "/Resources/" + id + "/Properties" + strings.TrimPrefix(wrong.Path, "#"),
		})
	}
	has, there := st.Resources[id]
	if !there || has.Physical == "" || has.Status == createFailed {
		f.fresh[id] = true
		w.conflict(p, st, typ, to)
		p.changes = append(p.changes, change{Action: "Add", ID: id, Type: to.Type, After: contextOf(to)})
		return nil
	}
	if c, changes := w.modification(st, target, has, to); changes {
		f.fresh[id] = c.Replacement == "True" || c.Replacement == "Conditional"
		p.changes = append(p.changes, c)
	}
	return nil
}

// modification is what changes in a resource that is there.
func (w *work) modification(st *stack, target *template.Template, has, to *res) (change, bool) {
	c := change{
		Action: "Modify", ID: to.ID, Physical: has.Physical, Type: to.Type, Replacement: "False",
		Before: contextOf(has), After: contextOf(to),
	}
	typ := w.s.config.Types[to.Type]
	before := w.template(st, st.Template)
	for _, d := range template.Compare(typ, has.Properties, to.Properties) {
		if written(before, to.ID, d.Name) == written(target, to.ID, d.Name) {
			c.property(d, target.Causes(to.ID, d.Name))
		} else {
			c.property(d, nil)
		}
	}
	if !reflect.DeepEqual(has.Metadata, to.Metadata) {
		c.attribute("Metadata")
	}
	if taggable(typ) && !maps.Equal(has.Tags, to.Tags) {
		c.attribute("Tags")
	}
	if c.Replacement != "False" {
		c.Policy = "ReplaceAndDelete"
		if to.Replace == "Retain" {
			c.Policy = "ReplaceAndRetain"
		}
	}
	return c, len(c.Details) > 0
}

// attribute adds a change of something that is no property.
func (c *change) attribute(name string) {
	c.Scope = append(c.Scope, name)
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
// change. A replacement is certain where the value is known before.
func (c *change) property(d template.Difference, causes []template.Cause) {
	if !slices.Contains(c.Scope, "Properties") {
		c.Scope = append(c.Scope, "Properties")
	}
	one := detail{
		Attribute: "Properties", Name: d.Name, Path: d.Path, Kind: d.Kind,
		Before: d.Before, After: d.After, Evaluation: "Static", Source: "DirectModification",
	}
	if strings.Contains(d.After, template.Unknown) {
		one.Evaluation = "Dynamic"
	}
	switch d.Change {
	case resource.InPlace:
		one.Recreation = "Never"
	case resource.Replaces:
		one.Recreation = "Always"
	case resource.Conditional:
		one.Recreation = "Conditionally"
	}
	switch {
	case one.Recreation == "Always" && one.Evaluation == "Static":
		c.Replacement = "True"
	case one.Recreation != "Never" && c.Replacement == "False":
		c.Replacement = "Conditional"
	}
	if causes == nil {
		c.Details = append(c.Details, one)
	}
	for _, cause := range causes {
		one.Source, one.Entity = cause.Source, cause.Entity
		c.Details = append(c.Details, one)
	}
}

// removal is the change of a resource that the template no longer has.
func removal(r *res) change {
	c := change{Action: "Remove", ID: r.ID, Physical: r.Physical, Type: r.Type, Policy: "Delete", Before: contextOf(r)}
	if r.Delete == "Retain" || r.Delete == "RetainExceptOnCreate" {
		c.Policy = "Retain"
	}
	return c
}

// contextOf is a resource as change sets show it before or after. What else than these two members AWS shows is
// unverified.
func contextOf(r *res) string {
	context := map[string]any{}
	if r.Properties != nil {
		context["Properties"] = r.Properties
	}
	if r.Metadata != nil {
		context["Metadata"] = r.Metadata
	}
	text, _ := json.Marshal(context) // it is JSON already
	return string(text)
}

// The validations.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
const (
	propertyValidation = "PROPERTY_VALIDATION"
	nameConflict       = "NAME_CONFLICT_VALIDATION"
)

// conflict finds out whether a resource that shall be made is there already under its name.
func (w *work) conflict(p *preview, st *stack, typ resource.Type, to *res) {
	name, _ := to.Properties[typ.NameProperty].(string)
	if typ.NameProperty == "" || name == "" || strings.Contains(name, template.Unknown) {
		return
	}
	there := *to
	there.Physical = name
	if _, err := typ.Handler.Read(w.tx, inputOf(st, &there, w.s.config.Clock.Now())); err != nil {
		return
	}
	p.problems = append(p.problems, problem{
		ID: to.ID, Type: to.Type, Name: nameConflict, Path: "/Resources/" + to.ID + "/Properties/" + typ.NameProperty,
		Reason: fmt.Sprintf("Resource of type '%s' with identifier '%s' already exists.", to.Type, name),
	})
}
