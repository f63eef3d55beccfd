package iam_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

const lambdaService = "lambda.amazonaws.com"

// assumable asks whether Lambda may assume a role.
func (c *cloud) assumable(arn string) (bool, error) {
	c.T.Helper()
	return servicetest.Within(c.Cloud, func(tx *store.Tx) (bool, error) {
		return c.service.Assumable(tx, arn, lambdaService)
	})
}

func TestWhoMayAssumeARole(t *testing.T) {
	allow := strings.TrimSuffix(lambdaTrust[strings.Index(lambdaTrust, "[")+1:], "]}")
	policy := func(statements ...string) string { return `{"Statement":[` + strings.Join(statements, ",") + `]}` }
	for _, c := range []struct {
		name, trust string
		want        bool
	}{
		{"Lambda", lambdaTrust, true},
		{"Lambda among others", strings.Replace(lambdaTrust, `"`+lambdaService+`"`,
			`["apigateway.amazonaws.com","`+lambdaService+`"]`, 1), true},
		{"another service", strings.Replace(lambdaTrust, lambdaService, "apigateway.amazonaws.com", 1), false},
		{"an account", strings.Replace(lambdaTrust, `"Service":"`+lambdaService, `"AWS":"111111111111`, 1), false},
		{"with a pattern", strings.Replace(lambdaTrust, "sts:AssumeRole", "STS:assume*", 1), true},
		{"another action", strings.Replace(lambdaTrust, "sts:AssumeRole", "sts:TagSession", 1), false},
		{"all but another action", strings.Replace(lambdaTrust, `"Action":"sts:AssumeRole`,
			`"NotAction":"sts:TagSession`, 1), true},
		{"all but this action", strings.Replace(lambdaTrust, `"Action"`, `"NotAction"`, 1), false},
		{"denied", policy(allow, strings.Replace(allow, "Allow", "Deny", 1)), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := newCloud(t)
			body := cloud.do("CreateRole", "RoleName", "one", "Path", "/a/", "AssumeRolePolicyDocument", c.trust)
			if got, err := cloud.assumable(inner(t, body, "Arn")); got != c.want || err != nil {
				t.Errorf("got %t, %v", got, err)
			}
		})
	}
}

func TestNobodyAssumesARoleThatIsNotThere(t *testing.T) {
	c := newCloud(t)
	c.role("one", "Path", "/a/")
	for _, arn := range []string{
		"arn:aws:iam::111111111111:role/two", "arn:aws:iam::111111111111:role/one", "arn:aws-cn:iam::111111111111:role/a/one",
		"arn:aws:iam::222222222222:role/a/one", "arn:aws:iam::111111111111:user/a/one", "one", "",
	} {
		if yes, err := c.assumable(arn); yes || err != nil {
			t.Errorf("%q: %t, %v", arn, yes, err)
		}
	}
}

func TestAConditionOfTrustIsNotEvaluated(t *testing.T) {
	c := newCloud(t)
	c.do("CreateRole", "RoleName", "one", "AssumeRolePolicyDocument", strings.Replace(lambdaTrust, `"Action"`,
		`"Condition":{"StringEquals":{"aws:SourceAccount":"111111111111"}},"Action"`, 1))
	yes, err := c.assumable("arn:aws:iam::111111111111:role/one")
	if yes || err == nil || !strings.Contains(err.Error(), "plldb's local cloud does not model conditions") {
		t.Errorf("got %t, %v", yes, err)
	}
}

func TestATrustPolicySpeaksOfActionsThatThereAre(t *testing.T) {
	c := newCloud(t)
	for _, action := range []string{"sts:AssumeRoles", "sts:GetCallerIdentity", "sts:", "*", "s3:GetObject"} {
		c.refused(http.StatusBadRequest, "MalformedPolicyDocument",
			"AssumeRole policy may only specify STS AssumeRole actions.", "CreateRole", "RoleName", "one",
			"AssumeRolePolicyDocument", strings.Replace(lambdaTrust, "sts:AssumeRole", action, 1))
	}
}
