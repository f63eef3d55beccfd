package iam

import (
	"crypto/rand"
	"net/http"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const table = "iam.roles"

// role is a role, as it is kept.
type role struct {
	Name, Path, ID, ARN string

	Created     time.Time
	Description string
	MaxSession  int               // seconds
	Trust       document          // who may assume it
	Trusted     map[string]string // the roles that Trust names: ARN to unique id, when it was written
	Policies    map[string]inline // by their names in lower case
	Tags        map[string]string // all of them

	FromTemplate []string // the names in lower case of those policies that came with the role in a template
	FromStack    []string // the keys of the tags that are the stack's and not the resource's
}

// inline is a policy within a role.
type inline struct {
	Name     string
	Document document
}

// owner is an account, in its partition.
type owner struct{ wire.Place }

func ownerOf(c *wire.Call) owner { return owner{c.Place().Global()} }

// key is where a role is kept. Names are not distinguished by case.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func key(account, name string) string { return account + "/" + strings.ToLower(name) }

// find is a role that must be there.
func (o owner) find(tx *store.Tx, name string) (role, error) {
	if err := checkName("roleName", name, longestRole); err != nil {
		return role{}, err
	}
	r, ok := store.Get[role](tx, table, key(o.Account, name))
	if !ok {
		return role{}, missing("The role with name %s cannot be found.", name)
	}
	return r, nil
}

func (o owner) put(tx *store.Tx, r role) { store.Put(tx, table, key(o.Account, r.Name), r) }

// newRole is a role that is not kept yet. trust is a policy document.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
func (o owner) newRole(tx *store.Tx, name, path, trust string, now time.Time) (role, error) {
	if path == "" {
		path = "/"
	}
	r := role{
		Name: name, Path: path, ARN: o.ARN("iam", "role"+path+name),
		ID: "AROA" + rand.Text()[:17], Created: now.UTC().Truncate(time.Second), MaxSession: shortestSession,
		Policies: map[string]inline{}, Tags: map[string]string{},
	}
	if err := checkName("roleName", name, longestRole); err != nil {
		return role{}, err
	}
	if err := checkPath("path", path); err != nil {
		return role{}, err
	}
	if _, there := store.Get[role](tx, table, key(o.Account, name)); there {
		return role{}, wire.Errorf(http.StatusConflict, "EntityAlreadyExists", "Role with name %s already exists.", name)
	}
	return r, o.trust(tx, &r, trust)
}

// trust sets who may assume a role.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
func (o owner) trust(tx *store.Tx, r *role, text string) error {
	if err := checkText("policyDocument", text); err != nil {
		return err
	}
	trusted, err := o.checkTrust(tx, text)
	if err != nil {
		return err
	}
	r.Trust, r.Trusted = document(text), trusted
	if r.Trust.size() > largestTrust {
		return exceeded("Cannot exceed quota for ACLSizePerRole: %d", largestTrust)
	}
	return nil
}

// describe sets what a role says of itself.
func (r *role) describe(description string) error {
	r.Description = description
	return checkDescription(description)
}

// limit sets how long a session of a role may last.
func (r *role) limit(seconds int) error {
	r.MaxSession = seconds
	return checkSession(seconds)
}

// embed adds or replaces an inline policy.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
func (o owner) embed(r *role, name, text string) error {
	if err := checkName("policyName", name, longestPolicy); err != nil {
		return err
	}
	if err := checkText("policyDocument", text); err != nil {
		return err
	}
	if err := o.checkPermissions(text); err != nil {
		return err
	}
	r.Policies[strings.ToLower(name)] = inline{Name: name, Document: document(text)}
	sum := 0
	for _, p := range r.Policies {
		sum += p.Document.size()
	}
	if sum > largestPolicies {
		return exceeded("Maximum policy size of %d bytes exceeded for role %s", largestPolicies, r.Name)
	}
	return nil
}

// policy is an inline policy that must be there.
func (r *role) policy(name string) (inline, error) {
	if err := checkName("policyName", name, longestPolicy); err != nil {
		return inline{}, err
	}
	p, ok := r.Policies[strings.ToLower(name)]
	if !ok {
		return inline{}, missing("The role policy with name %s cannot be found.", name)
	}
	return p, nil
}

// remove deletes a role. One that has policies stays.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
func (o owner) remove(tx *store.Tx, r role) error {
	if len(r.Policies) > 0 {
		return wire.Errorf(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must delete policies first.")
	}
	store.Delete(tx, table, key(o.Account, r.Name))
	return nil
}
