package iam

import (
	"maps"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

type roleAnswer struct{ Role described }

// createRole makes a role without policies. Permissions boundaries are not modelled.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func (s *Service) createRole(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	if in.Has("PermissionsBoundary") {
		return nil, wire.Unmodelled("InvalidInput", "permissions boundaries")
	}
	o := ownerOf(c)
	now := s.config.Clock.Now()
	r, err := o.newRole(tx, in.Get("RoleName"), in.Get("Path"), in.Get("AssumeRolePolicyDocument"), now)
	if err != nil {
		return nil, err
	}
	if err := r.describe(in.Get("Description")); err != nil {
		return nil, err
	}
	if err := limit(&r, in); err != nil {
		return nil, err
	}
	if err := tagged(&r, in); err != nil {
		return nil, err
	}
	o.put(tx, r)
	d := describeWhole(tx, r)
	d.RoleLastUsed = nil
	return roleAnswer{d}, nil
}

// limit takes a call's MaxSessionDuration, by default an hour.
func limit(r *role, in wire.Form) error {
	seconds, err := in.Int("MaxSessionDuration", shortestSession)
	if err != nil {
		return err
	}
	return r.limit(seconds)
}

// getRole answers all there is to know of a role but its policies.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetRole.html
func getRole(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	r, err := ownerOf(c).find(tx, in.Get("RoleName"))
	if err != nil {
		return nil, err
	}
	return roleAnswer{describeWhole(tx, r)}, nil
}

// listRoles lists the roles whose path begins with a prefix, by their names.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
func listRoles(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	prefix := "/"
	if in.Has("PathPrefix") {
		prefix = in.Get("PathPrefix")
	}
	if err := checkPrefix(prefix); err != nil {
		return nil, err
	}
	var roles []described
	store.Each(tx, table, key(c.Account, ""), func(_ string, r role) bool {
		if strings.HasPrefix(r.Path, prefix) {
			roles = append(roles, describe(tx, r))
		}
		return true
	})
	list, p, err := cut(in, roles, func(d described) string { return strings.ToLower(d.RoleName) })
	return struct {
		Roles members[described]
		page
	}{members[described]{list}, p}, err
}

// updateRole sets a role's description, if it is given, and its longest session: an hour, if that is not.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateRole.html
func updateRole(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	return struct{}{}, ownerOf(c).change(tx, in, func(r *role) error {
		if in.Has("Description") {
			if err := r.describe(in.Get("Description")); err != nil {
				return err
			}
		}
		return limit(r, in)
	})
}

// updateAssumeRolePolicy sets who may assume a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
func updateAssumeRolePolicy(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	o := ownerOf(c)
	return nil, o.change(tx, in, func(r *role) error { return o.trust(tx, r, in.Get("PolicyDocument")) })
}

// deleteRole removes a role without policies.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
func deleteRole(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	r, err := ownerOf(c).find(tx, in.Get("RoleName"))
	if err != nil {
		return nil, err
	}
	return nil, ownerOf(c).remove(tx, r)
}

// change finds the role that a call names, changes it and keeps it.
func (o owner) change(tx *store.Tx, in wire.Form, work func(*role) error) error {
	r, err := o.find(tx, in.Get("RoleName"))
	if err != nil {
		return err
	}
	if err := work(&r); err != nil {
		return err
	}
	o.put(tx, r)
	return nil
}

// tagged adds a call's tags to those of a role.
func tagged(r *role, in wire.Form) error {
	tags := map[string]string{}
	for _, one := range in.Structs("Tags") {
		tags[one.Get("Key")] = one.Get("Value")
	}
	if err := checkTags(tags); err != nil {
		return err
	}
	maps.Copy(r.Tags, tags)
	if len(r.Tags) > mostTags {
		return exceeded("Cannot exceed quota for TagsPerRole: %d", mostTags)
	}
	return nil
}

// tagRole adds tags, or gives them other values.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_TagRole.html
func tagRole(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	return nil, ownerOf(c).change(tx, in, func(r *role) error { return tagged(r, in) })
}

// untagRole removes tags. One that is not there is none to be removed.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UntagRole.html
func untagRole(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	return nil, ownerOf(c).change(tx, in, func(r *role) error {
		maps.DeleteFunc(r.Tags, func(name, _ string) bool { return slices.Contains(in.List("TagKeys"), name) })
		return nil
	})
}

// listRoleTags lists a role's tags by their keys.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoleTags.html
func listRoleTags(tx *store.Tx, c *wire.Call, in wire.Form) (any, error) {
	r, err := ownerOf(c).find(tx, in.Get("RoleName"))
	if err != nil {
		return nil, err
	}
	list, p, err := cut(in, tagsOf(r), func(t tag) string { return t.Key })
	return struct {
		Tags members[tag]
		page
	}{members[tag]{list}, p}, err
}
