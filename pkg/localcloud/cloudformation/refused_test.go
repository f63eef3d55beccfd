package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// Only what failed in the rollback can be skipped, or is by force: not what failed before it and was never begun in it.
func TestSkipsWhatFailedInTheRollback(t *testing.T) {
	const before = `
Resources:
  A: {Type: AWS::Test::Thing, Properties: {Text: a}}
  B: {Type: AWS::Test::Thing, Properties: {Text: b}, DependsOn: A}
`
	c := open(t)
	c.create("stuck", before)
	c.update("stuck", "second", strings.NewReplacer("Text: a", "Text: new", "Text: b", "Text: refused").Replace(before))
	id := c.failsBack("stuck", "A")
	_, err := c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
		StackName: id, ResourcesToSkip: []string{"B"},
	})
	refused(t, err, "ValidationError", "Resource B cannot be skipped")
	_, err = c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
		StackName: id, ForceRollback: aws.Bool(true),
	})
	must(t, 0, err)
	c.rests("stuck", types.StackStatusUpdateRollbackComplete)
	if story := strings.Join(c.story("stuck"), "\n"); strings.Count(story, "B UPDATE_IN_PROGRESS") != 2 {
		t.Errorf("B was skipped\n%s", story)
	}
	if drift := c.drifts("stuck"); drift != "A NOT_CHECKED B IN_SYNC" {
		t.Error(drift)
	}
	// What was skipped is known again once it was updated.
	c.faults.fail("UPDATE A", "")
	c.update("stuck", "third", strings.Replace(before, "Text: a", "Text: third", 1))
	c.rests("stuck", types.StackStatusUpdateComplete)
	if drift := c.drifts("stuck"); drift != "A IN_SYNC B IN_SYNC" {
		t.Error(drift)
	}
}

// drifts looks at a whole stack: its resources and how they have drifted.
func (c *cloud) drifts(name string) string {
	c.t.Helper()
	_, err := c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: &name})
	must(c.t, 0, err)
	c.pass(10 * time.Second)
	out, err := c.ListStackResources(c.ctx(), &cfn.ListStackResourcesInput{StackName: &name})
	var all []string
	for _, r := range must(c.t, out, err).StackResourceSummaries {
		all = append(all, fmt.Sprintf("%s %s", *r.LogicalResourceId, r.DriftInformation.StackResourceDriftStatus))
	}
	return strings.Join(all, " ")
}

// An update of which no service hears may fail.
func TestMetadataThatFails(t *testing.T) {
	c := open(t)
	c.create("meta", "Resources: {A: {Type: AWS::Test::Thing}}")
	c.faults.fail("UPDATE A", "out of order")
	c.update("meta", "second", "Resources: {A: {Type: AWS::Test::Thing, Metadata: {Of: this}}}")
	for c.stack("meta").StackStatus == types.StackStatusUpdateInProgress {
		c.pass(time.Second)
	}
	c.faults.fail("UPDATE A", "")
	c.rests("meta", types.StackStatusUpdateRollbackComplete)
	out, err := c.DescribeStackResource(c.ctx(), &cfn.DescribeStackResourceInput{
		StackName: aws.String("meta"), LogicalResourceId: aws.String("A"),
	})
	if m := must(t, out, err).StackResourceDetail.Metadata; m != nil {
		t.Errorf("the metadata is %s", *m)
	}
}

// A token belongs to one request, whatever the stack is called by in it.
func TestTrap24TokenOfAnotherRequest(t *testing.T) {
	c := open(t)
	id := *c.create("token", two).StackId
	ask := func(name, template string) error {
		_, err := c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
			StackName: &name, TemplateBody: &template, ClientRequestToken: aws.String("t"),
		})
		return err
	}
	must(t, 0, ask("token", changed))
	c.rests("token", types.StackStatusUpdateComplete)
	must(t, 0, ask(id, changed))
	c.status("token", types.StackStatusUpdateComplete)
	refused(t, ask("token", strings.Replace(changed, "Text: new", "Text: newer", 1)), "TokenAlreadyExistsException", "")
	c.status("token", types.StackStatusUpdateComplete)
}

// CreateStack and UpdateStack validate early, as change sets do: nothing is made.
func TestEarlyValidationOfStacks(t *testing.T) {
	const wrong = "Resources: {A: {Type: AWS::Test::Thing, Properties: {Text: a}}, B: {Type: AWS::Test::Thing, " +
		"Properties: {Colour: red}}}"
	c := open(t)
	c.create("old", two)
	made := len(c.things.calls)
	created, err := c.CreateStack(c.ctx(), &cfn.CreateStackInput{
		StackName: aws.String("new"), TemplateBody: aws.String(wrong),
	})
	must(t, 0, err)
	updated, err := c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
		StackName: aws.String("old"), TemplateBody: aws.String(wrong),
	})
	must(t, 0, err)
	c.pass(time.Minute)
	c.status("new", types.StackStatusRollbackComplete)
	c.status("old", types.StackStatusUpdateRollbackComplete)
	if len(c.things.calls) != made {
		t.Errorf("calls: %v", c.things.calls[made:])
	}
	for name, operation := range map[string]*string{"new": created.OperationId, "old": updated.OperationId} {
		if story := strings.Join(c.story(name), "\n"); !strings.Contains(story, "AWS::EarlyValidation::Property") {
			t.Error(story)
		}
		out, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{
			OperationId: operation, Filters: &types.EventFilter{FailedEvents: aws.Bool(true)},
		})
		events := must(t, out, err).OperationEvents
		if len(events) != 1 || events[0].EventType != types.EventTypeValidationError || *events[0].LogicalResourceId != "B" {
			t.Errorf("%+v", events)
		}
	}
}

// What is asked for and not there, or not asked for at all, is refused.
func TestUnknownResourcesAreRefused(t *testing.T) {
	c := open(t)
	c.create("s", two)
	absent, name := aws.String("Absent"), aws.String("s")
	_, err := c.DescribeStackResources(c.ctx(), &cfn.DescribeStackResourcesInput{
		StackName: name, LogicalResourceId: absent,
	})
	refused(t, err, "ValidationError", "Resource Absent does not exist for stack s")
	_, err = c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{
		StackName: name, LogicalResourceIds: []string{"Base", "Absent"},
	})
	refused(t, err, "ValidationError", "Resource Absent does not exist for stack s")
	_, err = c.DetectStackResourceDrift(c.ctx(), &cfn.DetectStackResourceDriftInput{
		StackName: name, LogicalResourceId: absent,
	})
	refused(t, err, "ValidationError", "Resource Absent does not exist for stack s")
	_, err = c.ValidateTemplate(c.ctx(), &cfn.ValidateTemplateInput{
		TemplateURL: aws.String("http://bucket.s3.eu-west-1.amazonaws.com/key"),
	})
	refused(t, err, "ValidationError", "TemplateURL must be an Amazon S3 URL.")
}

// A stack that never was complete would be deleted by RollbackStack: not while it is protected.
func TestProtectedStacksAreNotRolledAway(t *testing.T) {
	c := open(t)
	_, err := c.CreateStack(c.ctx(), &cfn.CreateStackInput{
		StackName: aws.String("s"), TemplateBody: aws.String(bad), OnFailure: types.OnFailureDoNothing,
		EnableTerminationProtection: aws.Bool(true),
	})
	must(t, 0, err)
	c.rests("s", types.StackStatusCreateFailed)
	_, err = c.RollbackStack(c.ctx(), &cfn.RollbackStackInput{StackName: aws.String("s")})
	refused(t, err, "ValidationError", "cannot be deleted while TerminationProtection is enabled")
	c.status("s", types.StackStatusCreateFailed)
}

func TestDetectStackResourceDrift(t *testing.T) {
	c := open(t)
	c.create("s", two)
	look := func() *types.StackResourceDrift {
		out, err := c.DetectStackResourceDrift(c.ctx(), &cfn.DetectStackResourceDriftInput{
			StackName: aws.String("s"), LogicalResourceId: aws.String("Base"),
		})
		return must(t, out, err).StackResourceDrift
	}
	if d := look(); d.StackResourceDriftStatus != types.StackResourceDriftStatusInSync {
		t.Errorf("%s", d.StackResourceDriftStatus)
	}
	err := c.store.Update(c.ctx(), func(tx *store.Tx) error {
		store.Put(tx, thingsTable, "Base-1", map[string]any{"Text": "changed", "Kind": "a"})
		return nil
	})
	must(t, 0, err)
	d := look()
	if d.StackResourceDriftStatus != types.StackResourceDriftStatusModified || len(d.PropertyDifferences) != 1 ||
		*d.PropertyDifferences[0].PropertyPath != "/Text" {
		t.Errorf("%+v", d)
	}
}

// All that there is of a stack goes, in the end.
func TestNothingIsKeptForEver(t *testing.T) {
	c := open(t)
	c.create("s", two)
	c.drifts("s")
	id := *c.stack("s").StackId
	c.deletes(id)
	c.hand.Turn(91 * 24 * time.Hour)
	must(t, 0, c.service.Settle(c.ctx()))
	_, err := c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: &id})
	refused(t, err, "ValidationError", "does not exist")
	err = c.store.Update(c.ctx(), func(tx *store.Tx) error {
		for table := range strings.FieldsSeq("stacks names events templates changesets operations drifts due") {
			store.Each(tx, "cloudformation."+table, "", func(key string, _ any) bool {
				t.Errorf("%s has %s", table, key)
				return true
			})
		}
		return nil
	})
	must(t, 0, err)
}

// Nor does a stack grow with every operation.
func TestTheLatestOperationsAreRemembered(t *testing.T) {
	c := open(t)
	c.create("s", two)
	for i := range 120 {
		template := strings.Replace(two, "Text: beside", fmt.Sprintf("Text: beside%d", i), 1)
		_, err := c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
			StackName: aws.String("s"), TemplateBody: &template, ClientRequestToken: aws.String(fmt.Sprint("t", i)),
		})
		must(t, 0, err)
		c.hand.Turn(time.Minute)
	}
	if n := len(c.stack("s").LastOperations); n != 10 {
		t.Errorf("%d operations", n)
	}
	err := c.store.Update(c.ctx(), func(tx *store.Tx) error {
		store.Each(tx, "cloudformation.stacks", "", func(_ string, st map[string]any) bool {
			if past, asked := len(st["Past"].([]any)), len(st["Asked"].([]any)); past != 100 || asked != 100 {
				t.Errorf("%d operations, %d tokens", past, asked)
			}
			return true
		})
		return nil
	})
	must(t, 0, err)
}

// The one parameter that UpdateTerminationProtection is about has to be there. The SDK would not leave it out.
func TestProtectionNeedsItsParameter(t *testing.T) {
	c := open(t)
	c.create("s", two)
	if answer := c.post("UpdateTerminationProtection", "s"); !strings.Contains(answer, "Value null at "+
		"&#39;enableTerminationProtection&#39;") {
		t.Error(answer)
	}
}
