// Package iam is the local cloud's Identity and Access Management, as far as roles and their inline policies go. It
// keeps policies and checks their form; it does not evaluate them. What is written is true at once: the delay until the
// whole of AWS knows a new role is not modelled, only that CloudFormation waits for it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html#troubleshoot_general_eventual-consistency
package iam

import (
	"context"
	"net/http"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what the service stands on.
type Config struct {
	Store *store.Store
	Clock clock.Clock
}

// Service is IAM. It is global: what it keeps belongs to an account, whatever the region of the call.
type Service struct {
	wire.Query
	config Config
}

// New makes the service. It knows the operations on roles that are named here, and no others.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_Operations.html
func New(config Config) *Service {
	s := &Service{config: config}
	page := []string{"Marker", "MaxItems"}
	role := func(do operation, params ...string) wire.QueryOperation {
		return wire.QueryOperation{Params: append(params, "RoleName"), Do: s.on(do)}
	}
	s.Query = wire.Query{
		Version:   "2010-05-08",
		Namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
		Operations: map[string]wire.QueryOperation{
			"CreateRole": role(s.createRole, "Path", "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Tags",
				"PermissionsBoundary"),
			"DeleteRole":               role(deleteRole),
			"DeleteRolePolicy":         role(deleteRolePolicy, "PolicyName"),
			"GetRole":                  role(getRole),
			"GetRolePolicy":            role(getRolePolicy, "PolicyName"),
			"ListAttachedRolePolicies": role(listAttachedRolePolicies, append(page, "PathPrefix")...),
			"ListRolePolicies":         role(listRolePolicies, page...),
			"ListRoleTags":             role(listRoleTags, page...),
			"ListRoles":                {Params: append(page, "PathPrefix"), Do: s.on(listRoles)},
			"PutRolePolicy":            role(putRolePolicy, "PolicyName", "PolicyDocument"),
			"TagRole":                  role(tagRole, "Tags"),
			"UntagRole":                role(untagRole, "TagKeys"),
			"UpdateAssumeRolePolicy":   role(updateAssumeRolePolicy, "PolicyDocument"),
			"UpdateRole":               role(updateRole, "Description", "MaxSessionDuration"),
		},
	}
	return s
}

// Types are the resource types that the service offers to CloudFormation.
func (s *Service) Types() []resource.Type { return []resource.Type{roleType(), rolePolicyType()} }

// operation is what an operation does within a transaction.
type operation func(tx *store.Tx, c *wire.Call, in wire.Form) (any, error)

func (s *Service) on(do operation) func(context.Context, *wire.Call, wire.Form) (any, error) {
	return func(ctx context.Context, c *wire.Call, in wire.Form) (any, error) {
		var out any
		err := s.config.Store.Update(ctx, func(tx *store.Tx) error {
			var err error
			out, err = do(tx, c, in)
			return err
		})
		return out, err
	}
}

// IAM's errors that several operations have.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html

func invalid(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "ValidationError", format, args...)
}

func malformed(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "MalformedPolicyDocument", format, args...)
}

func missing(format string, args ...any) error {
	return wire.Errorf(http.StatusNotFound, "NoSuchEntity", format, args...)
}

func exceeded(format string, args ...any) error {
	return wire.Errorf(http.StatusConflict, "LimitExceeded", format, args...)
}
