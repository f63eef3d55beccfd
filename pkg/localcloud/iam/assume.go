package iam

import (
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// assumeRole is the action by which a service takes a role on.
const assumeRole = "sts:AssumeRole"

// trustActions are the actions that concern a role: what its trust policy may speak of.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awssecuritytokenservice.html
func trustActions() []string {
	return []string{
		assumeRole, "sts:AssumeRoleWithSAML", "sts:AssumeRoleWithWebIdentity", "sts:SetContext", "sts:SetSourceIdentity",
		"sts:TagSession",
	}
}

// matches tells whether a pattern of a policy stands for an action: * is any text, ? any letter, in any case.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_action.html
func matches(pattern, action string) bool {
	return wire.Like(strings.ToLower(pattern), strings.ToLower(action))
}

// Assumable tells whether a service ("lambda.amazonaws.com") may assume the role of an ARN: whether there is one, and
// its trust policy allows it and does not deny it. A policy that makes it depend on conditions is a *wire.Error: those
// are not evaluated.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create_for-service.html
func (s *Service) Assumable(tx *store.Tx, arn, service string) (bool, error) {
	r, ok := roleOf(tx, arn)
	if !ok {
		return false, nil
	}
	p, err := parse(string(r.Trust))
	if err != nil {
		return false, err
	}
	allowed, denied := false, false
	for _, s := range p.statements {
		if !s.concerns(assumeRole, service) {
			continue
		}
		if s.has("Condition") {
			return false, wire.Unmodelled("InvalidParameterValueException",
				"conditions under which %s may assume a role: %s", service, arn)
		}
		allowed = allowed || s["Effect"] == "Allow"
		denied = denied || s["Effect"] == "Deny"
	}
	return allowed && !denied, nil
}

// concerns tells whether a statement of a trust policy speaks of an action of a service.
func (s statement) concerns(action, service string) bool {
	kinds, _ := s["Principal"].(map[string]any) // a trust policy has been checked
	names, _ := texts(kinds["Service"])
	among := slices.ContainsFunc(s.either("Action"), func(pattern string) bool { return matches(pattern, action) })
	return slices.Contains(names, service) && among == s.has("Action")
}

// roleOf is the role of an ARN.
func roleOf(tx *store.Tx, arn string) (role, bool) {
	parts := principalPattern.FindStringSubmatch(arn)
	if parts == nil {
		return role{}, false
	}
	r, ok := store.Get[role](tx, table, key(parts[3], arn[strings.LastIndex(arn, "/")+1:]))
	return r, ok && r.ARN == arn
}
