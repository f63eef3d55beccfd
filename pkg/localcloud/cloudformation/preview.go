package cloudformation

import (
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
	failed   bool // work on a resource that is there failed, and is to be done again
	outputs  bool // they differ
	tags     bool // they differ
	err      error
}

// idle tells whether an update would do nothing. A change of outputs or tags alone is one (trap 20); of comments, of
// the description or of policies it is none. Where a resource failed there is something to do (unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
func (p *preview) idle() bool { return len(p.changes) == 0 && !p.failed && !p.outputs && !p.tags }

// preview compares the stack with what is wanted.
func (w *work) preview(st *stack, want version, target *template.Template) *preview {
	f := forecast{
		world: world{st}, before: w.before(st), target: target, tags: want.Tags,
		fresh: map[string]bool{}, replaced: map[string]bool{}, updated: map[string]inPlace{},
	}
	p := &preview{tags: !maps.Equal(st.Tags, want.Tags)}
	p.outputs = st.Template != "" && !reflect.DeepEqual(f.before.Outputs, target.Outputs)
	p.err = st.retyped(target)
	for _, id := range target.Order() {
		if p.err == nil {
			p.err = w.foresee(p, st, f, id)
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

// before is the stack's template as it is; one without anything where it has none, or none that can be read any more.
func (w *work) before(st *stack) *template.Template {
	if t, err := w.template(st, st.Template); err == nil {
		return t
	}
	return &template.Template{}
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
func (w *work) foresee(p *preview, st *stack, f forecast, id string) error {
	to := resourceOf(f.target.Resources[id])
	properties, err := f.target.Resolve(id, f)
	if err != nil {
		return err
	}
	to.Properties, to.Tags = properties, f.tags
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
	p.failed = p.failed || has.unfinished()
	if c, changes := w.modification(f, has, to); changes {
		f.expect(c, typ)
		p.changes = append(p.changes, c)
	}
	return nil
}

// modification is what changes in a resource that is there.
func (w *work) modification(f forecast, has, to *res) (change, bool) {
	c := change{
		Action: "Modify", ID: to.ID, Physical: has.Physical, Type: to.Type, Replacement: "False",
		Before: contextOf(has), After: contextOf(to),
	}
	typ := w.s.config.Types[to.Type]
	for _, d := range template.Compare(typ, has.Properties, to.Properties) {
		c.property(f, d, f.causes(to.ID, d.Name))
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

// removal is the change of a resource that the template no longer has.
func removal(r *res) change {
	c := change{Action: "Remove", ID: r.ID, Physical: r.Physical, Type: r.Type, Policy: "Delete", Before: contextOf(r)}
	if r.Delete == "Retain" || r.Delete == "RetainExceptOnCreate" {
		c.Policy = "Retain"
	}
	return c
}

// contextOf is a resource as change sets show it before or after, with the policies that its template sets. AWS writes
// numbers and booleans as strings in its examples; whether it does for every type is unverified, and here they stay.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-changesets-view.html
func contextOf(r *res) string {
	context := map[string]any{}
	if r.Properties != nil {
		context["Properties"] = r.Properties
	}
	if r.Metadata != nil {
		context["Metadata"] = r.Metadata
	}
	if r.Delete != "" {
		context["DeletionPolicy"] = r.Delete
	}
	if r.Replace != "" {
		context["UpdateReplacePolicy"] = r.Replace
	}
	return plainText(context)
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
