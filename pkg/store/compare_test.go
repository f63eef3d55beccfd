package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/store"
)

// reasons plans for a bucket whose settings are right but for what change does, and returns the reasons.
func reasons(change func(*store.Settings)) string {
	set := right()
	change(&set)
	var all []string
	for _, c := range store.Plan(store.Seen{State: store.Ours, Settings: set}, ireland()) {
		all = append(all, c.Thing[:strings.Index(c.Thing, " of ")]+": "+c.Reason)
	}
	return strings.Join(all, "\n")
}

func TestOnlyWhatPlldbSetsIsCompared(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*store.Settings)
		want   string
	}{
		{"nothing else", func(*store.Settings) {}, ""},
		{"one block off", func(set *store.Settings) {
			set.PublicAccess.IgnorePublicAcls = aws.Bool(false)
		}, "public access block: off: IgnorePublicAcls"},
		{"a KMS key", func(set *store.Settings) {
			set.Encryption.ApplyServerSideEncryptionByDefault = &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String("arn:aws:kms:…"),
			}
		}, ""},
		{"two layers of KMS", func(set *store.Settings) {
			set.Encryption.ApplyServerSideEncryptionByDefault.SSEAlgorithm = types.ServerSideEncryptionAwsKmsDsse
		}, ""},
		{"SSE-C allowed by somebody", func(set *store.Settings) {
			set.Encryption.BlockedEncryptionTypes = &types.BlockedEncryptionTypes{
				EncryptionType: []types.EncryptionType{"NONE"},
			}
		}, ""},
		{"ACLs allowed", func(set *store.Settings) {
			set.Ownership = types.ObjectOwnershipObjectWriter
		}, "ownership controls: it is ObjectWriter"},
		{"versioning suspended", func(set *store.Settings) {
			set.Versioning = types.BucketVersioningStatusSuspended
		}, "versioning: it is Suspended"},
		{"versioning never turned on", func(set *store.Settings) {
			set.Versioning = ""
		}, "versioning: it is not set"},
	} {
		if got := reasons(c.change); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// statement is plldb's own, with one element written otherwise.
func statement(element, otherwise string) string {
	s := `{"Sid":"PLLDBTLSOnly","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":[` +
		`"arn:aws:s3:::plldb-core-infrastructure-eu-west-1-123456789012",` +
		`"arn:aws:s3:::plldb-core-infrastructure-eu-west-1-123456789012/*"],` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}`
	return strings.Replace(s, element, otherwise, 1)
}

// Trap 47: a policy comes back re-serialised. What means the same is the same, and nothing else.
func TestTrap47PoliciesAreComparedByMeaning(t *testing.T) {
	const changed, missing = "policy: statement PLLDBTLSOnly was changed", "policy: it lets requests in without TLS"
	for _, c := range []struct{ name, statements, want string }{
		{"as written", `[` + statement("", "") + `]`, ""},
		{"not in a list", statement("", ""), ""},
		{"a list of one action", `[` + statement(`"s3:*"`, `["s3:*"]`) + `]`, ""},
		{"an action in capitals", `[` + statement(`"s3:*"`, `"S3:*"`) + `]`, ""},
		{"the principal spelt out", `[` + statement(`"Principal":"*"`, `"Principal":{"AWS":"*"}`) + `]`, ""},
		{"a false without quotes", `[` + statement(`"false"`, `false`) + `]`, ""},
		{"a condition key in small letters", `[` + statement(`aws:SecureTransport`, `aws:securetransport`) + `]`, ""},
		{"between foreign ones", `[{"Sid":"A"},` + statement("", "") + `,{"Sid":"B"}]`, ""},
		{"allow", `[` + statement(`Deny`, `Allow`) + `]`, changed},
		{"one principal", `[` + statement(`"*"`, `{"AWS":"123456789012"}`) + `]`, changed},
		{"all but one action", `[` + statement(`"Action":"s3:*"`, `"NotAction":"s3:GetObject"`) + `]`, changed},
		{"an action less", `[` + statement(`"s3:*"`, `["s3:GetObject","s3:PutObject"]`) + `]`, changed},
		{"a resource more", `[` + statement(`"Resource":[`, `"Resource":["x",`) + `]`, changed},
		{"one more condition", `[` + statement(`"Bool":`, `"StringLike":{"aws:userid":"x"},"Bool":`) + `]`, changed},
		{"the condition turned round", `[` + statement(`"false"`, `"true"`) + `]`, changed},
		{"only foreign ones", `[{"Sid":"A"},{"Effect":"Deny"}]`, missing},
		{"an empty list", `[]`, missing},
	} {
		policy, err := store.ParsePolicy(`{"Version":"2012-10-17","Statement":` + c.statements + `}`)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := reasons(func(set *store.Settings) { set.Policy = policy }); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

// What is written back of somebody else's policy is theirs to the byte.
func TestForeignStatementsStay(t *testing.T) {
	theirs := `{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:root"},"Resource":"*",` +
		`"Action":["s3:GetObject","s3:GetObject"],"Condition":{"NumericLessThan":{"k":12345678901234567890}}}`
	policy, err := store.ParsePolicy(`{"Version":"2008-10-17","Id":"x","Statement":` + theirs + `}`)
	if err != nil {
		t.Fatal(err)
	}
	set := right()
	set.Policy = policy
	in := store.Plan(store.Seen{State: store.Ours, Settings: set}, ireland())[0].Input.(*s3.PutBucketPolicyInput)
	want := `{"Version":"2008-10-17","Id":"x","Statement":[` + theirs + `,` + statement("", "") + `]}`
	if *in.Policy != want {
		t.Errorf("got\n%s\nwant\n%s", *in.Policy, want)
	}
}

// Trap 27: a rule that would expire what a template may still name is never left, and never made.
func TestTrap27OnlyNoncurrentVersionsExpire(t *testing.T) {
	const other = "lifecycle: other than plldb sets it: "
	for _, c := range []struct {
		name   string
		change func(*types.LifecycleRule)
		want   string
	}{
		{"as set", func(*types.LifecycleRule) {}, ""},
		{"an empty expiration", func(r *types.LifecycleRule) { r.Expiration = &types.LifecycleExpiration{} }, ""},
		{"moved to cheaper storage when noncurrent", func(r *types.LifecycleRule) {
			r.NoncurrentVersionTransitions = []types.NoncurrentVersionTransition{{NoncurrentDays: aws.Int32(30)}}
		}, ""},
		{"by another name", func(r *types.LifecycleRule) { r.ID = nil }, "lifecycle: rule plldb-versions is not there"},
		{"off", func(r *types.LifecycleRule) { r.Status = types.ExpirationStatusDisabled }, other + "Status"},
		{"for everything", func(r *types.LifecycleRule) { r.Filter = &types.LifecycleRuleFilter{} }, other + "Filter"},
		{"for one tag", func(r *types.LifecycleRule) { r.Filter.Tag = &types.Tag{} }, other + "Filter"},
		{"without a filter", func(r *types.LifecycleRule) { r.Filter = nil }, other + "Filter"},
		{"sooner", func(r *types.LifecycleRule) {
			r.NoncurrentVersionExpiration.NoncurrentDays = aws.Int32(1)
		}, other + "NoncurrentDays"},
		{"keeping none", func(r *types.LifecycleRule) {
			r.NoncurrentVersionExpiration.NewerNoncurrentVersions = nil
		}, other + "NewerNoncurrentVersions"},
		{"without expiration", func(r *types.LifecycleRule) {
			r.NoncurrentVersionExpiration = nil
		}, other + "NoncurrentDays, NewerNoncurrentVersions"},
		{"without the end of uploads", func(r *types.LifecycleRule) {
			r.AbortIncompleteMultipartUpload = nil
		}, other + "DaysAfterInitiation"},
		{"expiring current versions", func(r *types.LifecycleRule) {
			r.Expiration = &types.LifecycleExpiration{Days: aws.Int32(1)}
		}, other + "Expiration"},
		{"expiring current versions on a day", func(r *types.LifecycleRule) {
			r.Expiration = &types.LifecycleExpiration{Date: &time.Time{}}
		}, other + "Expiration"},
		{"moving current versions", func(r *types.LifecycleRule) {
			r.Transitions = []types.Transition{{Days: aws.Int32(1)}}
		}, other + "Transitions"},
	} {
		set := right()
		c.change(&set.Lifecycle[0])
		if got := reasons(func(s *store.Settings) { *s = set }); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
		neverExpires(t, c.name, set)
	}
}

// neverExpires checks what would be set: nothing that touches a current version, and five noncurrent ones stay.
func neverExpires(t *testing.T, name string, set store.Settings) {
	t.Helper()
	for _, change := range store.Plan(store.Seen{State: store.Ours, Settings: set}, ireland()) {
		rules := change.Input.(*s3.PutBucketLifecycleConfigurationInput).LifecycleConfiguration.Rules
		ours := rules[len(rules)-1]
		if ours.Expiration != nil || ours.Transitions != nil || *ours.Filter.Prefix != "plldb/versions/" ||
			*ours.NoncurrentVersionExpiration.NewerNoncurrentVersions != 5 {
			t.Errorf("%s: would set %+v", name, ours)
		}
	}
}
