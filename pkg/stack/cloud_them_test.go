package stack_test

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// them is somebody else of the same account: with a console, another run of plldb, or a bucket of templates.
type them struct {
	*cloud
	cfn *cloudformation.Client
	s3  *s3.Client
}

// ok fails the test on an error.
func ok[T any](c *cloud, out T, err error) T {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
	return out
}

const templates = "templates"

// makeBucket makes a bucket that begins to version.
func (o them) makeBucket(name string) {
	o.t.Helper()
	made, err := o.s3.CreateBucket(o.t.Context(), &s3.CreateBucketInput{
		Bucket: &name, CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"},
	})
	ok(o.cloud, made, err)
	set, err := o.s3.PutBucketVersioning(o.t.Context(), &s3.PutBucketVersioningInput{
		Bucket:                  &name,
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusEnabled},
	})
	ok(o.cloud, set, err)
}

// put sends an object and returns its version.
func (o them) put(bucket, key, text string) string {
	o.t.Helper()
	out, err := o.s3.PutObject(o.t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: strings.NewReader(text),
	})
	return aws.ToString(ok(o.cloud, out, err).VersionId)
}

// templateURL uploads a template when it is asked for, and only then.
func (o them) templateURL(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) {
		return "http://localhost/" + templates + "/t.yaml?versionId=" + o.put(templates, "t.yaml", text), nil
	}
}

func (o them) stack(id string) types.Stack {
	o.t.Helper()
	out, err := o.cfn.DescribeStacks(o.t.Context(), &cloudformation.DescribeStacksInput{StackName: &id})
	return ok(o.cloud, out, err).Stacks[0]
}

// events are all events of a stack, the oldest first.
func (o them) events(id string) (all []report.StackEvent) {
	o.t.Helper()
	in := &cloudformation.DescribeStackEventsInput{StackName: &id}
	for pages := cloudformation.NewDescribeStackEventsPaginator(o.cfn, in); pages.HasMorePages(); {
		page, err := pages.NextPage(o.t.Context())
		for _, e := range ok(o.cloud, page, err).StackEvents {
			all = append(all, report.StackEvent{
				Time: *e.Timestamp, LogicalID: *e.LogicalResourceId, PhysicalID: aws.ToString(e.PhysicalResourceId),
				ResourceType: *e.ResourceType, Status: string(e.ResourceStatus), Reason: aws.ToString(e.ResourceStatusReason),
			})
		}
	}
	slices.Reverse(all)
	return all
}

// propose makes a change set of plldb's stack and waits until it is made.
func (o them) propose(kind types.ChangeSetType, text string) string {
	o.t.Helper()
	out, err := o.cfn.CreateChangeSet(o.t.Context(), &cloudformation.CreateChangeSetInput{
		StackName: aws.String("plldb"), ChangeSetName: aws.String("theirs"), ChangeSetType: kind, TemplateBody: &text,
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Tags:         []types.Tag{{Key: aws.String(stack.TagKey), Value: aws.String(stack.TagValue)}},
	})
	id := *ok(o.cloud, out, err).Id
	time.Sleep(10 * time.Second / quick)
	set, err := o.cfn.DescribeChangeSet(o.t.Context(), &cloudformation.DescribeChangeSetInput{ChangeSetName: &id})
	if ok(o.cloud, set, err).Status != types.ChangeSetStatusCreateComplete {
		o.t.Fatalf("the change set is %s: %s", set.Status, aws.ToString(set.StatusReason))
	}
	return id
}

func (o them) execute(id string, disableRollback bool) {
	o.t.Helper()
	out, err := o.cfn.ExecuteChangeSet(o.t.Context(), &cloudformation.ExecuteChangeSetInput{
		ChangeSetName: &id, DisableRollback: &disableRollback,
	})
	ok(o.cloud, out, err)
}

// begin starts a change of the stack.
func (o them) begin(kind types.ChangeSetType, text string) { o.execute(o.propose(kind, text), false) }

// halfWay changes the stack without rollback, and waits until it stands still in the status that is wanted.
func (o them) halfWay(kind types.ChangeSetType, text, want string) {
	o.t.Helper()
	o.execute(o.propose(kind, text), true)
	o.rests(want)
}

// rests waits until nothing goes on with the stack.
func (o them) rests(want string) types.Stack {
	o.t.Helper()
	for range 120 {
		if !strings.HasSuffix(string(o.stack("plldb").StackStatus), "_IN_PROGRESS") {
			break
		}
		time.Sleep(5 * time.Second)
	}
	return o.status(want)
}

func (o them) delete() {
	o.t.Helper()
	out, err := o.cfn.DeleteStack(o.t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("plldb")})
	ok(o.cloud, out, err)
}

func (o them) protect() {
	o.t.Helper()
	out, err := o.cfn.UpdateTerminationProtection(o.t.Context(), &cloudformation.UpdateTerminationProtectionInput{
		StackName: aws.String("plldb"), EnableTerminationProtection: aws.Bool(true),
	})
	ok(o.cloud, out, err)
}

// sets are the names of the change sets that the stack has.
func (o them) sets() (names []string) {
	o.t.Helper()
	out, err := o.cfn.ListChangeSets(o.t.Context(), &cloudformation.ListChangeSetsInput{StackName: aws.String("plldb")})
	for _, s := range ok(o.cloud, out, err).Summaries {
		names = append(names, *s.ChangeSetName)
	}
	return names
}

// goOn continues the rollback that could not go on.
func (o them) goOn() {
	o.t.Helper()
	out, err := o.cfn.ContinueUpdateRollback(o.t.Context(),
		&cloudformation.ContinueUpdateRollbackInput{StackName: aws.String("plldb")})
	ok(o.cloud, out, err)
}
