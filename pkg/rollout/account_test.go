package rollout_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/stack"
)

// What the tests put into the account, and read back from it, by clients of their own.

func (c *cloud) s3(key string) *s3.Client {
	return s3.NewFromConfig(c.as(key), func(o *s3.Options) { o.UsePathStyle = true })
}

func (c *cloud) formation() *cfn.Client {
	return cfn.NewFromConfig(c.as(testsKey))
}

var stackName = aws.String("plldb")

// stack is the stack plldb, nil if there is none.
func (c *cloud) stack(t *testing.T) *cfntypes.Stack {
	t.Helper()
	out, err := c.formation().DescribeStacks(t.Context(), &cfn.DescribeStacksInput{StackName: stackName})
	if e, ok := errors.AsType[smithy.APIError](err); ok && strings.Contains(e.ErrorMessage(), "does not exist") {
		return nil
	}
	return &must(t, out, err).Stacks[0]
}

// status is the stack's, "" if there is none.
func (c *cloud) status(t *testing.T) string {
	t.Helper()
	if st := c.stack(t); st != nil {
		return string(st.StackStatus)
	}
	return ""
}

// rests waits until nothing goes on with the stack.
func (c *cloud) rests(t *testing.T) {
	t.Helper()
	for {
		status := c.status(t)
		if !strings.HasSuffix(status, "_IN_PROGRESS") || status == "REVIEW_IN_PROGRESS" {
			return
		}
		mustDo(t, c.clock.Sleep(t.Context(), time.Second))
	}
}

// template is what the stack was last given.
func (c *cloud) template(t *testing.T) string {
	t.Helper()
	out, err := c.formation().GetTemplate(t.Context(), &cfn.GetTemplateInput{StackName: stackName})
	return aws.ToString(must(t, out, err).TemplateBody)
}

// makeStack makes a stack plldb, past plldb.
func (c *cloud) makeStack(t *testing.T, template string, tags ...cfntypes.Tag) {
	t.Helper()
	_, err := c.formation().CreateStack(t.Context(), &cfn.CreateStackInput{
		StackName: stackName, TemplateBody: &template, Tags: tags,
	})
	mustDo(t, err)
	c.rests(t)
}

func ours() cfntypes.Tag {
	return cfntypes.Tag{Key: aws.String(stack.TagKey), Value: aws.String(stack.TagValue)}
}

const (
	logGroup = "Resources:\n  Log:\n    Type: AWS::Logs::LogGroup\n"
	table    = "Resources:\n  Precious:\n    Type: AWS::DynamoDB::Table\n    Properties:\n" +
		"      BillingMode: PAY_PER_REQUEST\n      KeySchema: [{AttributeName: Id, KeyType: HASH}]\n" +
		"      AttributeDefinitions: [{AttributeName: Id, AttributeType: S}]\n"
)

// versions are all versions of all objects in the bucket, those of each key newest first; nil if there is no bucket.
func (c *cloud) versions(t *testing.T) []s3types.ObjectVersion {
	t.Helper()
	out, err := c.s3(testsKey).ListObjectVersions(t.Context(), &s3.ListObjectVersionsInput{Bucket: aws.String(bucket)})
	if e, ok := errors.AsType[smithy.APIError](err); ok && e.ErrorCode() == "NoSuchBucket" {
		return nil
	}
	return append(must(t, out, err).Versions, s3types.ObjectVersion{})[:len(out.Versions)] // empty is not nil
}

// newest is the bytes of an object and their version.
func (c *cloud) newest(t *testing.T, key string) (text, version string) {
	t.Helper()
	out, err := c.s3(testsKey).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(bucket), Key: &key})
	body, err := io.ReadAll(must(t, out, err).Body)
	return string(must(t, body, err)), aws.ToString(out.VersionId)
}

// plant puts another object under a key.
func (c *cloud) plant(t *testing.T, key, text string) {
	t.Helper()
	_, err := c.s3(testsKey).PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String(bucket), Key: &key, Body: strings.NewReader(text),
	})
	mustDo(t, err)
}

// takeBucket gives the bucket's name to another account.
func (c *cloud) takeBucket(t *testing.T) {
	t.Helper()
	_, err := c.s3(otherKey).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String(bucket),
		CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region},
	})
	mustDo(t, err)
}

// code is the SHA-256 of each function of the account, as Lambda tells it, in order.
func (c *cloud) code(t *testing.T) []string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.url+"/2015-03-31/functions/", nil)
	mustDo(t, err)
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+testsKey+"/20261121/"+region+"/lambda/aws4_request")
	answer, err := c.client.Do(r)
	mustDo(t, err)
	defer answer.Body.Close()
	var list struct{ Functions []struct{ CodeSha256 string } }
	mustDo(t, json.NewDecoder(answer.Body).Decode(&list))
	var sums []string
	for _, f := range list.Functions {
		sums = append(sums, f.CodeSha256)
	}
	return slices.Sorted(slices.Values(sums))
}
