package iam_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestPoliciesThatAreMalformed(t *testing.T) {
	const rest = `"Effect":"Allow","Action":"s3:*","Resource":"*"`
	statement := func(s string) string { return `{"Version":"2012-10-17","Statement":[{` + s + `}]}` }
	for _, c := range []struct{ name, document, text string }{
		{"no JSON", `{`, "Syntax errors in policy."},
		{"no object", `[]`, "Syntax errors in policy."},
		{"no statement", `{"Version":"2012-10-17"}`, "Syntax errors in policy."},
		{"an empty list", `{"Version":"2012-10-17","Statement":[]}`, "Syntax errors in policy."},
		{"a version of none", `{"Version":"2012-10-18","Statement":{` + rest + `}}`, "Syntax errors in policy."},
		{"a version that is a number", `{"Version":2012,"Statement":{` + rest + `}}`, "Syntax errors in policy."},
		{"a strange element", `{"Rules":[],"Statement":{` + rest + `}}`, "Syntax errors in policy."},
		{"a strange element of a statement", statement(rest + `,"Actions":"s3:*"`), "Syntax errors in policy."},
		{"no effect", statement(`"Action":"s3:*","Resource":"*"`), "Syntax errors in policy."},
		{"a strange effect", statement(`"Effect":"allow","Action":"s3:*","Resource":"*"`), "Syntax errors in policy."},
		{"an action that is a number", statement(`"Effect":"Allow","Action":1,"Resource":"*"`), "Syntax errors in policy."},
		{"actions of both kinds", statement(rest + `,"NotAction":"s3:*"`), "Syntax errors in policy."},
		{"a condition that is none", statement(rest + `,"Condition":["a"]`), "Syntax errors in policy."},
		{"a nested condition", statement(rest + `,"Condition":{"Bool":{"a":{}}}`), "Syntax errors in policy."},
		{"an operator without keys", statement(rest + `,"Condition":{"Bool":"a"}`), "Syntax errors in policy."},
		{"a Sid that is none", statement(rest + `,"Sid":1`), "Syntax errors in policy."},
		{"a Sid with a space", statement(rest + `,"Sid":"a b"`), "Statement IDs (SID) must be alpha-numeric. Check that " +
			"your input satisfies the regular expression [0-9A-Za-z]*"},
		{"white space before it", " " + statement(rest), "JSON strings must not have leading spaces"},
		{"a new line before it", "\n" + statement(rest), "JSON strings must not have leading spaces"},
		{"an element twice", statement(rest + `,"Effect":"Allow"`), "Syntax errors in policy."},
		{"an element twice, outside", `{"Statement":{` + rest + `},"Statement":{` + rest + `}}`, "Syntax errors in policy."},
		{
			"a condition twice", statement(rest + `,"Condition":{"Bool":{"a:b":"true","a:b":"true"}}`),
			"Syntax errors in policy.",
		},
		{
			"an operator of none", statement(rest + `,"Condition":{"StringEqual":{"aws:a":"b"}}`),
			"Invalid Condition type : StringEqual",
		},
		{
			"a quantifier of none", statement(rest + `,"Condition":{"ForSome:Bool":{"aws:a":"b"}}`),
			"Invalid Condition type : ForSome:Bool",
		},
		{
			"Null if it exists", statement(rest + `,"Condition":{"NullIfExists":{"aws:a":"true"}}`),
			"Invalid Condition type : NullIfExists",
		},
		{
			"a key without a prefix", statement(rest + `,"Condition":{"Bool":{"SecureTransport":"true"}}`),
			"Actions/Conditions must be prefaced by a vendor",
		},
		{"a Sid twice", `{"Statement":[{"Sid":"a",` + rest + `},{"Sid":"a",` + rest + `}]}`, "Statement IDs (SID)"},
		{"a principal", statement(rest + `,"Principal":"*"`), "Policy document should not specify a principal."},
		{"no action", statement(`"Effect":"Allow","Resource":"*"`), "Policy statement must contain actions."},
		{"no resource", statement(`"Effect":"Allow","Action":"s3:*"`), "Policy statement must contain resources."},
		{"resources of none", statement(`"Effect":"Allow","Action":"s3:*","Resource":[]`), "must contain resources."},
		{"an action alone", statement(`"Effect":"Allow","Action":"Get","Resource":"*"`), "must be prefaced by a vendor"},
		{"two colons", statement(`"Effect":"Allow","Action":"a:b:c","Resource":"*"`), "can contain only one colon."},
		{"a strange vendor", statement(`"Effect":"Allow","Action":"s_3:b","Resource":"*"`), "Vendor s_3 is not valid"},
		{
			"no ARN", statement(`"Effect":"Allow","Action":"s3:*","Resource":"bucket"`),
			`Resource bucket must be in ARN format or "*".`,
		},
		{"half an ARN", statement(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3"`), "legacy parsing"},
		{
			"another partition", statement(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws-cn:s3:::b"`),
			`Partition "aws-cn" is not valid for resource "arn:aws-cn:s3:::b".`,
		},
		{"any vendor", statement(`"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:*:::b"`), "fully qualified"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.role("One")
			cloud.refused(http.StatusBadRequest, "MalformedPolicyDocument", c.text, "PutRolePolicy",
				"RoleName", "One", "PolicyName", "a", "PolicyDocument", c.document)
		})
	}
}

func TestPoliciesThatAreWellFormed(t *testing.T) {
	for _, document := range []string{
		`{"Statement":{"Effect":"Deny","NotAction":"*","NotResource":"*"}}`,
		`{"Version":"2008-10-17","Id":"x","Statement":[{"Effect":"Allow","Action":["*"],"Resource":["*"]}]}`,
		`{"Statement":[{"Sid":"","Effect":"Allow","Action":"s3:Get*","Resource":"arn:*:s3:::b/*"},` +
			`{"Sid":"","Effect":"Allow","Action":"execute-api:Invoke","Resource":"*",` +
			`"Condition":{"Bool":{"aws:SecureTransport":["true"]},"NumericEquals":{"s3:max-keys":1}}}]}`,
	} {
		c := newCloud(t)
		c.role("One")
		c.do("PutRolePolicy", "RoleName", "One", "PolicyName", "a", "PolicyDocument", document)
	}
}

func TestThePartitionIsTheRegions(t *testing.T) {
	c := newCloud(t)
	send := func(operation string, params ...string) string {
		t.Helper()
		_, body := c.send("AKIDA", "cn-north-1", operation, append(params, "RoleName", "One")...)
		return body
	}
	made := send("CreateRole", "AssumeRolePolicyDocument", lambdaTrust)
	if arn := inner(t, made, "Arn"); arn != "arn:aws-cn:iam::111111111111:role/One" {
		t.Errorf("%s", made)
	}
	body := send("PutRolePolicy", "PolicyName", "a", "PolicyDocument", writeLogs)
	if !strings.Contains(inner(t, body, "Message"), `Partition "aws" is not valid for resource "arn:aws:logs:`) {
		t.Errorf("%s", body)
	}
	china := strings.ReplaceAll(writeLogs, "arn:aws:", "arn:aws-cn:")
	if body := send("PutRolePolicy", "PolicyName", "a", "PolicyDocument", china); strings.Contains(body, "Error") {
		t.Errorf("%s", body)
	}
	// Trap 48: principals of services have no ending of their own in China.
	if body := send("UpdateAssumeRolePolicy", "PolicyDocument",
		strings.ReplaceAll(lambdaTrust, ".com", ".com.cn")); !strings.Contains(body, "Invalid principal in policy") {
		t.Errorf("%s", body)
	}
}

// The white space of a document is not counted.
func TestPoliciesThatAreTooLong(t *testing.T) {
	c := newCloud(t)
	c.role("One")
	empty := `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::"}]}`
	put := func(length int) []string {
		document := strings.Replace(empty, `:::"`, `:::`+strings.Repeat("a", length-len(empty))+`"`, 1)
		return []string{"RoleName", "One", "PolicyDocument", strings.ReplaceAll(document, ",", " ,\n\t"), "PolicyName"}
	}
	c.do("PutRolePolicy", append(put(5120), "a")...)
	c.do("PutRolePolicy", append(put(5120), "b")...)
	c.do("PutRolePolicy", append(put(5120), "b")...)
	c.refused(http.StatusConflict, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role One",
		"PutRolePolicy", append(put(5121), "b")...)

	trust := func(length int) string {
		sid := `"Sid":"` + strings.Repeat("a", length-len(lambdaTrust)-9) + `",`
		return strings.Replace(lambdaTrust, `"Effect"`, sid+`"Effect"`, 1)
	}
	c.do("UpdateAssumeRolePolicy", "RoleName", "One", "PolicyDocument", trust(2048)+"\n")
	c.refused(http.StatusConflict, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: 2048",
		"UpdateAssumeRolePolicy", "RoleName", "One", "PolicyDocument", trust(2049))
}

func TestTrustPoliciesThatAreMalformed(t *testing.T) {
	const lambda = `"Principal":{"Service":"lambda.amazonaws.com"}`
	const assume = `"Effect":"Allow","Action":"sts:AssumeRole"`
	for _, c := range []struct{ name, statement, text string }{
		{"a resource", assume + `,"Resource":"*",` + lambda, "Has prohibited field Resource"},
		{"all but a resource", assume + `,"NotResource":"*",` + lambda, "Has prohibited field NotResource"},
		{"no principal", assume, "Missing required field Principal"},
		{"all but a principal", assume + `,"NotPrincipal":{"AWS":"*"}`, "Allow with NotPrincipal is not allowed."},
		{"no effect", `"Action":"sts:AssumeRole",` + lambda, "Missing required field Effect"},
		{"no action", `"Effect":"Allow",` + lambda, "Missing required field Action"},
		{"any action", `"Effect":"Allow","Action":"*",` + lambda, "may only specify STS AssumeRole actions."},
		{"anybody", assume + `,"Principal":"*"`, `AssumeRolepolicy contained an invalid principal: "STAR":"*".`},
		{"nobody", assume + `,"Principal":{}`, "Syntax errors in policy."},
		{"nobody of a kind", assume + `,"Principal":{"AWS":[]}`, "Syntax errors in policy."},
		{"a number", assume + `,"Principal":{"AWS":1}`, "Syntax errors in policy."},
		{"a service of none", assume + `,"Principal":{"Service":"lamda.amazonaws.com"}`, `"SERVICE":"lamda.amazonaws.com"`},
		{"a strange kind", assume + `,"Principal":{"Group":"x"}`, `Invalid principal in policy: "GROUP":"x"`},
		{"a federation", assume + `,"Principal":{"Federated":"x"}`, "does not model federated principals"},
		{
			"a user", assume + `,"Principal":{"AWS":"arn:aws:iam::111111111111:user/x"}`,
			"does not model principals of the kind user",
		},
		{"a name", assume + `,"Principal":{"AWS":"One"}`, `Invalid principal in policy: "AWS":"One"`},
		{
			"another partition", assume + `,"Principal":{"AWS":"arn:aws-cn:iam::111111111111:root"}`,
			`Invalid principal in policy: "AWS":"arn:aws-cn`,
		},
		{
			"a role of none", assume + `,"Principal":{"AWS":"arn:aws:iam::111111111111:role/two"}`,
			`Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/two"`,
		},
		{
			"a role of another path", assume + `,"Principal":{"AWS":["arn:aws:iam::111111111111:role/x/One"]}`,
			`Invalid principal in policy: "AWS":"arn:aws:iam::111111111111:role/x/One"`,
		},
		{
			"a role of another account", assume + `,"Principal":{"AWS":"arn:aws:iam::222222222222:role/One"}`,
			`Invalid principal in policy: "AWS":"arn:aws:iam::222222222222:role/One"`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			cloud := newCloud(t)
			cloud.role("One")
			cloud.refused(http.StatusBadRequest, "MalformedPolicyDocument", c.text, "UpdateAssumeRolePolicy",
				"RoleName", "One", "PolicyDocument", `{"Statement":{`+c.statement+`}}`)
			if got := text(t, inner(t, cloud.do("GetRole", "RoleName", "One"), "AssumeRolePolicyDocument")); got != lambdaTrust {
				t.Errorf("it was changed to %s", got)
			}
		})
	}
}

func TestTrustPoliciesThatAreWellFormed(t *testing.T) {
	for _, principal := range []string{
		`{"AWS":"*"}`, `{"AWS":"333333333333"}`, `{"AWS":"arn:aws:iam::333333333333:root"}`,
		`{"AWS":["arn:aws:iam::111111111111:role/One"],"Service":["lambda.amazonaws.com","apigateway.amazonaws.com"]}`,
	} {
		c := newCloud(t)
		c.role("One")
		c.do("UpdateAssumeRolePolicy", "RoleName", "One", "PolicyDocument",
			`{"Statement":[{"Effect":"Allow","Principal":`+principal+`,"Action":["sts:AssumeRole","sts:TagSession"]}]}`)
	}
}

// A role that is trusted is known by its id: who takes its name later is somebody else.
func TestATrustedRoleThatIsGoneLeavesItsID(t *testing.T) {
	c := newCloud(t)
	id := inner(t, c.role("Trusted"), "RoleId")
	arn := "arn:aws:iam::111111111111:role/Trusted"
	for name, principal := range map[string]string{"One": `"` + arn + `"`, "Two": `["*","` + arn + `"]`} {
		c.do("CreateRole", "RoleName", name, "AssumeRolePolicyDocument", `{"Statement":[{"Effect":"Allow",`+
			`"Principal":{"AWS":`+principal+`},"Action":"sts:AssumeRole",`+
			`"Condition":{"ArnLike":{"aws:PrincipalArn":"`+arn+`"}}}]}`)
	}
	trust := func(name string) string {
		return text(t, inner(t, c.do("GetRole", "RoleName", name), "AssumeRolePolicyDocument"))
	}
	if got := trust("One"); strings.Contains(got, id) {
		t.Errorf("while the role is there: %s", got)
	}
	c.do("DeleteRole", "RoleName", "Trusted")
	c.role("Trusted")
	for name, want := range map[string]string{"One": `{"AWS":"` + id + `"}`, "Two": `{"AWS":["*","` + id + `"]}`} {
		if got := trust(name); !strings.Contains(got, want) || !strings.Contains(got, `"aws:PrincipalArn":"`+arn+`"`) {
			t.Errorf("%s: %s", name, got)
		}
	}
	c.refused(http.StatusBadRequest, "MalformedPolicyDocument", "Invalid principal in policy", "UpdateAssumeRolePolicy",
		"RoleName", "One", "PolicyDocument", trust("One"))
}

func TestConditionsThatAreTaken(t *testing.T) {
	c := newCloud(t)
	c.role("One")
	for _, condition := range []string{
		`{}`, `{"Null":{"aws:TokenIssueTime":"true"}}`, `{"StringEquals":{"aws:ResourceTag/plldb:debug":["true","yes"]}}`,
		`{"ForAllValues:StringLikeIfExists":{"aws:TagKeys":["a*"]}}`, `{"stringequals":{"a:b":"c"},"Bool":{"a:b":true}}`,
	} {
		c.do("PutRolePolicy", "RoleName", "One", "PolicyName", "a", "PolicyDocument",
			`{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":`+condition+`}}`)
	}
}
