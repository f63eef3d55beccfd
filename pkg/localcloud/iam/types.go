package iam

import (
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The types' names in templates.
const (
	roleName       = "AWS::IAM::Role"
	rolePolicyName = "AWS::IAM::RolePolicy"
)

// How long CloudFormation takes: it waits for IAM to be consistent. Unverified figures: an event log in
// aws/aws-cdk#5910 shows 14 seconds for a policy; those for a role and for removing one are estimates.
const (
	creatingRole   = 17 * time.Second
	updatingRole   = 15 * time.Second
	creatingPolicy = 15 * time.Second
	updatingPolicy = 15 * time.Second
	deleting       = 2 * time.Second
)

// roleType has every property that the reference has; Create and Update refuse those that are not modelled. A template
// with one needs a capability, and another capability if it names it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-role.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html#using-iam-capabilities
func roleType() resource.Type {
	return resource.Type{
		Name: roleName, NameProperty: "RoleName", IAM: true, Attributes: []string{"Arn", "RoleId"},
		Handler: roleHandler{},
		Properties: resource.Properties{
			"AssumeRolePolicyDocument": {Kind: resource.Free, Required: true},
			"Description":              {Kind: resource.String},
			"ManagedPolicyArns":        {Kind: resource.List, Item: &resource.Property{Kind: resource.String}},
			"MaxSessionDuration":       {Kind: resource.Integer, Min: shortestSession, Max: longestSession},
			"Path":                     {Kind: resource.String, Change: resource.Replaces},
			"PermissionsBoundary":      {Kind: resource.String},
			"Policies": {Kind: resource.List, Item: &resource.Property{Kind: resource.Struct, Fields: resource.Properties{
				"PolicyDocument": {Kind: resource.Free, Required: true},
				"PolicyName":     {Kind: resource.String, Required: true},
			}}},
			"RoleName": {Kind: resource.String, Change: resource.Replaces, Pattern: `^[\w+=,.@-]{1,64}$`},
			"Tags": {Kind: resource.List, Item: &resource.Property{Kind: resource.Struct, Fields: resource.Properties{
				"Key":   {Kind: resource.String, Required: true},
				"Value": {Kind: resource.String, Required: true},
			}}},
		},
	}
}

// rolePolicyType is an inline policy by itself. Its name is one within the role, so it needs no capability for names;
// that it needs one at all is unverified: AWS's list of such types is older than this one.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-iam-rolepolicy.html
func rolePolicyType() resource.Type {
	name := func(longest string) resource.Property {
		return resource.Property{
			Kind: resource.String, Required: true, Change: resource.Replaces, Pattern: `^[\w+=,.@-]{1,` + longest + `}$`,
		}
	}
	return resource.Type{
		Name: rolePolicyName, IAM: true, Handler: policyHandler{},
		Properties: resource.Properties{
			"PolicyDocument": {Kind: resource.Free},
			"PolicyName":     name("128"),
			"RoleName":       name("64"),
		},
	}
}

func ownerIn(in resource.Input) owner { return owner{in.Place().Global()} }

// modelled refuses properties that have no effect here.
func modelled(properties map[string]any) error {
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		list, isList := properties[name].([]any)
		switch name {
		case "ManagedPolicyArns", "PermissionsBoundary":
			if !isList || len(list) > 0 {
				return resource.Unmodelled("the property %s of %s", name, roleName)
			}
		}
	}
	return nil
}

// refusal is how CloudFormation is told what IAM refused. That a policy is malformed is InvalidRequest, as in
// aws-samples/sample-host-openclaw-on-amazon-bedrock-agentcore#39; that a role cannot be deleted is taken for the same,
// unverified.
func refusal(err error, identifier, typeName string) error {
	refused, ok := errors.AsType[*wire.Error](err)
	if !ok {
		return err
	}
	told := resource.Refused("Iam", refused)
	switch refused.Code {
	case "EntityAlreadyExists":
		return resource.Errorf(resource.AlreadyExists, "Resource of type '%s' with identifier '%s' already exists.",
			typeName, identifier)
	case "DeleteConflict":
		told.Code = resource.InvalidRequest
	case "LimitExceeded":
		told.Code = resource.Limit
	}
	return told
}
