package store_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/store"
)

var update = flag.Bool("update", false, "write the golden files")

// right is a bucket in which all is as plldb sets it, written as S3 gives it back.
func right() store.Settings {
	policy, err := store.ParsePolicy(`{"Version":"2012-10-17","Statement":[{"Sid":"PLLDBTLSOnly","Effect":"Deny",
		"Principal":{"AWS":"*"},"Action":["s3:*"],"Resource":[
		"arn:aws:s3:::plldb-core-infrastructure-eu-west-1-123456789012/*",
		"arn:aws:s3:::plldb-core-infrastructure-eu-west-1-123456789012"],
		"Condition":{"Bool":{"aws:SecureTransport":["false"]}}}]}`)
	if err != nil {
		panic(err)
	}
	return store.Settings{
		PublicAccess: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: aws.Bool(true), BlockPublicPolicy: aws.Bool(true),
			IgnorePublicAcls: aws.Bool(true), RestrictPublicBuckets: aws.Bool(true),
		},
		Encryption: &types.ServerSideEncryptionRule{
			BucketKeyEnabled: aws.Bool(false),
			ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
				SSEAlgorithm: types.ServerSideEncryptionAes256,
			},
		},
		Ownership:   types.ObjectOwnershipBucketOwnerEnforced,
		Versioning:  types.BucketVersioningStatusEnabled,
		Policy:      policy,
		Lifecycle:   []types.LifecycleRule{rightRule()},
		MinimumSize: types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k,
	}
}

func rightRule() types.LifecycleRule {
	return types.LifecycleRule{
		ID:     aws.String("plldb-versions"),
		Status: types.ExpirationStatusEnabled,
		Filter: &types.LifecycleRuleFilter{Prefix: aws.String("plldb/versions/")},
		NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{
			NoncurrentDays: aws.Int32(90), NewerNoncurrentVersions: aws.Int32(5),
		},
		AbortIncompleteMultipartUpload: &types.AbortIncompleteMultipartUpload{DaysAfterInitiation: aws.Int32(7)},
	}
}

// wrong is a bucket that somebody set otherwise, with things in it that are theirs.
func wrong() store.Settings {
	set := right()
	set.PublicAccess.RestrictPublicBuckets = aws.Bool(false)
	set.PublicAccess.BlockPublicAcls = nil
	set.Encryption = &types.ServerSideEncryptionRule{
		BlockedEncryptionTypes: &types.BlockedEncryptionTypes{EncryptionType: []types.EncryptionType{"NONE"}},
	}
	set.Ownership = types.ObjectOwnershipBucketOwnerPreferred
	set.Versioning = types.BucketVersioningStatusSuspended
	set.Policy, _ = store.ParsePolicy(`{"Version":"2008-10-17","Id":"theirs","Statement":[
		{"Sid":"PLLDBTLSOnly","Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"},
		{"Sid":"Theirs","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"s3:ListBucket",
		"Resource":"arn:aws:s3:::plldb-core-infrastructure-eu-west-1-123456789012"}]}`)
	set.MinimumSize = types.TransitionDefaultMinimumObjectSizeVariesByStorageClass
	ours := rightRule()
	ours.NoncurrentVersionExpiration.NewerNoncurrentVersions = nil
	ours.Expiration = &types.LifecycleExpiration{Days: aws.Int32(30)}
	theirs := types.LifecycleRule{
		ID: aws.String("theirs"), Status: types.ExpirationStatusDisabled,
		//lint:ignore SA1019 the form of a rule that somebody made long ago
		Prefix:     aws.String("logs/"),
		Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)},
	}
	set.Lifecycle = []types.LifecycleRule{theirs, ours}
	return set
}

func TestPlanGolden(t *testing.T) {
	virginia, beijing := bucketIn("us-east-1", "aws"), bucketIn("cn-north-1", "aws-cn")
	kms := right()
	kms.Encryption.ApplyServerSideEncryptionByDefault.SSEAlgorithm = types.ServerSideEncryptionAwsKms
	var all bytes.Buffer
	for _, c := range []struct {
		name string
		seen store.Seen
		b    store.Bucket
	}{
		{"all is right", store.Seen{State: store.Ours, Settings: right()}, ireland()},
		{"all is right, under a KMS key", store.Seen{State: store.Ours, Settings: kms}, ireland()},
		{"nothing could be read", store.Seen{State: store.Unknown}, ireland()},
		{"no bucket", store.Seen{State: store.Absent}, ireland()},
		{"no bucket, in us-east-1", store.Seen{State: store.Absent}, virginia},
		{"no bucket, in China", store.Seen{State: store.Absent}, beijing},
		{"a bucket with nothing set", store.Seen{State: store.Ours}, ireland()},
		{"a bucket that somebody set otherwise", store.Seen{State: store.Ours, Settings: wrong()}, ireland()},
	} {
		fmt.Fprintf(&all, "# %s\n\n", c.name)
		for _, change := range store.Plan(c.seen, c.b) {
			fmt.Fprintf(&all, "%s: %s\n%s\n\n", change.Thing, change.Reason, request(t, change))
		}
	}
	golden(t, "plan.golden", all.Bytes())
}

// request is a change's input without the fields that are not set.
func request(t *testing.T, c store.Change) string {
	t.Helper()
	raw, err := json.Marshal(c.Input)
	if err != nil {
		t.Fatal(err)
	}
	var fields any
	if err := json.Unmarshal(raw, &fields); err != nil {
		t.Fatal(err)
	}
	text, err := json.MarshalIndent(set(fields), "    ", "  ")
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSuffix(reflect.TypeOf(c.Input).Elem().Name(), "Input")
	if c.LookAgain {
		name += ", then look again"
	}
	return "  " + name + "\n    " + string(text)
}

func set(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if value == nil || value == "" {
				delete(v, key)
				continue
			}
			v[key] = set(value)
		}
	case []any:
		for i := range v {
			v[i] = set(v[i])
		}
	}
	return v
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run with -update and read the difference. Got:\n%s", path, got)
	}
}

// Trap 2: us-east-1 carries no location constraint, every other region does.
func TestTrap02LocationConstraint(t *testing.T) {
	for region, want := range map[string]types.BucketLocationConstraint{
		"us-east-1": "", "us-east-2": "us-east-2", "eu-west-1": "eu-west-1", "us-gov-west-1": "us-gov-west-1",
	} {
		in := store.Plan(store.Seen{}, bucketIn(region, "aws"))[0].Input.(*s3.CreateBucketInput)
		var got types.BucketLocationConstraint
		if in.CreateBucketConfiguration != nil {
			got = in.CreateBucketConfiguration.LocationConstraint
		}
		if got != want || (want == "") != (in.CreateBucketConfiguration == nil) {
			t.Errorf("%s: constraint %q", region, got)
		}
	}
}

// Trap 42: what keeps others out is written first. A new bucket is owner-enforced from its first moment on, and since
// such a bucket refuses every ACL, none is asked for.
func TestTrap42Order(t *testing.T) {
	create := store.Plan(store.Seen{}, ireland())[0].Input.(*s3.CreateBucketInput)
	if create.ObjectOwnership != types.ObjectOwnershipBucketOwnerEnforced || create.ACL != "" {
		t.Errorf("ownership %q, ACL %q", create.ObjectOwnership, create.ACL)
	}
	var got []string
	for _, c := range store.Plan(store.Seen{State: store.Ours}, ireland()) {
		got = append(got, strings.TrimSuffix(reflect.TypeOf(c.Input).Elem().Name(), "Input"))
	}
	want := []string{
		"PutPublicAccessBlock", "PutBucketEncryption", "PutBucketOwnershipControls", "PutBucketVersioning",
		"PutBucketPolicy", "PutBucketLifecycleConfiguration",
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A plan changes nothing of what was seen: it may be made twice.
func TestPlanIsPure(t *testing.T) {
	seen := store.Seen{State: store.Ours, Settings: wrong()}
	first := store.Plan(seen, ireland())
	if !reflect.DeepEqual(seen.Settings, wrong()) {
		t.Error("what was seen has changed")
	}
	for i, c := range store.Plan(seen, ireland()) {
		if !reflect.DeepEqual(c.Input, first[i].Input) || c.Reason != first[i].Reason {
			t.Errorf("another plan for %s", c.Thing)
		}
	}
}
