package iam

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// roleHandler makes roles for CloudFormation.
type roleHandler struct{}

// Create makes the role with its policies. Without RoleName it gets a name of CloudFormation's making.
func (roleHandler) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	name := resource.Text(in.Properties, "RoleName")
	if name == "" {
		name = resource.PhysicalName(in, longestRole)
	}
	if err := modelled(in.Properties); err != nil {
		return resource.Made{}, err
	}
	trust := textOf(in.Properties["AssumeRolePolicyDocument"])
	r, err := ownerIn(in).newRole(tx, name, resource.Text(in.Properties, "Path"), trust, in.Now)
	if err == nil {
		err = ownerIn(in).take(&r, in)
	}
	if err != nil {
		return resource.Made{}, refusal(err, name, roleName)
	}
	ownerIn(in).put(tx, r)
	return made(r, creatingRole), nil
}

// Update changes what differs between the templates: what somebody else changed stays so.
func (roleHandler) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	if err := modelled(in.Properties); err != nil {
		return resource.Made{}, err
	}
	o, trust := ownerIn(in), in.Properties["AssumeRolePolicyDocument"]
	r, err := o.find(tx, in.PhysicalID)
	if err == nil && !reflect.DeepEqual(trust, in.Before["AssumeRolePolicyDocument"]) {
		err = o.trust(tx, &r, textOf(trust))
	}
	if err == nil {
		err = o.take(&r, in)
	}
	if err != nil {
		return resource.Made{}, refusal(err, in.PhysicalID, roleName)
	}
	o.put(tx, r)
	return made(r, updatingRole), nil
}

// Delete removes the role and the policies that came with it in the template. One that has others stays.
func (roleHandler) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	r, err := ownerIn(in).find(tx, in.PhysicalID)
	if err == nil {
		maps.DeleteFunc(r.Policies, func(name string, _ inline) bool { return slices.Contains(r.FromTemplate, name) })
		err = ownerIn(in).remove(tx, r)
	}
	if err != nil {
		return 0, refusal(err, in.PhysicalID, roleName)
	}
	return deleting, nil
}

// Read gives the role as a template would write it: documents as JSON, without the stack's tags and without policies
// that did not come with it, which may be resources of their own.
func (roleHandler) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	r, err := ownerIn(in).find(tx, in.PhysicalID)
	if err != nil {
		return nil, refusal(err, in.PhysicalID, roleName)
	}
	properties := map[string]any{
		"RoleName": r.Name, "Path": r.Path, "MaxSessionDuration": float64(r.MaxSession),
		"AssumeRolePolicyDocument": trustNow(tx, r).value(),
	}
	if r.Description != "" {
		properties["Description"] = r.Description
	}
	var policies, tags []any
	for _, name := range r.FromTemplate {
		if p, ok := r.Policies[name]; ok {
			policies = append(policies, map[string]any{"PolicyName": p.Name, "PolicyDocument": p.Document.value()})
		}
	}
	for _, t := range tagsOf(r) {
		if !slices.Contains(r.FromStack, t.Key) {
			tags = append(tags, map[string]any{"Key": t.Key, "Value": t.Value})
		}
	}
	if len(policies) > 0 {
		properties["Policies"] = policies
	}
	if len(tags) > 0 {
		properties["Tags"] = tags
	}
	return properties, nil
}

// take sets what the template says of a role, but who may assume it.
func (o owner) take(r *role, in resource.Input) error {
	if err := r.describe(resource.Text(in.Properties, "Description")); err != nil {
		return err
	}
	if err := r.limit(resource.Whole(in.Properties, "MaxSessionDuration", shortestSession)); err != nil {
		return err
	}
	if err := o.takePolicies(r, in); err != nil {
		return err
	}
	return r.takeTags(in)
}

// takePolicies embeds the template's policies that are new or not what they were, and removes those that it no longer
// has. Each has a name of its own.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
func (o owner) takePolicies(r *role, in resource.Input) error {
	before := map[string]any{}
	for _, p := range resource.Structs(in.Before, "Policies") {
		before[strings.ToLower(resource.Text(p, "PolicyName"))] = p["PolicyDocument"]
	}
	wanted := resource.Structs(in.Properties, "Policies")
	var names []string
	for _, p := range wanted {
		name := strings.ToLower(resource.Text(p, "PolicyName"))
		if slices.Contains(names, name) { // the words are unverified
			return invalid("The role has more than one policy of the name %s", name)
		}
		names = append(names, name)
	}
	for _, name := range r.FromTemplate {
		if !slices.Contains(names, name) {
			delete(r.Policies, name)
		}
	}
	r.FromTemplate = names
	for i, p := range wanted {
		if was, ok := before[names[i]]; ok && reflect.DeepEqual(was, p["PolicyDocument"]) {
			continue
		}
		if err := o.embed(r, resource.Text(p, "PolicyName"), textOf(p["PolicyDocument"])); err != nil {
			return err
		}
	}
	return nil
}

// takeTags gives a role its tags and those of the stack, but not CloudFormation's own: the type's schema has no system
// tags.
func (r *role) takeTags(in resource.Input) error {
	r.Tags, r.FromStack = resource.Retag(r.Tags, r.FromStack, in, false)
	return checkTags(r.Tags)
}

func made(r role, takes time.Duration) resource.Made {
	return resource.Made{PhysicalID: r.Name, Attributes: map[string]any{"Arn": r.ARN, "RoleId": r.ID}, Takes: takes}
}
