package rollout_test

import (
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/plldb/plldb/pkg/fakeaws"
)

const accountID = "123456789012"

// cloud is an account with one bucket and one stack that obey at once. It keeps what it is told, so that what a run wrote
// can be read back and the next run sees it.
type cloud struct {
	*fakeaws.Cloud

	mu       sync.Mutex
	bucket   bool
	settings map[string]any // the last input of each Put…, by operation
	versions []version      // oldest first
	stack    *stackState
}

type version struct {
	key, id, sha256 string
	body            []byte
}

type stackState struct {
	status, template string
	tags             []cfn.Tag
	outputs          []cfn.Output
	pending          string // template of the change set
}

func newCloud() *cloud {
	c := &cloud{Cloud: fakeaws.New(nil), settings: map[string]any{}}
	c.On("STS.GetCallerIdentity", fakeaws.Always(&sts.GetCallerIdentityOutput{
		Account: aws.String(accountID), Arn: aws.String("arn:aws:iam::" + accountID + ":user/ann"),
	}))
	c.bucketSide()
	c.stackSide()
	return c
}

// locked makes an answer out of a function that may touch the cloud's state.
func (c *cloud) locked(f func(in any) (any, error)) fakeaws.Answer {
	return func(_ context.Context, in any) (any, error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		return f(in)
	}
}

// inBucket answers NoSuchBucket while there is none.
func (c *cloud) inBucket(f func(in any) (any, error)) fakeaws.Answer {
	return c.locked(func(in any) (any, error) {
		if !c.bucket {
			return nil, fakeaws.Error("NoSuchBucket", "The specified bucket does not exist")
		}
		return f(in)
	})
}

// setting answers a pair of Get and Put: what was put is what is got.
func (c *cloud) setting(get, put, none string, answer func(in any) any, done any) {
	c.On("S3."+put, c.inBucket(func(in any) (any, error) { c.settings[put] = in; return done, nil }))
	c.On("S3."+get, c.inBucket(func(any) (any, error) {
		in, ok := c.settings[put]
		if !ok && none != "" {
			return nil, fakeaws.Error(none, "not set")
		}
		return answer(in), nil
	}))
}

func (c *cloud) bucketSide() {
	c.On("S3.CreateBucket", c.locked(func(in any) (any, error) {
		c.bucket = true
		return &s3.CreateBucketOutput{}, nil
	}))
	c.setting("GetPublicAccessBlock", "PutPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration", func(in any) any {
		return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: in.(*s3.PutPublicAccessBlockInput).PublicAccessBlockConfiguration}
	}, &s3.PutPublicAccessBlockOutput{})
	c.setting("GetBucketEncryption", "PutBucketEncryption", "ServerSideEncryptionConfigurationNotFoundError", func(in any) any {
		return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: in.(*s3.PutBucketEncryptionInput).ServerSideEncryptionConfiguration}
	}, &s3.PutBucketEncryptionOutput{})
	c.setting("GetBucketVersioning", "PutBucketVersioning", "", func(in any) any {
		if in == nil {
			return &s3.GetBucketVersioningOutput{}
		}
		return &s3.GetBucketVersioningOutput{Status: in.(*s3.PutBucketVersioningInput).VersioningConfiguration.Status}
	}, &s3.PutBucketVersioningOutput{})
	c.setting("GetBucketPolicy", "PutBucketPolicy", "NoSuchBucketPolicy", func(in any) any {
		return &s3.GetBucketPolicyOutput{Policy: in.(*s3.PutBucketPolicyInput).Policy}
	}, &s3.PutBucketPolicyOutput{})
	c.setting("GetBucketLifecycleConfiguration", "PutBucketLifecycleConfiguration", "NoSuchLifecycleConfiguration", func(in any) any {
		return &s3.GetBucketLifecycleConfigurationOutput{Rules: in.(*s3.PutBucketLifecycleConfigurationInput).LifecycleConfiguration.Rules}
	}, &s3.PutBucketLifecycleConfigurationOutput{})
	c.On("S3.GetBucketOwnershipControls", c.inBucket(func(any) (any, error) {
		return &s3.GetBucketOwnershipControlsOutput{OwnershipControls: &s3types.OwnershipControls{
			Rules: []s3types.OwnershipControlsRule{{ObjectOwnership: s3types.ObjectOwnershipBucketOwnerEnforced}},
		}}, nil
	}))
	c.On("S3.ListObjectVersions", c.inBucket(c.list))
	c.On("S3.PutObject", c.inBucket(c.put))
	c.On("S3.HeadObject", c.inBucket(c.head))
	c.On("S3.HeadBucket", c.locked(func(any) (any, error) {
		if !c.bucket {
			return nil, fakeaws.Error("NotFound", "")
		}
		return &s3.HeadBucketOutput{}, nil
	}))
	c.On("S3.DeleteObjects", c.inBucket(func(in any) (any, error) {
		for _, o := range in.(*s3.DeleteObjectsInput).Delete.Objects {
			c.versions = slices.DeleteFunc(c.versions, func(v version) bool { return v.key == *o.Key && v.id == *o.VersionId })
		}
		return &s3.DeleteObjectsOutput{}, nil
	}))
	c.On("S3.DeleteBucket", c.inBucket(func(any) (any, error) {
		if len(c.versions) > 0 {
			return nil, fakeaws.Error("BucketNotEmpty", "")
		}
		c.bucket, c.settings = false, map[string]any{}
		return &s3.DeleteBucketOutput{}, nil
	}))
}

func (c *cloud) put(in any) (any, error) {
	put := in.(*s3.PutObjectInput)
	body, err := io.ReadAll(put.Body)
	if err != nil {
		return nil, err
	}
	v := version{key: *put.Key, id: fmt.Sprintf("v%d", len(c.versions)+1), sha256: *put.ChecksumSHA256, body: body}
	c.versions = append(c.versions, v)
	return &s3.PutObjectOutput{VersionId: &v.id, ChecksumSHA256: &v.sha256}, nil
}

func (c *cloud) head(in any) (any, error) {
	head := in.(*s3.HeadObjectInput)
	for _, v := range c.versions {
		if v.key == *head.Key && v.id == *head.VersionId {
			return &s3.HeadObjectOutput{ChecksumSHA256: &v.sha256, VersionId: &v.id, ContentLength: aws.Int64(int64(len(v.body)))}, nil
		}
	}
	return nil, fakeaws.Error("NotFound", "")
}

func (c *cloud) list(in any) (any, error) {
	prefix := aws.ToString(in.(*s3.ListObjectVersionsInput).Prefix)
	out, seen := &s3.ListObjectVersionsOutput{}, map[string]bool{}
	for _, v := range slices.Backward(c.versions) {
		if strings.HasPrefix(v.key, prefix) {
			out.Versions = append(out.Versions, s3types.ObjectVersion{
				Key: &v.key, VersionId: &v.id, IsLatest: aws.Bool(!seen[v.key]), Size: aws.Int64(int64(len(v.body))),
				ETag: aws.String(fmt.Sprintf("%q", fmt.Sprintf("%x", md5.Sum(v.body)))),
			})
			seen[v.key] = true
		}
	}
	return out, nil
}

func (c *cloud) stackSide() {
	c.On("CloudFormation.DescribeStacks", c.inStack(func(any) (any, error) {
		return &cloudformation.DescribeStacksOutput{Stacks: []cfn.Stack{{
			StackName: aws.String("plldb"), StackId: aws.String(stackID), StackStatus: cfn.StackStatus(c.stack.status),
			Tags: c.stack.tags, Outputs: c.stack.outputs,
		}}}, nil
	}))
	c.On("CloudFormation.GetTemplate", c.inStack(func(any) (any, error) {
		return &cloudformation.GetTemplateOutput{TemplateBody: &c.stack.template}, nil
	}))
	c.On("CloudFormation.CreateChangeSet", c.locked(c.createChangeSet))
	c.On("CloudFormation.DescribeChangeSet", c.inStack(func(any) (any, error) {
		return &cloudformation.DescribeChangeSetOutput{
			Status: cfn.ChangeSetStatusCreateComplete, ExecutionStatus: cfn.ExecutionStatusAvailable, StackId: aws.String(stackID),
		}, nil
	}))
	c.On("CloudFormation.ExecuteChangeSet", c.inStack(func(any) (any, error) {
		next := map[bool]string{true: "CREATE_COMPLETE", false: "UPDATE_COMPLETE"}[c.stack.status == "REVIEW_IN_PROGRESS"]
		c.stack.status, c.stack.template = next, c.stack.pending
		return &cloudformation.ExecuteChangeSetOutput{}, nil
	}))
	c.On("CloudFormation.DescribeStackEvents", c.locked(func(any) (any, error) {
		return &cloudformation.DescribeStackEventsOutput{}, nil
	}))
	c.On("CloudFormation.DeleteStack", c.inStack(func(any) (any, error) {
		c.stack = nil
		return &cloudformation.DeleteStackOutput{}, nil
	}))
}

const stackID = "arn:aws:cloudformation:eu-west-1:" + accountID + ":stack/plldb/1"

func (c *cloud) inStack(f func(in any) (any, error)) fakeaws.Answer {
	return c.locked(func(in any) (any, error) {
		if c.stack == nil {
			return nil, fakeaws.Error("ValidationError", "Stack with id plldb does not exist")
		}
		return f(in)
	})
}

// createChangeSet reads the template where the URL says, as CloudFormation does: key and version.
func (c *cloud) createChangeSet(in any) (any, error) {
	create := in.(*cloudformation.CreateChangeSetInput)
	at, err := url.Parse(aws.ToString(create.TemplateURL))
	if err != nil {
		return nil, err
	}
	for _, v := range c.versions {
		if strings.HasSuffix(at.Path, "/"+v.key) && at.Query().Get("versionId") == v.id {
			if c.stack == nil {
				c.stack = &stackState{status: "REVIEW_IN_PROGRESS"}
			}
			c.stack.pending, c.stack.tags = string(v.body), create.Tags
			return &cloudformation.CreateChangeSetOutput{Id: aws.String("arn:set"), StackId: aws.String(stackID)}, nil
		}
	}
	return nil, fakeaws.Error("ValidationError", "S3 error: The specified key does not exist.")
}

// writes returns the operations so far that change something.
func (c *cloud) writes() []string {
	return slices.DeleteFunc(c.Operations(), func(name string) bool {
		_, op, _ := strings.Cut(name, ".")
		return strings.HasPrefix(op, "Get") || strings.HasPrefix(op, "Describe") || strings.HasPrefix(op, "List") || strings.HasPrefix(op, "Head")
	})
}

// still is a clock on which every wait is over at once.
type still struct{}

func (still) Now() time.Time { return time.Unix(0, 0) }

func (still) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
