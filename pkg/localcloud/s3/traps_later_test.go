package s3_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func TestTrap46WhoseABucketIs(t *testing.T) {
	w := newWorld(t)
	create := func(key, region string) error {
		in := &sdk.CreateBucketInput{Bucket: aws.String(name)}
		if region != "us-east-1" {
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
				LocationConstraint: types.BucketLocationConstraint(region),
			}
		}
		_, err := w.as(key, region).CreateBucket(t.Context(), in)
		return err
	}
	w.ok(create("OURS", home))
	w.refused("BucketAlreadyOwnedByYou", create("OURS", home))
	w.refused("BucketAlreadyExists", create("THEIRS", home))
	w.refused("BucketAlreadyExists", create("THEIRS", "us-east-1"))
	_, err := w.client().DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String(name)})
	w.ok(err)
	w.ok(create("OURS", "us-east-1"))
	w.ok(create("OURS", "us-east-1"))
	w.refused("BucketAlreadyExists", create("THEIRS", "us-east-1"))

	got := w.ask("THEIRS", "HEAD", "/the-bucket", "", nil)
	if got.status != http.StatusBadRequest || got.body != "" || got.header.Get("x-amz-bucket-region") != "us-east-1" {
		t.Errorf("HEAD from another region: %+v", got)
	}
}

// A bucket that is there keeps its settings when us-east-1 answers that it was made.
func TestTrap46MadeTwiceKeepsItsSettings(t *testing.T) {
	w := newWorld(t)
	c := w.as("OURS", "us-east-1")
	for range 2 {
		_, err := c.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String(name)})
		w.ok(err)
		out, err := c.GetBucketVersioning(t.Context(), &sdk.GetBucketVersioningInput{Bucket: aws.String(name)})
		w.ok(err)
		if out.Status == types.BucketVersioningStatusEnabled {
			return
		}
		w.version(c, types.BucketVersioningStatusEnabled)
	}
	t.Fatal("the second CreateBucket took versioning away")
}

func TestTrap47SettingsThatAreNotThere(t *testing.T) {
	w := newWorld(t)
	w.bucket(w.client(), name)
	for sub, code := range map[string]string{
		"publicAccessBlock": "NoSuchPublicAccessBlockConfiguration",
		"ownershipControls": "OwnershipControlsNotFoundError",
		"policy":            "NoSuchBucketPolicy",
		"lifecycle":         "NoSuchLifecycleConfiguration",
		"tagging":           "NoSuchTagSet",
	} {
		for range 2 { // deleting what is not there succeeds
			if got := w.ask("OURS", "DELETE", "/the-bucket?"+sub, "", nil); got.status != http.StatusNoContent {
				t.Errorf("%s: %+v", sub, got)
			}
		}
		if got := w.ask("OURS", "GET", "/the-bucket?"+sub, "", nil); got.status != http.StatusNotFound || got.code() != code {
			t.Errorf("%s: %+v", sub, got)
		}
	}
}

// A bucket is never without encryption: DeleteBucketEncryption sets it back.
func TestTrap47EncryptionIsAlwaysThere(t *testing.T) {
	w := newWorld(t)
	c := w.client()
	w.bucket(c, name)
	algorithm := func() string {
		out, err := c.GetBucketEncryption(t.Context(), &sdk.GetBucketEncryptionInput{Bucket: aws.String(name)})
		w.ok(err)
		return string(out.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	}
	w.encrypt(c, types.ServerSideEncryptionAwsKms)
	if got := algorithm(); got != "aws:kms" {
		t.Errorf("set: %s", got)
	}
	_, err := c.DeleteBucketEncryption(t.Context(), &sdk.DeleteBucketEncryptionInput{Bucket: aws.String(name)})
	w.ok(err)
	if got := algorithm(); got != "AES256" {
		t.Errorf("deleted: %s", got)
	}
}

func (w *world) encrypt(c *sdk.Client, algorithm types.ServerSideEncryption) {
	w.t.Helper()
	_, err := c.PutBucketEncryption(w.t.Context(), &sdk.PutBucketEncryptionInput{
		Bucket: aws.String(name),
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{
				ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: algorithm},
			}},
		},
	})
	w.ok(err)
}

func TestTrap57ChecksumsUnderKMS(t *testing.T) {
	w := newWorld(t)
	c := w.versioned()
	w.encrypt(c, types.ServerSideEncryptionAwsKms)
	_, err := c.PutObject(t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String(name), Key: aws.String("key"), Body: strings.NewReader("hello"),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	})
	w.ok(err)
	out, err := c.HeadObject(t.Context(), &sdk.HeadObjectInput{
		Bucket: aws.String(name), Key: aws.String("key"), ChecksumMode: types.ChecksumModeEnabled,
	})
	w.ok(err)
	const sum = "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ="
	if aws.ToString(out.ChecksumSHA256) != sum || out.ChecksumType != types.ChecksumTypeFullObject ||
		out.ServerSideEncryption != types.ServerSideEncryptionAwsKms || !strings.Contains(aws.ToString(out.SSEKMSKeyId), ":kms:") {
		t.Errorf("%+v", out)
	}
	if aws.ToString(out.ETag) == `"5d41402abc4b2a76b9719d911017c592"` {
		t.Error("under KMS the ETag is no MD5")
	}
	if listed := w.ask("OURS", "GET", "/the-bucket?versions", "", nil).body; strings.Contains(listed, sum) ||
		!strings.Contains(listed, "<ChecksumAlgorithm>SHA256</ChecksumAlgorithm>") {
		t.Errorf("a listing names the algorithm, not the value: %s", listed)
	}
}

func TestTrap66MissingBucketAndMissingKeyLookAlike(t *testing.T) {
	w := newWorld(t)
	w.bucket(w.client(), name)
	key, bucket := w.ask("OURS", "HEAD", "/the-bucket/key", "", nil), w.ask("OURS", "HEAD", "/no-bucket/key", "", nil)
	if key.status != http.StatusNotFound || bucket.status != http.StatusNotFound || key.body+bucket.body != "" {
		t.Errorf("%+v %+v", key, bucket)
	}
	for path, code := range map[string]string{"/the-bucket/key": "NoSuchKey", "/no-bucket/key": "NoSuchBucket"} {
		if got := w.ask("OURS", "GET", path, "", nil); got.code() != code {
			t.Errorf("GET %s: %+v", path, got)
		}
	}
}
