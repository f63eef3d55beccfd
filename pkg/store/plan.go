package store

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// Change is one write to the bucket.
type Change struct {
	Thing     string // what is written: "versioning of plldb-…"
	Reason    string // what was found instead
	Input     any    // the whole request, one of the SDK's inputs: *s3.PutBucketVersioningInput, …
	LookAgain bool   // nothing could be read: after this one look again, and go on with what that asks for

	send func(context.Context, *s3.Client) error
}

// operation is a method of the client, as a function.
type operation[In, Out any] func(*s3.Client, context.Context, *In, ...func(*s3.Options)) (*Out, error)

// change makes a Change; no reason, no change.
func change[In, Out any](thing, reason string, in *In, op operation[In, Out]) []Change {
	if reason == "" {
		return nil
	}
	return []Change{{Thing: thing, Reason: reason, Input: in, send: func(ctx context.Context, c *s3.Client) error {
		_, err := op(c, ctx, in)
		return err
	}}}
}

// Plan returns what must be written so that the bucket is as it should be, in the order in which it is written: first
// what keeps others out (trap 42). It is empty when all is right, and a bucket that was left half-made is finished by
// the next run (trap 43). Only what plldb sets is compared; the rest stays as it is.
func Plan(seen Seen, b Bucket) []Change {
	var changes []Change
	set := seen.Settings
	switch seen.State {
	case Unknown:
		changes = createBucket(b, "it refuses every read: creating it tells whose it is")
		changes[0].LookAgain = true
		return changes
	case Absent:
		changes = createBucket(b, "it does not exist")
		set = Settings{Ownership: types.ObjectOwnershipBucketOwnerEnforced} // which CreateBucket asks for
	case Ours:
	}
	return slices.Concat(changes, publicAccess(set, b), encryption(set, b), ownership(set, b),
		versioning(set, b), policy(set, b), lifecycle(set, b))
}

// createBucket asks for the owner-enforced setting at once. us-east-1 is not a location constraint (trap 2).
func createBucket(b Bucket, reason string) []Change {
	in := &s3.CreateBucketInput{Bucket: &b.Name, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}
	if b.Region != "us-east-1" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{
			LocationConstraint: types.BucketLocationConstraint(b.Region),
		}
	}
	return change("bucket "+b.Name, reason, in, (*s3.Client).CreateBucket)
}

func publicAccess(set Settings, b Bucket) []Change {
	in := &s3.PutPublicAccessBlockInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Account,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls:       aws.Bool(true),
			BlockPublicPolicy:     aws.Bool(true),
			IgnorePublicAcls:      aws.Bool(true),
			RestrictPublicBuckets: aws.Bool(true),
		},
	}
	return change("public access block of "+b.Name, openDoors(set.PublicAccess), in, (*s3.Client).PutPublicAccessBlock)
}

// openDoors names the blocks that are off, or returns "".
func openDoors(block *types.PublicAccessBlockConfiguration) string {
	if block == nil {
		return "it is not set"
	}
	var off []string
	for _, one := range []struct {
		name string
		on   *bool
	}{
		{"BlockPublicAcls", block.BlockPublicAcls},
		{"BlockPublicPolicy", block.BlockPublicPolicy},
		{"IgnorePublicAcls", block.IgnorePublicAcls},
		{"RestrictPublicBuckets", block.RestrictPublicBuckets},
	} {
		if !aws.ToBool(one.on) {
			off = append(off, one.name)
		}
	}
	if off == nil {
		return ""
	}
	return "off: " + strings.Join(off, ", ")
}

// encryption sets AES256 where no algorithm is set, and nowhere else: AES256 is the weakest that S3 has, so whatever is
// there (aws:kms, aws:kms:dsse) stays. Since April 2026 a new bucket refuses objects under keys that the sender brings
// (SSE-C). That writing the algorithm leaves this as it is, is unverified, so it is written too.
func encryption(set Settings, b Bucket) []Change {
	rule := types.ServerSideEncryptionRule{}
	if set.Encryption != nil {
		rule = *set.Encryption
	}
	if rule.ApplyServerSideEncryptionByDefault != nil && rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm != "" {
		return nil
	}
	rule.ApplyServerSideEncryptionByDefault = &types.ServerSideEncryptionByDefault{
		SSEAlgorithm: types.ServerSideEncryptionAes256,
	}
	if rule.BlockedEncryptionTypes == nil {
		rule.BlockedEncryptionTypes = &types.BlockedEncryptionTypes{
			EncryptionType: []types.EncryptionType{types.EncryptionTypeSseC},
		}
	}
	in := &s3.PutBucketEncryptionInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Account,
		ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{rule},
		},
	}
	return change("encryption of "+b.Name, "it is not set", in, (*s3.Client).PutBucketEncryption)
}

func ownership(set Settings, b Bucket) []Change {
	in := &s3.PutBucketOwnershipControlsInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Account,
		OwnershipControls: &types.OwnershipControls{
			Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}},
		},
	}
	reason := found(string(set.Ownership), string(types.ObjectOwnershipBucketOwnerEnforced))
	return change("ownership controls of "+b.Name, reason, in, (*s3.Client).PutBucketOwnershipControls)
}

func versioning(set Settings, b Bucket) []Change {
	in := &s3.PutBucketVersioningInput{
		Bucket: &b.Name, ExpectedBucketOwner: &b.Account,
		VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled},
	}
	reason := found(string(set.Versioning), string(types.BucketVersioningStatusEnabled))
	return change("versioning of "+b.Name, reason, in, (*s3.Client).PutBucketVersioning)
}

// found says what was found where want should be, or returns "".
func found(got, want string) string {
	switch got {
	case want:
		return ""
	case "":
		return "it is not set"
	}
	return "it is " + got
}
