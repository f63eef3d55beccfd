package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// What is wrong with a value that is known only when it is there fails the resource, or the stack.
func TestKnownTooLate(t *testing.T) {
	for want, template := range map[string]string{
		"Top CREATE_FAILED: Properties validation failed for resource Top with message": strings.Replace(two,
			"Text: !GetAtt Base.Arn", "Takes: !GetAtt Base.Arn", 1),
		"Top CREATE_FAILED: Requested attribute Missing does not exist in schema for AWS::Test::Thing": strings.Replace(two,
			"!GetAtt Base.Arn", "!GetAtt Base.Missing", 1),
		"late ROLLBACK_IN_PROGRESS: Requested attribute Missing does not exist in schema for AWS::Test::Thing Rollback " +
			"requested by user.": strings.Replace(two, "!Ref Top", "!GetAtt Top.Missing", 1),
	} {
		c := open(t)
		c.execute(c.propose("late", "first", types.ChangeSetTypeCreate, template))
		c.rests("late", types.StackStatusRollbackComplete)
		if story := strings.Join(c.story("late"), "\n"); !strings.Contains(story, want) {
			t.Errorf("no %q in\n%s", want, story)
		}
	}
	c := open(t)
	c.create("late", two)
	c.update("late", "second", strings.Replace(changed, "!GetAtt Base.Arn", "!GetAtt Base.Missing", 1))
	c.rests("late", types.StackStatusUpdateRollbackComplete)
	story := strings.Join(c.story("late"), "\n")
	if !strings.Contains(story, "Top UPDATE_FAILED Top-3: Requested attribute") {
		t.Error(story)
	}
}

// A change set fails for what its values show, and in review so does the stack's first.
func TestAnAttributeThatIsNotThere(t *testing.T) {
	c := open(t)
	c.create("gap", two)
	const more = "Resources:\n  More: {Type: AWS::Test::Thing, Properties: {Text: !Ref Base}}"
	text := strings.Replace(two, "Resources:", more, 1)
	id := c.propose("gap", "more", types.ChangeSetTypeUpdate, text)
	if r := c.values(id)["More"]; *r.AfterContext != `{"Properties":{"Text":"Base-1"}}` {
		t.Errorf("after %s", *r.AfterContext)
	}
	text = strings.Replace(text, "!Ref Base", "!GetAtt Base.Missing", 1)
	out, err := c.CreateChangeSet(c.ctx(), proposal("gap", "less", types.ChangeSetTypeUpdate, text))
	must(t, out, err)
	c.pass(10 * time.Second)
	if d := c.set(*out.Id); d.Status != types.ChangeSetStatusFailed ||
		!strings.HasPrefix(*d.StatusReason, "Requested attribute Missing does not exist") {
		t.Errorf("%s: %s", d.Status, aws.ToString(d.StatusReason))
	}
}

// A resource that a rollback skipped is not looked at.
func TestDriftOfWhatWasSkipped(t *testing.T) {
	c := open(t)
	c.create("skip", two)
	c.update("skip", "second", updated)
	c.pass(3 * time.Second)
	c.faults.fail("UPDATE Base", "no way back")
	id := c.rests("skip", types.StackStatusUpdateRollbackFailed).StackId
	_, err := c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
		StackName: id, ResourcesToSkip: []string{"Base"},
	})
	must(t, 0, err)
	c.rests("skip", types.StackStatusUpdateRollbackComplete)
	_, err = c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: id})
	must(t, 0, err)
	c.pass(10 * time.Second)
	out, err := c.ListStackResources(c.ctx(), &cfn.ListStackResourcesInput{StackName: id})
	for _, r := range must(t, out, err).StackResourceSummaries {
		want := types.StackResourceDriftStatusInSync
		if *r.LogicalResourceId == "Base" {
			want = types.StackResourceDriftStatusNotChecked
		}
		if r.DriftInformation.StackResourceDriftStatus != want {
			t.Errorf("%s is %s", *r.LogicalResourceId, r.DriftInformation.StackResourceDriftStatus)
		}
	}
}

func TestChangeSetByName(t *testing.T) {
	c := open(t)
	c.create("by", two)
	c.propose("by", "next", types.ChangeSetTypeUpdate, changed)
	name, set := aws.String("by"), aws.String("next")
	out, err := c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: name, ChangeSetName: set})
	if *must(t, out, err).TemplateBody != changed {
		t.Error("another template")
	}
	events, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{StackName: name, ChangeSetName: set})
	if n := len(must(t, events, err).OperationEvents); n != 0 {
		t.Errorf("%d events", n)
	}
	_, err = c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: name, ChangeSetName: aws.String("other")})
	refused(t, err, "ChangeSetNotFound", "ChangeSet [other] does not exist")
	in := proposal("by", "delete", types.ChangeSetTypeUpdate, changed)
	in.OnStackFailure = types.OnStackFailureDelete
	_, err = c.CreateChangeSet(c.ctx(), in)
	refused(t, err, "ValidationError", "only valid for change sets of type CREATE")
}

// A stack in review gives an empty template, so that whoever looks at all stacks is not stopped by it.
func TestTemplateInReview(t *testing.T) {
	c := open(t)
	c.propose("review", "first", types.ChangeSetTypeCreate, two)
	out, err := c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: aws.String("review")})
	if body := aws.ToString(must(t, out, err).TemplateBody); body != "" {
		t.Errorf("%q", body)
	}
}

func TestMoreRefusals(t *testing.T) {
	c := open(t)
	for want, spoil := range map[string]func(*cfn.CreateChangeSetInput){
		"at 'clientToken'": func(in *cfn.CreateChangeSetInput) { in.ClientToken = aws.String("-a") },
		"notifications":    func(in *cfn.CreateChangeSetInput) { in.NotificationARNs = []string{"arn:aws:sns:x"} },
		"aws: prefixed tag key names are not allowed for external use.": func(in *cfn.CreateChangeSetInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("y")}}
		},
		"at 'capabilities'":   func(in *cfn.CreateChangeSetInput) { in.Capabilities = []types.Capability{"CAPABILITY_X"} },
		"at 'onStackFailure'": func(in *cfn.CreateChangeSetInput) { in.OnStackFailure = "X" },
		"at 'changeSetType'":  func(in *cfn.CreateChangeSetInput) { in.ChangeSetType = "X" },
		"cannot both":         func(in *cfn.CreateChangeSetInput) { in.TemplateURL = aws.String("https://x") },
		"Stack [arn:aws:cloudformation:eu-west-1:123456789012:stack/x/y] does not exist": func(in *cfn.CreateChangeSetInput) {
			in.StackName = aws.String("arn:aws:cloudformation:eu-west-1:123456789012:stack/x/y")
		},
	} {
		in := proposal("refused", "first", types.ChangeSetTypeCreate, two)
		spoil(in)
		_, err := c.CreateChangeSet(c.ctx(), in)
		refused(t, err, "ValidationError", want)
	}
	_, err := c.CreateStack(c.ctx(), &cfn.CreateStackInput{
		StackName: aws.String("x"), TemplateBody: aws.String(two), OnFailure: types.OnFailureDelete,
		DisableRollback: aws.Bool(true),
	})
	refused(t, err, "ValidationError", "You can specify either OnFailure or DisableRollback, but not both.")
	_, err = c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{OperationId: aws.String("none")})
	refused(t, err, "ValidationError", "Operation [none] does not exist")
	_, err = c.DescribeStackEvents(c.ctx(), &cfn.DescribeStackEventsInput{StackName: aws.String("none")})
	refused(t, err, "ValidationError", "Stack [none] does not exist")
	_, err = c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: aws.String("none")})
	refused(t, err, "ValidationError", "Stack [none] does not exist")
}
