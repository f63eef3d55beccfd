package rollout_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/store"
)

// put carries one planned write over into settings, as S3 would give them back.
func put(t *testing.T, set *store.Settings, input any) {
	t.Helper()
	switch in := input.(type) {
	case *s3.CreateBucketInput:
	case *s3.PutPublicAccessBlockInput:
		set.PublicAccess = in.PublicAccessBlockConfiguration
	case *s3.PutBucketEncryptionInput:
		set.Encryption = &in.ServerSideEncryptionConfiguration.Rules[0]
	case *s3.PutBucketVersioningInput:
		set.Versioning = in.VersioningConfiguration.Status
	case *s3.PutBucketPolicyInput:
		p, err := store.ParsePolicy(*in.Policy)
		mustDo(t, err)
		set.Policy = p
	case *s3.PutBucketLifecycleConfigurationInput:
		set.Lifecycle = in.LifecycleConfiguration.Rules
	default:
		t.Fatalf("an unexpected write: %T", input)
	}
}
