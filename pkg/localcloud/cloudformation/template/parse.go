package template

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// The quotas.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
const (
	mostResources      = 500
	mostOutputs        = 200
	longestName        = 255  // characters
	longestDescription = 1024 // bytes
)

var alphanumeric = regexp.MustCompile(`^[A-Za-z0-9]+$`)

type parser struct {
	types    map[string]resource.Type
	template *Template
}

func (p *parser) parse(tree map[string]any) error {
	for _, step := range []func(map[string]any) error{
		sections, version, p.description, p.resources, p.dependencies, p.outputs,
	} {
		if err := step(tree); err != nil {
			return err
		}
	}
	return nil
}

// sections refuses what is no section, and those that are not modelled.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
func sections(tree map[string]any) error {
	var unknown []string
	var other string
	for _, name := range slices.Sorted(maps.Keys(tree)) {
		switch name {
		case "AWSTemplateFormatVersion", "Description", "Metadata", "Resources", "Outputs":
		case "Conditions", "Hooks", "Mappings", "Parameters", "Rules", "Transform":
			other = name
		default:
			unknown = append(unknown, name)
		}
	}
	if unknown != nil { // https://repost.aws/knowledge-center/cloudformation-template-validation
		return invalidf("Invalid template property or properties [%s]", strings.Join(unknown, ", "))
	}
	if other != "" {
		return unmodelled("the section %s", other)
	}
	if _, ok := tree["Metadata"].(map[string]any); !ok && tree["Metadata"] != nil {
		return invalidf("Template format error: Metadata must be an object.") // unverified
	}
	return nil
}

// version checks AWSTemplateFormatVersion, of which there is one.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/format-version-structure.html
func version(tree map[string]any) error {
	if v, set := tree["AWSTemplateFormatVersion"]; set && v != "2010-09-09" {
		return invalidf("Template format error: unsupported value for AWSTemplateFormatVersion.")
	}
	return nil
}

func (p *parser) description(tree map[string]any) (err error) {
	p.template.Description, err = describe(tree)
	return err
}

// describe reads a Description. https://github.com/cdklabs/decdk/issues/369 has the words for what is no string; those
// for one that is too long are unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-description-structure.html
func describe(object map[string]any) (string, error) {
	v, set := object["Description"]
	if !set {
		return "", nil
	}
	s, ok := v.(string)
	if !ok {
		return "", invalidf("Template format error: Every Description member must be a string.")
	}
	if len(s) > longestDescription {
		return "", invalidf("Template format error: Description must be no longer than %d bytes", longestDescription)
	}
	return s, nil
}

func (p *parser) resources(tree map[string]any) error {
	members, _ := tree["Resources"].(map[string]any)
	if len(members) == 0 {
		return invalidf("Template format error: At least one Resources member must be defined.")
	}
	if len(members) > mostResources {
		return invalidf("Template format error: Number of resources, %d, is greater than maximum allowed, %d",
			len(members), mostResources)
	}
	for _, id := range slices.Sorted(maps.Keys(members)) {
		if err := p.resource(id, members[id]); err != nil {
			return err
		}
	}
	return p.known()
}

func (p *parser) resource(id string, v any) error {
	if !alphanumeric.MatchString(id) {
		return invalidf("Template format error: Resource name %s is non alphanumeric.", id)
	}
	if len(id) > longestName { // the words are unverified
		return invalidf("Template format error: Resource name %s exceeds the maximum number of allowed characters (%d)",
			id, longestName)
	}
	member, ok := v.(map[string]any)
	if !ok {
		return invalidf("Template format error: [/Resources/%s] resource definition is malformed", id)
	}
	r := &Resource{LogicalID: id}
	p.template.Resources[id] = r
	return r.read(member)
}

// read takes over the attributes of a resource.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-product-attribute-reference.html
func (r *Resource) read(member map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(member)) {
		switch name {
		case "Type", "Properties", "DependsOn", "DeletionPolicy", "UpdateReplacePolicy", "Metadata":
		case "Condition", "CreationPolicy", "UpdatePolicy", "Description":
			return unmodelled("the attribute %s of resources (%s)", name, r.LogicalID)
		default:
			return invalidf("Invalid template resource property '%s'", name)
		}
	}
	if err := r.typed(member); err != nil {
		return err
	}
	if r.Metadata = member["Metadata"]; r.Metadata != nil {
		if _, ok := r.Metadata.(map[string]any); !ok { // the words are unverified
			return invalidf("Template format error: [/Resources/%s/Metadata] Metadata must be an object.", r.LogicalID)
		}
	}
	if r.Properties = member["Properties"]; r.Properties != nil {
		if _, ok := r.Properties.(map[string]any); !ok { // the words are unverified
			return invalidf("Template format error: [/Resources/%s/Properties] Properties must be an object.", r.LogicalID)
		}
	}
	if err := r.policies(member); err != nil {
		return err
	}
	return r.dependsOn(member["DependsOn"])
}

// typed reads the type.
// https://github.com/localstack/localstack, tests/aws/services/cloudformation/api/test_validations.snapshot.json, and
// https://github.com/aws-cloudformation/cfn-lint/issues/1630 have the words.
func (r *Resource) typed(member map[string]any) (err error) {
	v, set := member["Type"]
	name, ok := v.(string)
	switch r.Type = name; {
	case !set:
		err = invalidf("Template format error: [/Resources/%s] Every Resources object must contain a Type member.",
			r.LogicalID)
	case !ok:
		err = invalidf("Template format error: [/Resources/%s] Every Type member must be a string.", r.LogicalID)
	}
	return err
}

// dependsOn reads a logical id or a list of them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
// https://github.com/cloudtools/troposphere/issues/709 has the words.
func (r *Resource) dependsOn(v any) error {
	switch v := v.(type) {
	case nil:
	case string:
		r.DependsOn = []string{v}
	case []any:
		for _, item := range v {
			id, ok := item.(string)
			if !ok {
				return invalidf("Template format error: Every DependsOn value must be a string.")
			}
			r.DependsOn = append(r.DependsOn, id)
		}
	default:
		return invalidf("Template format error: DependsOn must be a string or list of strings.")
	}
	return nil
}

// policies reads DeletionPolicy and UpdateReplacePolicy.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatereplacepolicy.html
func (r *Resource) policies(member map[string]any) (err error) {
	r.DeletionPolicy, err = r.policy(member, "DeletionPolicy", "Delete", "Retain", "RetainExceptOnCreate")
	if err == nil {
		r.UpdateReplacePolicy, err = r.policy(member, "UpdateReplacePolicy", "Delete", "Retain")
	}
	return err
}

func (r *Resource) policy(member map[string]any, name string, valid ...string) (string, error) {
	v, set := member[name]
	if !set {
		return "", nil
	}
	s, ok := v.(string)
	switch {
	case !ok:
		return "", invalidf("Template format error: Every %s member must be a string.", name)
	case slices.Contains(valid, s):
		return s, nil
	case s == "Snapshot" && name == "DeletionPolicy": // no type here has snapshots
		return "", invalidf("Template error: resource type %s does not support deletion policy Snapshot", r.Type)
	case s == "Snapshot": // the words are unverified
		return "", invalidf("Template error: resource type %s does not support update replace policy Snapshot", r.Type)
	}
	return "", invalidf("Template format error: Unrecognized %s %s for resource %s", name, s, r.LogicalID)
}

// known refuses resource types that there are not.
func (p *parser) known() error {
	unknown := map[string]bool{}
	for _, r := range p.template.Resources {
		model, ok := p.types[r.Type]
		if !ok {
			unknown[r.Type] = true
		}
		r.model = model
	}
	if len(unknown) > 0 {
		return invalidf("Template format error: Unrecognized resource types: [%s]", listed(unknown))
	}
	return nil
}

// listed are names as CloudFormation strings them together.
func listed(names map[string]bool) string {
	return strings.Join(slices.Sorted(maps.Keys(names)), ", ")
}
