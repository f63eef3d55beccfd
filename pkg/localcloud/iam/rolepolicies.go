package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// putRolePolicy adds an inline policy to a role, or replaces it.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func putRolePolicy(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	o := ownerOf(c)
	return nil, o.change(tx, in, func(r *role) error {
		return o.embed(r, in.Get("PolicyName"), in.Get("PolicyDocument"))
	})
}

// deleteRolePolicy removes an inline policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRolePolicy.html
func deleteRolePolicy(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	return nil, ownerOf(c).change(tx, in, func(r *role) error {
		p, err := r.policy(in.Get("PolicyName"))
		if err == nil {
			delete(r.Policies, strings.ToLower(p.Name))
		}
		return err
	})
}

// getRolePolicy answers an inline policy's document.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRolePolicy.html
func getRolePolicy(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	r, err := ownerOf(c).find(tx, in.Get("RoleName"))
	if err != nil {
		return nil, err
	}
	p, err := r.policy(in.Get("PolicyName"))
	return struct{ RoleName, PolicyName, PolicyDocument string }{r.Name, p.Name, encoded(p.Document)}, err
}

// listRolePolicies lists the names of a role's inline policies.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRolePolicies.html
func listRolePolicies(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	r, err := ownerOf(c).find(tx, in.Get("RoleName"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(r.Policies)) {
		names = append(names, r.Policies[name].Name)
	}
	list, p, err := cut(in, names, strings.ToLower)
	return struct {
		PolicyNames members[string]
		page
	}{members[string]{list}, p}, err
}

// listAttachedRolePolicies lists a role's managed policies. They are not modelled, so no role has one.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAttachedRolePolicies.html
func listAttachedRolePolicies(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	if _, err := ownerOf(c).find(tx, in.Get("RoleName")); err != nil {
		return nil, err
	}
	_, p, err := cut(in, []string{}, strings.ToLower)
	return struct {
		AttachedPolicies members[string]
		page
	}{page: p}, err
}
