package account_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/report"
)

// Access denied names the action, and the resource where AWS does: IAM's own sentence holds both.
func TestAccessDeniedInAWSsWords(t *testing.T) {
	const who = "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: "
	for name, test := range map[string]struct{ message, want string }{
		"quoted, as S3 does": {
			who + `s3:PutBucketPolicy on resource: "arn:aws:s3:::b" because no identity-based policy allows it`,
			"not allowed: s3:PutBucketPolicy on arn:aws:s3:::b",
		},
		"unquoted, as CloudFormation does": {
			who + "cloudformation:DescribeStacks on resource: " +
				"arn:aws:cloudformation:eu-west-1:123456789012:stack/plldb/* because no",
			"not allowed: cloudformation:DescribeStacks on arn:aws:cloudformation:eu-west-1:123456789012:stack/plldb/*",
		},
		"another action than the one that was asked for": {
			who + "kms:GenerateDataKey on the resource associated with this ciphertext",
			"not allowed: kms:GenerateDataKey",
		},
		"not at all": {"Access Denied", "not allowed: s3:PutBucketPolicy (setting the policy of " + bucket + ")"},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, http.StatusForbidden, ofS3("AccessDenied", test.message))
			problem(t, putPolicy(t.Context(), s), report.ExitDenied, test.want+"\n", "ask whoever keeps the account")
		})
	}
}

// S3 says no more than "Access Denied" across accounts, and nothing at all to HEAD: the action follows from the operation.
// Not every action is called like its operation (service authorization reference, Amazon S3).
func TestAccessDeniedByOperation(t *testing.T) {
	name, key := bucket, "key"
	calls := map[string]func(context.Context, *s3.Client) error{
		"s3:CreateBucket": call((*s3.Client).CreateBucket, &s3.CreateBucketInput{Bucket: &name}),
		"s3:PutObject":    call((*s3.Client).PutObject, &s3.PutObjectInput{Bucket: &name, Key: &key}),
		"s3:ListBucket":   call((*s3.Client).HeadBucket, &s3.HeadBucketInput{Bucket: &name}),
		"s3:GetObjectVersion": call((*s3.Client).HeadObject,
			&s3.HeadObjectInput{Bucket: &name, Key: &key, VersionId: &key}),
		"s3:ListBucketVersions": call((*s3.Client).ListObjectVersions, &s3.ListObjectVersionsInput{Bucket: &name}),
		"s3:DeleteObjectVersion": call((*s3.Client).DeleteObjects, &s3.DeleteObjectsInput{
			Bucket: &name, Delete: &types.Delete{Objects: []types.ObjectIdentifier{{Key: &key, VersionId: &key}}},
		}),
		"s3:GetBucketPublicAccessBlock": call((*s3.Client).GetPublicAccessBlock, &s3.GetPublicAccessBlockInput{Bucket: &name}),
		"s3:PutBucketPublicAccessBlock": call((*s3.Client).PutPublicAccessBlock, &s3.PutPublicAccessBlockInput{
			Bucket: &name, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{},
		}),
		"s3:GetEncryptionConfiguration": call((*s3.Client).GetBucketEncryption, &s3.GetBucketEncryptionInput{Bucket: &name}),
		"s3:PutEncryptionConfiguration": call((*s3.Client).PutBucketEncryption, &s3.PutBucketEncryptionInput{
			Bucket:                            &name,
			ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: []types.ServerSideEncryptionRule{}},
		}),
		"s3:GetLifecycleConfiguration": call((*s3.Client).GetBucketLifecycleConfiguration,
			&s3.GetBucketLifecycleConfigurationInput{Bucket: &name}),
		"s3:PutLifecycleConfiguration": call((*s3.Client).PutBucketLifecycleConfiguration,
			&s3.PutBucketLifecycleConfigurationInput{Bucket: &name}),
		"s3:GetBucketOwnershipControls": call((*s3.Client).GetBucketOwnershipControls,
			&s3.GetBucketOwnershipControlsInput{Bucket: &name}),
		"s3:GetBucketVersioning": call((*s3.Client).GetBucketVersioning, &s3.GetBucketVersioningInput{Bucket: &name}),
	}
	for _, body := range []string{ofS3("AccessDenied", "Access Denied"), ""} {
		s := answering(t, http.StatusForbidden, body)
		for want, do := range calls {
			problem(t, do(t.Context(), s.S3()), report.ExitDenied, "not allowed: "+want+"\n")
		}
	}
}

// call makes a client's method and its input one function.
func call[In, Out any](
	op func(*s3.Client, context.Context, *In, ...func(*s3.Options)) (Out, error), in *In,
) func(context.Context, *s3.Client) error {
	return func(ctx context.Context, c *s3.Client) error {
		_, err := op(c, ctx, in)
		return err
	}
}

func TestAccessDeniedByCloudFormation(t *testing.T) {
	s := answering(t, http.StatusForbidden, refusal("AccessDenied", "no"))
	problem(t, describe(t.Context(), s), report.ExitDenied,
		"not allowed: cloudformation:DescribeStacks (looking at the stack plldb)")
	problem(t, whoAmINow(t.Context(), s), report.ExitDenied, "not allowed: sts:GetCallerIdentity")
}
