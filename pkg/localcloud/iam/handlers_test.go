package iam_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
)

// template is the properties of a role that Lambda may assume, and more.
func (c *cloud) template(more string) map[string]any {
	c.T.Helper()
	if more != "" {
		more = "," + more
	}
	return servicetest.Parse(c.T, `{"AssumeRolePolicyDocument":`+lambdaTrust+more+`}`)
}

// is tells whether an error is one of a resource, of a code and with a text.
func is(err error, code, text string) bool {
	refused, ok := errors.AsType[*resource.Error](err)
	return ok && refused.Code == code && strings.Contains(refused.Message, text)
}

func TestAStackMakesARole(t *testing.T) {
	c := newCloud(t)
	write := `"Policies":[{"PolicyName":"Write","PolicyDocument":` + writeLogs + `}]`
	made := c.Make("Role", c.template(`"Description":"d",`+write))
	if !regexp.MustCompile(`^demo-Role-[0-9A-Z]{12}$`).MatchString(made.PhysicalID) {
		t.Errorf("the name is %s", made.PhysicalID)
	}
	got := c.do("GetRole", "RoleName", made.PhysicalID)
	if made.Attributes["Arn"] != inner(t, got, "Arn") || made.Attributes["RoleId"] != inner(t, got, "RoleId") {
		t.Errorf("attributes %v of %s", made.Attributes, got)
	}
	if made.Takes.Seconds() < 15 || made.Takes.Seconds() > 20 {
		t.Errorf("takes %v", made.Takes)
	}
	policy := c.do("GetRolePolicy", "RoleName", made.PhysicalID, "PolicyName", "Write")
	document := servicetest.Parse(t, text(t, inner(t, policy, "PolicyDocument")))
	if fmt.Sprint(document) != fmt.Sprint(servicetest.Parse(t, writeLogs)) {
		t.Errorf("%s", policy)
	}
	read, err := c.Read("Role", made.PhysicalID)
	want := c.template(`"Description":"d","MaxSessionDuration":3600,"Path":"/","RoleName":"` + made.PhysicalID + `",` +
		write)
	if err != nil || fmt.Sprint(read) != fmt.Sprint(want) {
		t.Errorf("reads %v, %v", read, err)
	}
	if _, err := c.Delete("Role", made.PhysicalID); err != nil {
		t.Error(err)
	}
	if body := c.do("ListRoles"); strings.Contains(body, "<member>") {
		t.Errorf("after Delete: %s", body)
	}
}

// Trap 13: a named role needs another capability than an unnamed one, and a role's policies need none of their own for
// their names.
func TestTrap13TheTypesSayWhatNeedsACapability(t *testing.T) {
	types := newCloud(t).Types
	if !types["Role"].IAM || types["Role"].NameProperty != "RoleName" {
		t.Errorf("%s", types["Role"].Name)
	}
	if !types["RolePolicy"].IAM || types["RolePolicy"].NameProperty != "" {
		t.Errorf("%s", types["RolePolicy"].Name)
	}
}

// Trap 50: a role that may assume another, and is trusted by it. Its policy is a resource by itself, since the other
// must be there before it, and it before the other.
func TestTrap50APolicyByItselfBreaksTheCircle(t *testing.T) {
	c := newCloud(t)
	trust := `{"AssumeRolePolicyDocument":{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole",` +
		`"Principal":{"AWS":"arn:aws:iam::111111111111:role/service"}}]},"RoleName":"manager"}`
	_, err := c.Create("Role", servicetest.Parse(t, trust))
	if !is(err, resource.InvalidRequest, `Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/service"`+
		` (Service: Iam, Status Code: 400, Request ID: `) {
		t.Errorf("before the service role is there: %v", err)
	}
	service := c.Make("Role", c.template(`"RoleName":"service"`))
	manager := c.Make("Role", servicetest.Parse(t, trust))
	made := c.Make("RolePolicy", map[string]any{
		"RoleName": service.PhysicalID, "PolicyName": "Assume", "PolicyDocument": servicetest.Parse(t,
			`{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"`+manager.Attributes["Arn"].(string)+`"}}`),
	})
	if made.PhysicalID != "Assume|service" || made.Takes <= 0 {
		t.Errorf("%+v", made)
	}
	_, err = c.Delete("Role", service.PhysicalID)
	if !is(err, resource.InvalidRequest, "must delete policies first. (Service: Iam, Status Code: 409, Request ID: ") {
		t.Errorf("with the policy in it: %v", err)
	}
	if _, err := c.Delete("RolePolicy", made.PhysicalID); err != nil {
		t.Error(err)
	}
	if _, err := c.Delete("Role", service.PhysicalID); err != nil {
		t.Error(err)
	}
}

func TestAStackChangesARole(t *testing.T) {
	c := newCloud(t)
	before := c.template(`"RoleName":"one","Tags":[{"Key":"own","Value":"1"},{"Key":"over","Value":"1"}],"Policies":[` +
		`{"PolicyName":"keep","PolicyDocument":` + writeLogs + `},{"PolicyName":"drop","PolicyDocument":` + writeLogs + `}]`)
	in := resource.Input{Properties: before, Tags: map[string]string{
		"stack": "1", "over": "0", "aws:cloudformation:stack-name": "demo",
	}}
	if _, err := servicetest.Handle(c.Cloud, "Role", in, resource.Handler.Create); err != nil {
		t.Fatal(err)
	}
	if body := c.do("ListRoleTags", "RoleName", "one"); fmt.Sprint(all(t, body, "Key"), all(t, body, "Value")) !=
		"[over own stack] [1 1 1]" {
		t.Errorf("tags %s", body)
	}
	c.do("TagRole", "RoleName", "one", "Tags.member.1.Key", "theirs", "Tags.member.1.Value", "1")
	other := strings.ReplaceAll(writeLogs, "Allow", "Deny")
	c.do("PutRolePolicy", "RoleName", "one", "PolicyName", "keep", "PolicyDocument", other)
	after := c.template(`"RoleName":"one","Description":"d","MaxSessionDuration":7200,` +
		`"Tags":[{"Key":"own","Value":"2"}],"Policies":[{"PolicyName":"keep","PolicyDocument":` + writeLogs + `},` +
		`{"PolicyName":"new","PolicyDocument":` + other + `}]`)
	made, err := servicetest.Handle(c.Cloud, "Role", resource.Input{
		PhysicalID: "one", Before: before, Properties: after, Tags: map[string]string{"new": "1"},
	}, resource.Handler.Update)
	if err != nil || made.PhysicalID != "one" || made.Attributes["RoleId"] == "" {
		t.Fatalf("%v, %v", made, err)
	}
	got := c.do("GetRole", "RoleName", "one")
	if inner(t, got, "Description") != "d" || inner(t, got, "MaxSessionDuration") != "7200" ||
		fmt.Sprint(all(t, got, "Key"), all(t, got, "Value")) != "[new own theirs] [1 2 1]" {
		t.Errorf("%s", got)
	}
	if names := all(t, c.do("ListRolePolicies", "RoleName", "one"), "member"); fmt.Sprint(names) != "[keep new]" {
		t.Errorf("policies %v", names)
	}
	// What the template does not change stays as somebody else changed it, and Read says so.
	read, err := c.Read("Role", "one")
	kept := resource.Structs(read, "Policies")[0]["PolicyDocument"]
	if err != nil || fmt.Sprint(kept) != fmt.Sprint(servicetest.Parse(t, other)) {
		t.Errorf("reads %v, %v", read, err)
	}
	if fmt.Sprint(read["Tags"]) != "[map[Key:own Value:2] map[Key:theirs Value:1]]" {
		t.Errorf("reads tags %v", read["Tags"])
	}
}

func TestAStackChangesWhoMayAssumeARole(t *testing.T) {
	c := newCloud(t)
	c.Make("Role", c.template(`"RoleName":"one"`))
	everybody := servicetest.Parse(t, `{"AssumeRolePolicyDocument":`+
		`{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}}}}`)
	in := resource.Input{PhysicalID: "one", Before: c.template(""), Properties: everybody}
	if _, err := servicetest.Handle(c.Cloud, "Role", in, resource.Handler.Update); err != nil {
		t.Fatal(err)
	}
	got := c.do("GetRole", "RoleName", "one")
	if !strings.Contains(text(t, inner(t, got, "AssumeRolePolicyDocument")), `"*"`) {
		t.Errorf("%s", got)
	}
	in.Properties = servicetest.Parse(t, `{"AssumeRolePolicyDocument":"{}"}`)
	_, err := servicetest.Handle(c.Cloud, "Role", in, resource.Handler.Update)
	if !is(err, resource.InvalidRequest, "Syntax errors in policy.") {
		t.Errorf("%v", err)
	}
}

// Somebody made a policy in the role beside the stack: the role stays until it is gone.
func TestARoleWithPoliciesFromOutsideStays(t *testing.T) {
	c := newCloud(t)
	c.Make("Role", c.template(`"RoleName":"one","Policies":[{"PolicyName":"own","PolicyDocument":`+writeLogs+`}]`))
	c.do("PutRolePolicy", "RoleName", "one", "PolicyName", "theirs", "PolicyDocument", writeLogs)
	_, err := c.Delete("Role", "one")
	if !is(err, resource.InvalidRequest, "must delete policies first") {
		t.Errorf("%v", err)
	}
	c.do("DeleteRolePolicy", "RoleName", "one", "PolicyName", "theirs")
	if _, err = c.Delete("Role", "one"); err != nil {
		t.Error(err)
	}
}
