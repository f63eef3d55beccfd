package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

func TestDirectly(t *testing.T) {
	c := open(t)
	in := &cfn.CreateStackInput{
		StackName: aws.String("direct"), TemplateBody: aws.String(two), ClientRequestToken: aws.String("one"),
		EnableTerminationProtection: aws.Bool(true),
	}
	in.RoleARN = aws.String("arn:aws:iam::123456789012:role/deployer")
	out, err := c.CreateStack(c.ctx(), in)
	id := must(t, out, err).StackId
	again, err := c.CreateStack(c.ctx(), in)
	if *must(t, again, err).StackId != *id {
		t.Error("another stack")
	}
	in.ClientRequestToken = aws.String("two")
	_, err = c.CreateStack(c.ctx(), in)
	refused(t, err, "AlreadyExistsException", "Stack [direct] already exists")
	st := c.rests("direct", types.StackStatusCreateComplete)
	if st.ChangeSetId != nil || st.LastUpdatedTime != nil || !*st.EnableTerminationProtection ||
		*st.LastOperations[0].OperationId != *out.OperationId {
		t.Errorf("%+v", st)
	}
	text := changed
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: id, TemplateBody: &text})
	must(t, 0, err)
	if st := c.rests("direct", types.StackStatusUpdateComplete); st.LastUpdatedTime == nil || st.RoleARN == nil {
		t.Errorf("updated %v, role %v (trap 29)", st.LastUpdatedTime, st.RoleARN)
	}
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: id, UsePreviousTemplate: aws.Bool(true)})
	refused(t, err, "ValidationError", "No updates are to be performed.")
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
		StackName: id, UsePreviousTemplate: aws.Bool(true), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("b")}},
	})
	must(t, 0, err)
	c.rests("direct", types.StackStatusUpdateComplete)
}

func TestTerminationProtection(t *testing.T) {
	c := open(t)
	id := c.create("safe", two).StackId
	protect := func(on bool) {
		_, err := c.UpdateTerminationProtection(c.ctx(), &cfn.UpdateTerminationProtectionInput{
			StackName: id, EnableTerminationProtection: &on,
		})
		must(t, 0, err)
	}
	protect(true)
	_, err := c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: id})
	refused(t, err, "ValidationError", "Stack [safe] cannot be deleted while TerminationProtection is enabled")
	protect(false)
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: id})
	must(t, 0, err)
	c.rests(*id, types.StackStatusDeleteComplete)
}

// A stack that was deleted is found by its id, for 90 days; its name is free at once.
func TestTrap19DeletedByID(t *testing.T) {
	c := open(t)
	_, err := c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: aws.String("gone")})
	refused(t, err, "ValidationError", "Stack with id gone does not exist")
	id := c.create("gone", two).StackId
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("gone")})
	must(t, 0, err)
	c.rests(*id, types.StackStatusDeleteComplete)
	_, err = c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: aws.String("gone")})
	refused(t, err, "ValidationError", "Stack with id gone does not exist")
	_, err = c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: aws.String("gone")})
	refused(t, err, "ValidationError", "Stack with id gone does not exist")
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: id}) // once more does no harm
	must(t, 0, err)
	list, err := c.ListStacks(c.ctx(), &cfn.ListStacksInput{StackStatusFilter: []types.StackStatus{"DELETE_COMPLETE"}})
	if n := len(must(t, list, err).StackSummaries); n != 1 {
		t.Errorf("%d deleted stacks", n)
	}
	second := c.create("gone", two).StackId
	if *second == *id {
		t.Error("the same id")
	}
	c.hand.Turn(91 * 24 * time.Hour)
	_, err = c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: id})
	refused(t, err, "ValidationError", "does not exist")
	c.status("gone", types.StackStatusCreateComplete)
}

// CreateStack takes a stack in review over; its change set is worth nothing then.
func TestCreateWhileInReview(t *testing.T) {
	c := open(t)
	set := c.propose("over", "first", types.ChangeSetTypeCreate, two)
	out, err := c.CreateStack(c.ctx(), &cfn.CreateStackInput{StackName: aws.String("over"), TemplateBody: aws.String(two)})
	id := must(t, out, err).StackId
	if st := c.rests("over", types.StackStatusCreateComplete); *st.StackId != *id {
		t.Error("another stack")
	}
	if d := c.set(set); d.ExecutionStatus != types.ExecutionStatusObsolete || *d.StackId != *id {
		t.Errorf("%s", d.ExecutionStatus)
	}
}

// Policies keep resources when the stack goes, when they are replaced, and when the template no longer has them.
func TestPolicies(t *testing.T) {
	const kept = "DeletionPolicy: Retain\n    UpdateReplacePolicy: Retain"
	c := open(t)
	c.create("keep", resourceOne(kept, "Kind: a"))
	id := c.propose("keep", "second", types.ChangeSetTypeUpdate, resourceOne(kept, "Kind: b"))
	if r := c.values(id)["One"]; r.PolicyAction != types.PolicyActionReplaceAndRetain {
		t.Errorf("%s", r.PolicyAction)
	}
	c.execute(id)
	c.rests("keep", types.StackStatusUpdateComplete)
	if left := c.left(); len(left) != 2 {
		t.Errorf("left: %v", left)
	}
	id = c.propose("keep", "third", types.ChangeSetTypeUpdate, strings.Replace(two, "Outputs", "Outputs", 1))
	if r := c.values(id)["One"]; r.Action != types.ChangeActionRemove || r.PolicyAction != types.PolicyActionRetain {
		t.Errorf("%+v", r)
	}
	c.execute(id)
	c.rests("keep", types.StackStatusUpdateComplete)
	if left := c.left(); len(left) != 5 {
		t.Errorf("left: %v", left)
	}
	if story := strings.Join(c.story("keep"), "\n"); strings.Count(story, "One DELETE_SKIPPED") != 2 {
		t.Error(story)
	}
}

// What was made by the operation that fails goes in spite of RetainExceptOnCreate, and stays under Retain.
func TestRetainExceptOnCreate(t *testing.T) {
	for policy, want := range map[string]int{"Retain": 1, "RetainExceptOnCreate": 0} {
		c := open(t)
		text := strings.Replace(bad, "Good: {", "Good: {DeletionPolicy: "+policy+", ", 1)
		c.execute(c.propose("policy", "first", types.ChangeSetTypeCreate, text))
		c.rests("policy", types.StackStatusRollbackComplete)
		if n := len(c.left()); n != want {
			t.Errorf("%s: %d left", policy, n)
		}
	}
}
