package store

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Policy is a bucket policy. Its parts stay as they were read, since all but one statement are somebody else's.
type Policy struct {
	Version    json.RawMessage
	ID         json.RawMessage
	Statements []json.RawMessage
}

// ParsePolicy reads what GetBucketPolicy returned; "" is no policy. A policy of one statement need not have a list.
func ParsePolicy(text string) (Policy, error) {
	if text == "" {
		return Policy{}, nil
	}
	var doc struct {
		Version   json.RawMessage
		ID        json.RawMessage `json:"Id"`
		Statement json.RawMessage
	}
	if err := json.Unmarshal([]byte(text), &doc); err != nil {
		return Policy{}, fmt.Errorf("parsing it: %w", err)
	}
	p := Policy{Version: doc.Version, ID: doc.ID}
	if json.Unmarshal(doc.Statement, &p.Statements) != nil {
		p.Statements = []json.RawMessage{doc.Statement}
	}
	return p, nil
}

// String is the policy as PutBucketPolicy takes it.
func (p Policy) String() string {
	fields := []string{`"Version":"2012-10-17"`}
	if p.Version != nil {
		fields[0] = `"Version":` + string(p.Version)
	}
	if p.ID != nil {
		fields = append(fields, `"Id":`+string(p.ID))
	}
	statements := make([]string, len(p.Statements))
	for i, s := range p.Statements {
		statements[i] = string(s)
	}
	fields = append(fields, `"Statement":[`+strings.Join(statements, ",")+`]`)
	return "{" + strings.Join(fields, ",") + "}"
}

// tlsOnlySid marks the statement that is plldb's. IAM allows letters and digits only.
const tlsOnlySid = "PLLDBTLSOnly"

// tlsOnly refuses every request that did not come over TLS, whoever sends it.
func tlsOnly(b Bucket) json.RawMessage {
	return fmt.Appendf(nil, `{"Sid":%q,"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":[%q,%q],`+
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`, tlsOnlySid, b.arn(), b.arn()+"/*")
}

// policy puts plldb's statement where one of its Sid stands, or at the end.
func policy(set Settings, b Bucket) []Change {
	want, reason := tlsOnly(b), ""
	p := set.Policy
	p.Statements = slices.Clone(p.Statements)
	i := slices.IndexFunc(p.Statements, func(s json.RawMessage) bool { return sid(s) == tlsOnlySid })
	switch {
	case i < 0:
		reason, p.Statements = "it lets requests in without TLS", append(p.Statements, want)
	case !sameStatement(p.Statements[i], want):
		reason, p.Statements[i] = "statement "+tlsOnlySid+" was changed", want
	}
	text := p.String()
	in := &s3.PutBucketPolicyInput{Bucket: &b.Name, ExpectedBucketOwner: &b.Account, Policy: &text}
	return change("policy of "+b.Name, reason, in, (*s3.Client).PutBucketPolicy)
}

func sid(statement json.RawMessage) string {
	var s struct{ Sid string }
	if json.Unmarshal(statement, &s) != nil {
		return ""
	}
	return s.Sid
}

// sameStatement compares what two statements mean, since S3 gives a policy back re-serialised (trap 47): one word or a
// list of one, any order in a list, "*" or {"AWS": "*"} as the principal, false or "false".
func sameStatement(a, b json.RawMessage) bool {
	return reflect.DeepEqual(meaning(a), meaning(b))
}

func meaning(statement json.RawMessage) map[string]any {
	var elements map[string]any
	if json.Unmarshal(statement, &elements) != nil {
		return nil
	}
	if elements["Principal"] == "*" {
		elements["Principal"] = map[string]any{"AWS": "*"}
	}
	plain, _ := plainly(elements).(map[string]any)
	return plain
}

// plainly writes every leaf as a sorted list of words, and words and keys without case: IAM reads actions and condition
// keys so, and ARNs of buckets have no capitals.
func plainly(v any) any {
	switch v := v.(type) {
	case map[string]any:
		plain := map[string]any{}
		for key, value := range v {
			plain[strings.ToLower(key)] = plainly(value)
		}
		return plain
	case []any:
		words := make([]string, len(v))
		for i, word := range v {
			words[i] = strings.ToLower(fmt.Sprint(word))
		}
		slices.Sort(words)
		return slices.Compact(words)
	}
	return []string{strings.ToLower(fmt.Sprint(v))}
}
