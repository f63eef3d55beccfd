package iam_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

func TestAPolicyByItself(t *testing.T) {
	c := newCloud(t)
	properties := map[string]any{"RoleName": "one", "PolicyName": "Write", "PolicyDocument": writeLogs}
	_, err := c.Create("RolePolicy", properties)
	if !is(err, resource.NotFound, "The role with name one cannot be found.") {
		t.Errorf("without its role: %v", err)
	}
	c.role("one")
	made := c.Make("RolePolicy", properties)
	_, err = c.Create("RolePolicy", properties)
	if !is(err, resource.AlreadyExists, "identifier 'Write|one' already exists.") {
		t.Errorf("twice: %v", err)
	}
	denied := servicetest.Parse(t, strings.ReplaceAll(writeLogs, "Allow", "Deny"))
	id := resource.Input{PhysicalID: made.PhysicalID, Before: properties, Properties: map[string]any{
		"RoleName": "one", "PolicyName": "Write", "PolicyDocument": denied,
	}}
	if _, err = servicetest.Handle(c.Cloud, "RolePolicy", id, resource.Handler.Update); err != nil {
		t.Error(err)
	}
	read, err := c.Read("RolePolicy", made.PhysicalID)
	if err != nil || fmt.Sprint(read) != fmt.Sprint(id.Properties) {
		t.Errorf("reads %v, %v", read, err)
	}
	c.do("DeleteRolePolicy", "RoleName", "one", "PolicyName", "Write")
	_, err = servicetest.Handle(c.Cloud, "RolePolicy", id, resource.Handler.Delete)
	if !is(err, resource.NotFound, "The role policy with name Write cannot be found.") {
		t.Errorf("removed beside the stack: %v", err)
	}
	delete(properties, "PolicyDocument")
	_, err = c.Create("RolePolicy", properties)
	if !is(err, resource.InvalidRequest, "Value null at 'policyDocument'") {
		t.Errorf("without a document: %v", err)
	}
}

func TestARoleThatIsGoneIsNotFound(t *testing.T) {
	c := newCloud(t)
	_, update := c.Update("Role", "one", c.template(""))
	_, remove := c.Delete("Role", "one")
	_, read := c.Read("Role", "one")
	_, updatePolicy := c.Update("RolePolicy", "Write|one", c.template(""))
	_, removePolicy := c.Delete("RolePolicy", "Write|one")
	_, readPolicy := c.Read("RolePolicy", "Write|one")
	for _, err := range []error{update, remove, read, updatePolicy, removePolicy, readPolicy} {
		if !is(err, resource.NotFound, "The role with name one cannot be found. (Service: Iam, Status Code: 404") {
			t.Errorf("%v", err)
		}
	}
}

func TestTemplatesThatAreRefused(t *testing.T) {
	policy := func(name, document string) string {
		return `{"PolicyName":"` + name + `","PolicyDocument":` + document + `}`
	}
	long := strings.ReplaceAll(writeLogs, "a b", strings.Repeat("a", 10240))
	for _, c := range []struct{ name, more, code, text string }{
		{"managed policies", `"ManagedPolicyArns":["arn"]`, resource.InvalidRequest, "not model the property ManagedP"},
		{"a boundary", `"PermissionsBoundary":"arn"`, resource.InvalidRequest, "not model the property PermissionsB"},
		{"a name that is taken", `"RoleName":"ONE"`, resource.AlreadyExists, "'AWS::IAM::Role' with identifier 'ONE'"},
		{"a session", `"MaxSessionDuration":60`, resource.InvalidRequest, "Value '60' at 'maxSessionDuration'"},
		{"a document", `"Policies":[` + policy("a", "{}") + `]`, resource.InvalidRequest, "Syntax errors in policy."},
		{
			"the same name twice", `"Policies":[` + policy("a", writeLogs) + "," + policy("A", writeLogs) + `]`,
			resource.InvalidRequest, "more than one policy of the name a",
		},
		{"too much", `"Policies":[` + policy("a", long) + `]`, resource.Limit, "Maximum policy size of 10240 bytes"},
		{"a tag", `"Tags":[{"Key":"aws:x","Value":""}]`, resource.InvalidRequest, "reserved"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.role("one")
			if _, err := cloud.Create("Role", cloud.template(c.more)); !is(err, c.code, c.text) {
				t.Errorf("%v", err)
			}
			if names := all(t, cloud.do("ListRoles"), "RoleName"); fmt.Sprint(names) != "[one]" {
				t.Errorf("roles %v", names)
			}
		})
	}
	newCloud(t).Make("Role", newCloud(t).template(`"ManagedPolicyArns":[]`))
}
