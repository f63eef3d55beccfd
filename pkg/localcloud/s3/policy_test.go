package s3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

const tlsOnly = `{"Version":"2012-10-17","Statement":[{"Sid":"TLS","Effect":"Deny","Principal":"*","Action":"s3:*",` +
	`"Resource":["arn:aws:s3:::the-bucket","arn:aws:s3:::the-bucket/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`

func TestRequestsWithoutTLSAreDenied(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "key", "text")
	w.ok(w.policy(c, tlsOnly))
	if text, err := w.read(c, "key", ""); text != "text" {
		t.Fatal(err)
	}
	w.insecure.Store(true)
	_, err := w.read(c, "key", "")
	w.refused("AccessDenied", err)
	w.refused("AccessDenied", w.policy(c, tlsOnly))
	_, err = c.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String(name)})
	w.refused("AccessDenied", err)
}

func TestPolicyComesBackCompact(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.ok(w.policy(c, strings.ReplaceAll(tlsOnly, ",", ",\n  ")))
	got := w.ask("OURS", "GET", "/the-bucket?policy", "", nil)
	if got.body != tlsOnly {
		t.Errorf("%s", got.body)
	}
}

// statement is a policy of one statement, of fields that may be left out or put differently.
func statement(change map[string]string) string {
	fields := map[string]string{
		"Effect": `"Allow"`, "Principal": `{"AWS":"` + theirs + `"}`, "Action": `"s3:GetObject"`,
		"Resource": `"arn:aws:s3:::the-bucket/*"`,
	}
	for name, value := range change {
		fields[name] = value
	}
	var list []string
	for name, value := range fields {
		if value != "" {
			list = append(list, `"`+name+`":`+value)
		}
	}
	return `{"Version":"2012-10-17","Statement":[{` + strings.Join(list, ",") + `}]}`
}

func TestPoliciesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	for _, p := range []struct{ text, code string }{
		{statement(nil), ""},
		{statement(map[string]string{"Sid": `"a"`, "Condition": `{"StringLike":{"aws:PrincipalAccount":["2*"]}}`}), ""},
		{
			statement(map[string]string{"Principal": `{"AWS":["arn:aws:iam::222222222222:root"],"Service":"cloudtrail.amazonaws.com"}`}),
			"",
		},
		{"", "MalformedPolicy"},
		{"null", "MalformedPolicy"},
		{strings.Replace(statement(nil), `"Effect"`, `"effect"`, 1), "MalformedPolicy"},
		{statement(map[string]string{"Effect": `"Deny","Effect":"Allow"`}), "MalformedPolicy"},
		{statement(map[string]string{"Condition": `{"Bool":{"a":"b"},"Bool":{}}`}), "MalformedPolicy"},
		{"[]", "MalformedPolicy"},
		{`{"Version":"2012-10-17"}`, "MalformedPolicy"},
		{strings.Replace(statement(nil), "2012-10-17", "2013-10-17", 1), "MalformedPolicy"},
		{statement(nil) + "{}", "MalformedPolicy"},
		{statement(map[string]string{"Effect": `"Perhaps"`}), "MalformedPolicy"},
		{statement(map[string]string{"Effekt": `"Allow"`}), "MalformedPolicy"},
		{statement(map[string]string{"Principal": ""}), "MalformedPolicy"},
		{statement(map[string]string{"Principal": `"me"`}), "MalformedPolicy"},
		{statement(map[string]string{"Principal": `{"AWS":"me"}`}), "MalformedPolicy"},
		{statement(map[string]string{"Action": ""}), "MalformedPolicy"},
		{statement(map[string]string{"Action": `"ec2:*"`}), "MalformedPolicy"},
		{statement(map[string]string{"Action": `"s3:ListBucket"`}), "MalformedPolicy"},
		{statement(map[string]string{"Action": `{}`}), "MalformedPolicy"},
		{statement(map[string]string{"Resource": ""}), "MalformedPolicy"},
		{statement(map[string]string{"Resource": `"*"`}), "MalformedPolicy"},
		{statement(map[string]string{"Resource": `"arn:aws:s3:::the-bucket-two/*"`}), "MalformedPolicy"},
		{statement(map[string]string{"Resource": `"arn:aws-cn:s3:::the-bucket/*"`}), "MalformedPolicy"},
		{statement(map[string]string{"Resource": `"arn:aws:s3:::the-bucket"`}), "MalformedPolicy"},
		{statement(map[string]string{"Resource": `"arn:aws:s3:::the-bucket/${aws:username}"`}), "NotImplemented"},
		{statement(map[string]string{"NotAction": `"s3:*"`}), "NotImplemented"},
		{statement(map[string]string{"Principal": `{"AWS":"arn:aws:iam::222222222222:user/me"}`}), "NotImplemented"},
		{statement(map[string]string{"Principal": `{"Federated":"x"}`}), "NotImplemented"},
		{statement(map[string]string{"Condition": `{"IpAddress":{"aws:SourceIp":"10.0.0.0/8"}}`}), "NotImplemented"},
		{statement(map[string]string{"Condition": `{"StringEquals":{"aws:SourceVpce":"v"}}`}), "NotImplemented"},
		{statement(map[string]string{"Principal": `"*"`}), "AccessDenied"}, // BlockPublicPolicy
		{
			statement(map[string]string{"Principal": `{"AWS":"*"}`, "Condition": `{"Bool":{"aws:SecureTransport":true}}`}),
			"AccessDenied",
		},
		{
			statement(map[string]string{"Principal": `"*"`, "Condition": `{"StringEquals":{"aws:PrincipalAccount":"222222222222"}}`}),
			"",
		},
		{statement(map[string]string{"Sid": `"` + strings.Repeat("s", 21000) + `"`}), "MalformedPolicy"},
	} {
		err := w.policy(c, p.text)
		if got := codeOf(err); got != p.code || (err == nil) != (p.code == "") {
			t.Errorf("%.300s: %v", p.text, err)
		}
	}
}

func TestWhoMayDoWhat(t *testing.T) {
	public := map[string]string{"Principal": `"*"`, "Resource": `"arn:aws:s3:::the-bucket/pub/*"`}
	for _, c := range []struct {
		what, key, path string
		policy          map[string]string
		status          int
	}{
		{"owner", "OURS", "/pub/k", nil, 200},
		{"owner, denied", "OURS", "/pub/k", map[string]string{"Effect": `"Deny"`, "Principal": `"*"`}, 403},
		{"another", "THEIRS", "/pub/k", nil, 403},
		{"another, allowed", "THEIRS", "/pub/k", map[string]string{}, 200},
		{
			"another, allowed by a pattern", "THEIRS", "/pub/k",
			map[string]string{"Action": `"s3:get*"`, "Resource": `"arn:aws:s3:::the-bucket/p?b/*"`},
			200,
		},
		{
			"another, allowed other keys", "THEIRS", "/pub/k",
			map[string]string{"Resource": `"arn:aws:s3:::the-bucket/priv/*"`},
			403,
		},
		{"another, allowed another action", "THEIRS", "/pub/k", map[string]string{"Action": `"s3:PutObject"`}, 403},
		{
			"another, a condition fails", "THEIRS", "/pub/k",
			map[string]string{"Condition": `{"StringEquals":{"aws:PrincipalAccount":"1"}}`},
			403,
		},
		{
			"another, one of two conditions", "THEIRS", "/pub/k",
			map[string]string{"Condition": `{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:ResourceAccount":"1"}}`},
			403,
		},
		{
			"another, both conditions", "THEIRS", "/pub/k",
			map[string]string{"Condition": `{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:ResourceAccount":"` + ours + `"}}`},
			200,
		},
		{"another, a key that is not there", "THEIRS", "/pub/none", map[string]string{}, 403},
		{
			"a service's principal is nobody here", "THEIRS", "/pub/k",
			map[string]string{"Principal": `{"Service":"s3.amazonaws.com"}`},
			403,
		},
		{"nobody", "", "/pub/k", nil, 403},
		{"nobody, not allowed", "", "/pub/k", map[string]string{}, 403},
		{"nobody, a public policy", "", "/pub/k", public, 200},
		{"nobody, no access key of anybody", "STRANGER", "/pub/k", public, 403},
	} {
		w := newWorld(t)
		client := w.versioned()
		w.put(client, "pub/k", "text")
		_, err := client.DeletePublicAccessBlock(t.Context(), &sdk.DeletePublicAccessBlockInput{Bucket: aws.String(name)})
		w.ok(err)
		if c.policy != nil {
			w.ok(w.policy(client, statement(c.policy)))
		}
		if got := w.ask(c.key, "GET", "/the-bucket"+c.path, "", nil); got.status != c.status {
			t.Errorf("%s: %+v", c.what, got)
		}
	}
}

func TestPublicBucketsAreRestricted(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.put(c, "key", "text")
	block := func(restrict bool) {
		_, err := c.PutPublicAccessBlock(t.Context(), &sdk.PutPublicAccessBlockInput{
			Bucket: aws.String(name), PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
				RestrictPublicBuckets: &restrict,
			},
		})
		w.ok(err)
	}
	block(false)
	w.ok(w.policy(c, statement(map[string]string{"Principal": `"*"`})))
	for restrict, status := range map[bool]int{false: 200, true: 403} {
		block(restrict)
		for _, key := range []string{"THEIRS", ""} {
			if got := w.ask(key, "GET", "/the-bucket/key", "", nil); got.status != status {
				t.Errorf("restricted %v: %q gets %d", restrict, key, got.status)
			}
		}
		if got := w.ask("OURS", "GET", "/the-bucket/key", "", nil); got.status != http.StatusOK {
			t.Errorf("the owner gets %+v", got)
		}
	}
}

// Whoever is allowed to write the policy of a bucket, and is not its owner, still may not.
func TestOnlyTheOwnerWritesThePolicy(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.ok(w.policy(c, statement(map[string]string{"Action": `"s3:*"`, "Resource": `["arn:aws:s3:::the-bucket","arn:aws:s3:::the-bucket/*"]`})))
	w.refused("MethodNotAllowed", w.policy(w.as("THEIRS", home), tlsOnly))
}
