package iam_test

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestARoleFromItsBeginningToItsEnd(t *testing.T) {
	c := newCloud(t)
	made := c.role("One", "Path", "/a/", "Description", "what it is for", "MaxSessionDuration", "7200",
		"Tags.member.1.Key", "k", "Tags.member.1.Value", "v")
	got := c.do("GetRole", "RoleName", "One")
	for _, body := range []string{made, got} {
		for name, want := range map[string]string{
			"Path": "/a/", "RoleName": "One", "Arn": "arn:aws:iam::111111111111:role/a/One", "Description": "what it is for",
			"CreateDate": "2026-01-02T12:00:00Z", "MaxSessionDuration": "7200", "Key": "k", "Value": "v",
		} {
			if inner(t, body, name) != want {
				t.Errorf("%s is %q in %s", name, inner(t, body, name), body)
			}
		}
		if document := text(t, inner(t, body, "AssumeRolePolicyDocument")); document != lambdaTrust {
			t.Errorf("trust policy %s", document)
		}
	}
	id := inner(t, got, "RoleId")
	if !regexp.MustCompile(`^AROA[A-Z2-7]{17}$`).MatchString(id) || id != inner(t, made, "RoleId") {
		t.Errorf("ids %s and %s", id, inner(t, made, "RoleId"))
	}
	c.do("UpdateRole", "RoleName", "One", "Description", "")
	if got = c.do("GetRole", "RoleName", "One"); strings.Contains(got, "Description") ||
		inner(t, got, "MaxSessionDuration") != "3600" {
		t.Errorf("after UpdateRole: %s", got)
	}
	c.do("DeleteRole", "RoleName", "One")
	c.refused(http.StatusNotFound, "NoSuchEntity", "The role with name One cannot be found.", "GetRole", "RoleName", "One")
	c.role("One")
	if again := inner(t, c.do("GetRole", "RoleName", "One"), "RoleId"); again == id {
		t.Error("a role made again has the old one's id")
	}
}

func TestRolesAreOfAnAccountInAllRegions(t *testing.T) {
	c := newCloud(t)
	c.role("One")
	if status, body := c.send("AKIDA", "eu-west-1", "GetRole", "RoleName", "One"); status != http.StatusOK {
		t.Errorf("another region: %d %s", status, body)
	}
	if status, body := c.send("AKIDB", "us-east-1", "GetRole", "RoleName", "One"); status != http.StatusNotFound {
		t.Errorf("another account: %d %s", status, body)
	}
}

func TestNamesAreNotDistinguishedByCase(t *testing.T) {
	c := newCloud(t)
	c.role("One")
	c.refused(http.StatusConflict, "EntityAlreadyExists", "Role with name ONE already exists.", "CreateRole",
		"RoleName", "ONE", "AssumeRolePolicyDocument", lambdaTrust)
	c.do("PutRolePolicy", "RoleName", "One", "PolicyName", "Write", "PolicyDocument", writeLogs)
	c.do("PutRolePolicy", "RoleName", "One", "PolicyName", "write", "PolicyDocument", writeLogs)
	if names := all(t, c.do("ListRolePolicies", "RoleName", "One"), "member"); fmt.Sprint(names) != "[write]" {
		t.Errorf("policies %v", names)
	}
}

func TestListRolesByPathAndPage(t *testing.T) {
	c := newCloud(t)
	for _, role := range [][2]string{{"b", "/"}, {"C", "/x/y/"}, {"a", "/x/"}} {
		c.role(role[0], "Path", role[1], "Tags.member.1.Key", "k", "Tags.member.1.Value", "v")
	}
	body := c.do("ListRoles")
	if got := fmt.Sprint(all(t, body, "RoleName")); got != "[a b C]" || inner(t, body, "IsTruncated") != "false" {
		t.Errorf("all roles: %s", body)
	}
	if strings.Contains(body, "<Tags>") || strings.Contains(body, "RoleLastUsed") {
		t.Errorf("a list has more than it should: %s", body)
	}
	if got := fmt.Sprint(all(t, c.do("ListRoles", "PathPrefix", "/x/"), "RoleName")); got != "[a C]" {
		t.Errorf("by path: %s", got)
	}
	if body := c.do("ListRoles", "PathPrefix", "/z"); !strings.Contains(body, "<Roles></Roles>") {
		t.Errorf("none: %s", body)
	}
	first := c.do("ListRoles", "MaxItems", "2")
	rest := c.do("ListRoles", "MaxItems", "2", "Marker", inner(t, first, "Marker"))
	if got := fmt.Sprint(all(t, first, "RoleName")); inner(t, first, "IsTruncated") != "true" || got != "[a b]" {
		t.Errorf("first page: %s", first)
	}
	if got := fmt.Sprint(all(t, rest, "RoleName")); got != "[C]" || strings.Contains(rest, "<Marker>") {
		t.Errorf("second page: %s", rest)
	}
}

func TestInlinePolicies(t *testing.T) {
	c := newCloud(t)
	c.role("One")
	c.do("PutRolePolicy", "RoleName", "One", "PolicyName", "b", "PolicyDocument", writeLogs)
	c.do("PutRolePolicy", "RoleName", "One", "PolicyName", "a", "PolicyDocument", writeLogs)
	if got := fmt.Sprint(all(t, c.do("ListRolePolicies", "RoleName", "One"), "member")); got != "[a b]" {
		t.Errorf("policies %s", got)
	}
	body := c.do("GetRolePolicy", "RoleName", "One", "PolicyName", "a")
	if text(t, inner(t, body, "PolicyDocument")) != writeLogs || inner(t, body, "PolicyName") != "a" {
		t.Errorf("%s", body)
	}
	if body := c.do("ListAttachedRolePolicies", "RoleName", "One"); !strings.Contains(body, "<AttachedPolicies></Att") {
		t.Errorf("%s", body)
	}
	c.refused(http.StatusConflict, "DeleteConflict", "Cannot delete entity, must delete policies first.", "DeleteRole",
		"RoleName", "One")
	c.do("DeleteRolePolicy", "RoleName", "One", "PolicyName", "a")
	c.do("DeleteRolePolicy", "RoleName", "One", "PolicyName", "b")
	c.refused(http.StatusNotFound, "NoSuchEntity", "The role policy with name a cannot be found.", "GetRolePolicy",
		"RoleName", "One", "PolicyName", "a")
	c.do("DeleteRole", "RoleName", "One")
}

func TestTags(t *testing.T) {
	c := newCloud(t)
	c.role("One")
	c.do("TagRole", "RoleName", "One", "Tags.member.1.Key", "b", "Tags.member.1.Value", "1",
		"Tags.member.2.Key", "a", "Tags.member.2.Value", "")
	c.do("TagRole", "RoleName", "One", "Tags.member.1.Key", "b", "Tags.member.1.Value", "2")
	body := c.do("ListRoleTags", "RoleName", "One")
	if got := fmt.Sprint(all(t, body, "Key"), all(t, body, "Value")); got != "[a b] [ 2]" {
		t.Errorf("tags %s", got)
	}
	c.do("UntagRole", "RoleName", "One", "TagKeys.member.1", "b", "TagKeys.member.2", "none")
	if got := fmt.Sprint(all(t, c.do("ListRoleTags", "RoleName", "One"), "Key")); got != "[a]" {
		t.Errorf("after UntagRole: %s", got)
	}
	var many []string
	for i := range 50 {
		item := fmt.Sprintf("Tags.member.%d.", i+1)
		many = append(many, item+"Key", fmt.Sprint(i), item+"Value", "")
	}
	c.refused(http.StatusConflict, "LimitExceeded", "TagsPerRole: 50", "TagRole", append(many, "RoleName", "One")...)
}

func TestCallsThatAreRefused(t *testing.T) {
	const none = "Value null at"
	for _, c := range []struct {
		operation, code, text string
		params                []string
	}{
		{"GetRole", "ValidationError", none + " 'roleName'", nil},
		{"GetRole", "ValidationError", "The specified value for roleName is invalid. It must", []string{"RoleName", "a/b"}},
		{"GetRole", "ValidationError", "less than or equal to 64", []string{"RoleName", strings.Repeat("a", 65)}},
		{"GetRole", "ValidationError", "does not model the parameter Who", []string{"RoleName", "One", "Who", "me"}},
		{"GetRolePolicy", "ValidationError", none + " 'policyName'", []string{"RoleName", "One"}},
		{
			"UpdateRole", "ValidationError", "greater than or equal to 3600",
			[]string{"RoleName", "One", "MaxSessionDuration", "1"},
		},
		{
			"UpdateRole", "ValidationError", "less than or equal to 43200",
			[]string{"RoleName", "One", "MaxSessionDuration", "43201"},
		},
		{"UpdateRole", "MalformedInput", "number", []string{"RoleName", "One", "MaxSessionDuration", "x"}},
		{
			"UpdateRole", "ValidationError", "less than or equal to 1000",
			[]string{"RoleName", "One", "Description", strings.Repeat("a", 1001)},
		},
		{"UpdateRole", "ValidationError", "regular expression", []string{"RoleName", "One", "Description", "\u2192"}},
		{"PutRolePolicy", "ValidationError", none + " 'policyDocument'", []string{"RoleName", "One", "PolicyName", "a"}},
		{"CreateRole", "ValidationError", none, []string{"RoleName", "Two"}},
		{
			"CreateRole", "ValidationError", "value for path",
			[]string{"RoleName", "Two", "Path", "x", "AssumeRolePolicyDocument", lambdaTrust},
		},
		{
			"CreateRole", "InvalidInput", "does not model permissions boundaries",
			[]string{"RoleName", "Two", "PermissionsBoundary", "a", "AssumeRolePolicyDocument", lambdaTrust},
		},
		{"ListRoles", "ValidationError", "pathPrefix", []string{"PathPrefix", "x"}},
		{"ListRoles", "ValidationError", "maxItems", []string{"MaxItems", "1001"}},
		{"ListRoles", "ValidationError", "Invalid Marker", []string{"Marker", "!"}},
		{"AttachRolePolicy", "InvalidAction", "AttachRolePolicy", []string{"RoleName", "One"}},
		{"TagRole", "ValidationError", "reserved", []string{"RoleName", "One", "Tags.member.1.Key", "aws:x"}},
		{"TagRole", "ValidationError", "tags.1.member.key", []string{"RoleName", "One", "Tags.member.1.Value", "x"}},
		{
			"TagRole", "ValidationError", "tags.1.member.value",
			[]string{"RoleName", "One", "Tags.member.1.Key", "x", "Tags.member.1.Value", strings.Repeat("v", 257)},
		},
		{
			"CreateRole", "ValidationError", "'path' failed to satisfy",
			[]string{"RoleName", "Two", "Path", strings.Repeat("/", 513), "AssumeRolePolicyDocument", lambdaTrust},
		},
		{
			"CreateRole", "ValidationError", "'description'",
			[]string{"RoleName", "Two", "Description", "\u2192", "AssumeRolePolicyDocument", lambdaTrust},
		},
		{
			"CreateRole", "ValidationError", "printable",
			[]string{"RoleName", "Two", "AssumeRolePolicyDocument", "\u2192"},
		},
		{
			"PutRolePolicy", "ValidationError", "131072",
			[]string{"RoleName", "One", "PolicyName", "a", "PolicyDocument", strings.Repeat(" ", 131073)},
		},
	} {
		t.Run(c.operation+" "+c.text, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.role("One")
			cloud.refused(http.StatusBadRequest, c.code, c.text, c.operation, c.params...)
		})
	}
}
