package cloudformation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// A change set takes its time, and its stack is in review meanwhile.
func TestChangeSetIsMadeInAWhile(t *testing.T) {
	c := open(t)
	out, err := c.CreateChangeSet(c.ctx(), proposal("slow", "first", types.ChangeSetTypeCreate, two))
	id := *must(t, out, err).Id
	if d := c.set(id); d.Status != types.ChangeSetStatusCreatePending ||
		d.ExecutionStatus != types.ExecutionStatusUnavailable {
		t.Errorf("%s, %s", d.Status, d.ExecutionStatus)
	}
	st := c.status("slow", types.StackStatusReviewInProgress)
	if *st.StackStatusReason != "User Initiated" ||
		st.LastOperations[0].OperationType != types.OperationTypeCreateChangeset {
		t.Errorf("%q, %v", *st.StackStatusReason, st.LastOperations)
	}
	c.pass(2 * time.Second)
	if d := c.set(id); d.Status != types.ChangeSetStatusCreateInProgress {
		t.Errorf("%s", d.Status)
	}
	_, err = c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id})
	refused(t, err, "InvalidChangeSetStatus",
		"ChangeSet ["+id+"] cannot be executed in its current status of [CREATE_IN_PROGRESS]")
	c.pass(5 * time.Second)
	d := c.set(id)
	if d.Status != types.ChangeSetStatusCreateComplete || d.ExecutionStatus != types.ExecutionStatusAvailable ||
		len(d.Changes) != 3 {
		t.Errorf("%s, %s, %v", d.Status, d.ExecutionStatus, d.Changes)
	}
	c.execute(id)
	_, err = c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id})
	refused(t, err, "InvalidChangeSetStatus", "current execution status of [EXECUTE_IN_PROGRESS]")
	c.rests("slow", types.StackStatusCreateComplete)
	if d := c.set(id); d.ExecutionStatus != types.ExecutionStatusExecuteComplete {
		t.Errorf("%s", d.ExecutionStatus)
	}
}

// A stack in review is there to DescribeStacks, and has to be created all the same.
func TestTrap18InReview(t *testing.T) {
	c := open(t)
	c.propose("review", "first", types.ChangeSetTypeCreate, two)
	_, err := c.CreateChangeSet(c.ctx(), proposal("review", "second", types.ChangeSetTypeUpdate, two))
	refused(t, err, "ValidationError", "Stack [review] does not exist")
	id := c.propose("review", "second", types.ChangeSetTypeCreate, changed)
	c.execute(id)
	c.rests("review", types.StackStatusCreateComplete)
	_, err = c.CreateChangeSet(c.ctx(), proposal("review", "third", types.ChangeSetTypeCreate, two))
	refused(t, err, "ValidationError",
		"Stack [review] already exists and cannot be created again with the changeSet [third].")
	_, err = c.CreateChangeSet(c.ctx(), proposal("absent", "third", types.ChangeSetTypeUpdate, two))
	refused(t, err, "ValidationError", "Stack [absent] does not exist")
}

// A stack in review shows no tags, whatever its change set has; it is deleted like any other.
func TestTrap60NoTagsInReview(t *testing.T) {
	c := open(t)
	in := proposal("review", "first", types.ChangeSetTypeCreate, two)
	in.Tags = []types.Tag{{Key: aws.String("who"), Value: aws.String("me")}}
	_, err := c.CreateChangeSet(c.ctx(), in)
	must(t, 0, err)
	st := c.status("review", types.StackStatusReviewInProgress)
	if len(st.Tags) != 0 {
		t.Errorf("tags %v", st.Tags)
	}
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("review")})
	must(t, 0, err)
	c.rests(*st.StackId, types.StackStatusDeleteComplete)
}

// Nothing to change is a failed change set; a change of outputs alone is none, with no change in its list.
func TestTrap20NoChange(t *testing.T) {
	const words = "The submitted information didn't contain changes. Submit different information to create a change set."
	c := open(t)
	c.create("same", two)
	for name, template := range map[string]string{
		"equal": two, "comment": "# a word" + two, "description": "Description: another" + two,
		"policy": strings.Replace(two, "{Type: AWS::Test::Thing,", "{Type: AWS::Test::Thing, DeletionPolicy: Retain,", 1),
	} {
		out, err := c.CreateChangeSet(c.ctx(), proposal("same", name, types.ChangeSetTypeUpdate, template))
		id := *must(t, out, err).Id
		c.pass(10 * time.Second)
		d := c.set(id)
		if d.Status != types.ChangeSetStatusFailed || aws.ToString(d.StatusReason) != words ||
			d.ExecutionStatus != types.ExecutionStatusUnavailable {
			t.Errorf("%s: %s, %s", name, d.Status, aws.ToString(d.StatusReason))
		}
		_, err = c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id})
		refused(t, err, "InvalidChangeSetStatus", "cannot be executed in its current status of [FAILED]")
		_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: aws.String("same"), TemplateBody: &template})
		refused(t, err, "ValidationError", "No updates are to be performed.")
	}
	id := c.propose("same", "outputs", types.ChangeSetTypeUpdate, strings.Replace(two, "!Ref Top", "!Ref Base", 1))
	if d := c.set(id); len(d.Changes) != 0 || d.ExecutionStatus != types.ExecutionStatusAvailable {
		t.Errorf("%v, %s", d.Changes, d.ExecutionStatus)
	}
	c.execute(id)
	st := c.rests("same", types.StackStatusUpdateComplete)
	if *st.Outputs[0].OutputValue != "Base-1" {
		t.Errorf("outputs %v", st.Outputs)
	}
}

// A request that is repeated with its token is not carried out twice; the token means nothing else.
func TestTrap24Tokens(t *testing.T) {
	c := open(t)
	in := proposal("token", "first", types.ChangeSetTypeCreate, two)
	in.ClientToken = aws.String("a")
	first, err := c.CreateChangeSet(c.ctx(), in)
	must(t, first, err)
	again, err := c.CreateChangeSet(c.ctx(), in)
	if *must(t, again, err).Id != *first.Id {
		t.Error("another change set")
	}
	in.ClientToken = aws.String("b")
	_, err = c.CreateChangeSet(c.ctx(), in)
	refused(t, err, "AlreadyExistsException", "ChangeSet first cannot be created")
	c.pass(10 * time.Second)
	run := &cfn.ExecuteChangeSetInput{ChangeSetName: first.Id, ClientRequestToken: aws.String("c")}
	for range 2 {
		_, err = c.ExecuteChangeSet(c.ctx(), run)
		must(t, 0, err)
	}
	st := c.rests("token", types.StackStatusCreateComplete)
	if n := len(st.LastOperations); n != 2 {
		t.Errorf("%d operations", n)
	}
	_, err = c.ExecuteChangeSet(c.ctx(), run)
	must(t, 0, err)
	c.status("token", types.StackStatusCreateComplete)
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{
		StackName: aws.String("token"), ClientRequestToken: aws.String("c"),
	})
	refused(t, err, "TokenAlreadyExistsException", "")
}

// The execution of a change set deletes the others; a direct update makes them obsolete.
func TestTrap61OtherChangeSetsGo(t *testing.T) {
	c := open(t)
	first := c.propose("many", "first", types.ChangeSetTypeCreate, two)
	other := c.propose("many", "other", types.ChangeSetTypeCreate, changed)
	c.execute(first)
	_, err := c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &other})
	refused(t, err, "ChangeSetNotFound", "ChangeSet ["+other+"] does not exist")
	c.rests("many", types.StackStatusCreateComplete)
	stale := c.propose("many", "stale", types.ChangeSetTypeUpdate, changed)
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
		StackName:    aws.String("many"),
		TemplateBody: aws.String(strings.Replace(two, "Text: beside", "Text: else", 1)),
	})
	must(t, 0, err)
	_, err = c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &stale})
	refused(t, err, "InvalidChangeSetStatus", "current execution status of [OBSOLETE]")
	_, err = c.CreateChangeSet(c.ctx(), proposal("many", "late", types.ChangeSetTypeUpdate, changed))
	refused(t, err, "ValidationError", "is in UPDATE_IN_PROGRESS state and can not be updated.")
	c.rests("many", types.StackStatusUpdateComplete)
	late, err := c.CreateChangeSet(c.ctx(), proposal("many", "late", types.ChangeSetTypeUpdate, changed))
	must(t, late, err)
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: aws.String("many"), TemplateBody: aws.String(two)})
	must(t, 0, err)
	c.rests("many", types.StackStatusUpdateComplete)
	if d := c.set(*late.Id); d.Status != "CREATE_COMPLETE" || d.ExecutionStatus != types.ExecutionStatusObsolete {
		t.Errorf("made while the stack was updated: %s, %s", d.Status, d.ExecutionStatus)
	}
	out, err := c.ListChangeSets(c.ctx(), &cfn.ListChangeSetsInput{StackName: aws.String("many")})
	if n := len(must(t, out, err).Summaries); n != 2 {
		t.Errorf("%d change sets", n)
	}
}

func TestDeleteChangeSet(t *testing.T) {
	c := open(t)
	id := c.propose("drop", "first", types.ChangeSetTypeCreate, two)
	for range 2 { // the second time it is not there
		_, err := c.DeleteChangeSet(c.ctx(), &cfn.DeleteChangeSetInput{ChangeSetName: &id})
		must(t, 0, err)
	}
	c.status("drop", types.StackStatusReviewInProgress)
	_, err := c.DescribeChangeSet(c.ctx(), &cfn.DescribeChangeSetInput{ChangeSetName: &id})
	refused(t, err, "ChangeSetNotFound", "ChangeSet ["+id+"] does not exist")
	_, err = c.DeleteChangeSet(c.ctx(), &cfn.DeleteChangeSetInput{ChangeSetName: aws.String("first")})
	refused(t, err, "ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.")
	_, err = c.DeleteChangeSet(c.ctx(), &cfn.DeleteChangeSetInput{
		ChangeSetName: aws.String("first"), StackName: aws.String("absent"),
	})
	refused(t, err, "ValidationError", "Stack [absent] does not exist")
}

// What early validation finds is in DescribeEvents, by the change set's ARN, and nowhere else.
func TestEarlyValidation(t *testing.T) {
	c := open(t)
	c.create("owner", resourceOne("", "Name: taken"))
	template := `
Resources:
  Odd: {Type: AWS::Test::Thing, Properties: {Colour: red, Part: {Inner: x, Outer: y}}}
  Twin: {Type: AWS::Test::Role, Properties: {Name: taken}}
`
	out, err := c.CreateChangeSet(c.ctx(), proposal("early", "first", types.ChangeSetTypeCreate, template))
	id := *must(t, out, err).Id
	c.pass(10 * time.Second)
	d := c.set(id)
	want := "The following hook(s)/validation failed: [AWS::EarlyValidation::PropertyValidation, " +
		"AWS::EarlyValidation::ResourceExistenceCheck]. To troubleshoot Early Validation errors, use the DescribeEvents " +
		"API for detailed failure information."
	if d.Status != types.ChangeSetStatusFailed || *d.StatusReason != want {
		t.Errorf("%s: %s", d.Status, aws.ToString(d.StatusReason))
	}
	events, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{
		ChangeSetName: &id, Filters: &types.EventFilter{FailedEvents: aws.Bool(true)},
	})
	var lines []string
	for _, e := range must(t, events, err).OperationEvents {
		if e.EventType != types.EventTypeValidationError || e.ValidationStatus != types.ValidationStatusFailed ||
			e.ValidationFailureMode != types.HookFailureModeFail || e.OperationType != types.OperationTypeCreateChangeset {
			t.Errorf("%+v", e)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s: %s (%s)", *e.LogicalResourceId, *e.ResourceType, *e.ValidationName,
			*e.ValidationStatusReason, *e.ValidationPath))
	}
	golden(t, "early.txt", lines)
	if n := len(c.story("early")); n != 1 {
		t.Errorf("%d events of the stack", n)
	}
}

// The name of a change set that was executed may be used again. One that was made for a stack that is gone cannot be
// executed.
func TestNamesAreUsedAgain(t *testing.T) {
	c := open(t)
	first := c.create("again", two).ChangeSetId
	second := c.propose("again", "first", types.ChangeSetTypeUpdate, changed)
	out, err := c.DescribeChangeSet(c.ctx(), &cfn.DescribeChangeSetInput{
		StackName: aws.String("again"), ChangeSetName: aws.String("first"),
	})
	if d := must(t, out, err); *d.ChangeSetId != second || c.set(*first).ExecutionStatus != "EXECUTE_COMPLETE" {
		t.Errorf("%s", *d.ChangeSetId)
	}
	made, err := c.CreateChangeSet(c.ctx(), proposal("gone", "first", types.ChangeSetTypeCreate, two))
	id := must(t, made, err).Id
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("gone")})
	must(t, 0, err)
	c.pass(time.Minute)
	_, err = c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: id})
	refused(t, err, "InvalidChangeSetStatus", "current execution status of [OBSOLETE]")
}
