package iam

import (
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// policyHandler makes inline policies for CloudFormation, apart from their roles.
type policyHandler struct{}

// identifier is the physical id: the parts of the type's primary identifier, in their order, with a bar between them.
// That Ref gives it is unverified: the type's page was not found to say what Ref gives.
// https://docs.aws.amazon.com/cloudcontrolapi/latest/userguide/resource-identifier.html
func identifier(policy, role string) string { return policy + "|" + role }

// Create embeds the policy in a role that is there and has none of its name.
func (policyHandler) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	name, role := resource.Text(in.Properties, "PolicyName"), resource.Text(in.Properties, "RoleName")
	id := identifier(name, role)
	r, err := ownerIn(in).find(tx, role)
	if err == nil {
		// The contract of resource types asks for it; that this one keeps to it is unverified, since IAM itself replaces.
		// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract.html
		if _, there := r.Policies[strings.ToLower(name)]; there {
			return resource.Made{}, resource.Errorf(resource.AlreadyExists,
				"Resource of type '%s' with identifier '%s' already exists.", rolePolicyName, id)
		}
		err = ownerIn(in).keep(tx, r, name, in)
	}
	if err != nil {
		return resource.Made{}, refusal(err, id, rolePolicyName)
	}
	return resource.Made{PhysicalID: id, Takes: creatingPolicy}, nil
}

// Update replaces the document.
func (policyHandler) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	r, p, err := locate(tx, in)
	if err == nil {
		err = ownerIn(in).keep(tx, r, p.Name, in)
	}
	if err != nil {
		return resource.Made{}, refusal(err, in.PhysicalID, rolePolicyName)
	}
	return resource.Made{PhysicalID: in.PhysicalID, Takes: updatingPolicy}, nil
}

// keep embeds the template's document in a role.
func (o owner) keep(tx *store.Tx, r role, name string, in resource.Input) error {
	if err := o.embed(&r, name, textOf(in.Properties["PolicyDocument"])); err != nil {
		return err
	}
	o.put(tx, r)
	return nil
}

// Delete removes the policy from its role.
func (policyHandler) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	r, p, err := locate(tx, in)
	if err != nil {
		return 0, refusal(err, in.PhysicalID, rolePolicyName)
	}
	delete(r.Policies, strings.ToLower(p.Name))
	ownerIn(in).put(tx, r)
	return deleting, nil
}

// Read gives the policy as a template would write it.
func (policyHandler) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	r, p, err := locate(tx, in)
	if err != nil {
		return nil, refusal(err, in.PhysicalID, rolePolicyName)
	}
	return map[string]any{"PolicyName": p.Name, "RoleName": r.Name, "PolicyDocument": p.Document.value()}, nil
}

// locate finds the role and policy of a physical id.
func locate(tx *store.Tx, in resource.Input) (role, inline, error) {
	name, owner, _ := strings.Cut(in.PhysicalID, "|")
	r, err := ownerIn(in).find(tx, owner)
	if err != nil {
		return role{}, inline{}, err
	}
	p, err := r.policy(name)
	return r, p, err
}
