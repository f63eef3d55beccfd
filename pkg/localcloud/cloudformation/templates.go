package cloudformation

import (
	"maps"
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func (s *Service) templateOperations() operations {
	return operations{
		"GetTemplate":        {s.getTemplate, []string{"StackName", "ChangeSetName", "TemplateStage"}},
		"GetTemplateSummary": {s.getTemplateSummary, []string{"TemplateBody", "TemplateURL", "StackName"}},
		"ValidateTemplate":   {s.validateTemplate, []string{"TemplateBody", "TemplateURL"}},
	}
}

// getTemplate gives the template of a stack or of a change set. Without transforms both stages are the same text.
// What it gives of a stack in review, which has no template yet, is unverified: an empty text.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplate.html
func (s *Service) getTemplate(w *work, c *wire.Call, in wire.Form) (any, error) {
	stage := in.Get("TemplateStage")
	if stage != "" && stage != "Original" && stage != "Processed" {
		return nil, constraint(stage, "templateStage", "satisfy enum value set: [Original, Processed]")
	}
	st, id, err := w.whose(c, in)
	if err != nil {
		return nil, err
	}
	return struct {
		TemplateBody    string
		StagesAvailable list[string]
	}{shown(w.text(st, id)), texts([]string{"Original", "Processed"})}, nil
}

// whose finds the stack and the template that a request names.
func (w *work) whose(c *wire.Call, in wire.Form) (*stack, string, error) {
	if in.Get("ChangeSetName") != "" {
		cs, err := w.set(c, in)
		if err != nil {
			return nil, "", err
		}
		st, ok := w.load(cs.Stack)
		if !ok {
			return nil, "", invalid("Stack [%s] does not exist", cs.StackName)
		}
		return st, cs.Template, nil
	}
	st, ok := w.found(c, in.Get("StackName"))
	if !ok {
		return nil, "", invalid("Stack with id %s does not exist", in.Get("StackName"))
	}
	return st, st.Template, nil
}

type summaryAnswer struct {
	Parameters         list[string]
	Description        string        `xml:",omitempty"`
	Capabilities       *list[string] `xml:",omitempty"`
	CapabilitiesReason string        `xml:",omitempty"`
	ResourceTypes      *list[string] `xml:",omitempty"`
	DeclaredTransforms *list[string] `xml:",omitempty"`
}

func summaryOf(t *template.Template) summaryAnswer {
	a := summaryAnswer{Description: t.Description, CapabilitiesReason: t.CapabilityReason()}
	if needs := t.Capabilities(); needs != nil {
		l := texts(needs)
		a.Capabilities = &l
	}
	return a
}

// getTemplateSummary tells what a template needs and has.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_GetTemplateSummary.html
func (s *Service) getTemplateSummary(w *work, c *wire.Call, in wire.Form) (any, error) {
	t, err := w.summed(c, in)
	if err != nil {
		return nil, err
	}
	a := summaryOf(t)
	types := map[string]bool{}
	for _, r := range t.Resources {
		types[r.Type] = true
	}
	l := texts(slices.Sorted(maps.Keys(types)))
	a.ResourceTypes = &l
	return a, nil
}

func (w *work) summed(c *wire.Call, in wire.Form) (*template.Template, error) {
	if in.Get("StackName") != "" {
		st, id, err := w.whose(c, in)
		switch {
		case err != nil:
			return nil, err
		case id == "":
			return nil, invalid("Stack with id %s does not exist", in.Get("StackName"))
		}
		t, err := w.template(st, id)
		if err != nil {
			return nil, invalid("%s", err.Error())
		}
		return t, nil
	}
	return w.given(c, in)
}

func (w *work) given(c *wire.Call, in wire.Form) (*template.Template, error) {
	text, err := w.templateOf(c, in, nil)
	if err != nil {
		return nil, err
	}
	return w.parse(text)
}

// validateTemplate reads a template and tells what it needs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ValidateTemplate.html
func (s *Service) validateTemplate(w *work, c *wire.Call, in wire.Form) (any, error) {
	t, err := w.given(c, in)
	if err != nil {
		return nil, err
	}
	return summaryOf(t), nil
}
