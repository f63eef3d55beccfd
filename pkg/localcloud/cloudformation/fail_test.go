package cloudformation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// bad fails while another resource is in flight and a third waits.
const bad = `
Resources:
  Bad: {Type: AWS::Test::Thing, Properties: {Text: refused}}
  Good: {Type: AWS::Test::Thing, Properties: {Text: good}}
  Later: {Type: AWS::Test::Thing, DependsOn: Bad}
`

func TestCreateFails(t *testing.T) {
	c := open(t)
	id := c.propose("fails", "first", types.ChangeSetTypeCreate, bad)
	c.execute(id)
	st := c.rests("fails", types.StackStatusRollbackComplete)
	if len(c.left()) != 0 {
		t.Errorf("left: %v", c.left())
	}
	if c.set(id).ExecutionStatus != types.ExecutionStatusExecuteFailed {
		t.Errorf("the change set is %s", c.set(id).ExecutionStatus)
	}
	if st.LastOperations[0].OperationType != types.OperationTypeRollback || st.DeletionTime == nil {
		t.Errorf("operations %v, deletion %v", st.LastOperations, st.DeletionTime)
	}
	golden(t, "create-fails.txt", c.story("fails"))
	_, err := c.CreateChangeSet(c.ctx(), proposal("fails", "next", types.ChangeSetTypeUpdate, two))
	refused(t, err, "ValidationError", "Stack:"+*st.StackId+" is in ROLLBACK_COMPLETE state and can not be updated.")
}

func TestOnStackFailure(t *testing.T) {
	for mode, want := range map[types.OnStackFailure]types.StackStatus{
		types.OnStackFailureRollback:  types.StackStatusRollbackComplete,
		types.OnStackFailureDoNothing: types.StackStatusCreateFailed,
		types.OnStackFailureDelete:    types.StackStatusDeleteComplete,
	} {
		t.Run(string(mode), func(t *testing.T) {
			c := open(t)
			in := proposal("fails", "first", types.ChangeSetTypeCreate, bad)
			in.OnStackFailure = mode
			out, err := c.CreateChangeSet(c.ctx(), in)
			id := *must(t, out, err).Id
			c.pass(10 * time.Second)
			_, err = c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{
				ChangeSetName: &id, DisableRollback: aws.Bool(true),
			})
			refused(t, err, "ValidationError", "DisableRollback")
			c.execute(id)
			c.pass(time.Minute)
			st := c.status(*out.StackId, want)
			if n := len(c.left()); (n == 1) != (mode == types.OnStackFailureDoNothing) {
				t.Errorf("left: %v", c.left())
			}
			if mode == types.OnStackFailureDoNothing && (!*st.DisableRollback ||
				*st.StackStatusReason != "The following resource(s) failed to create: [Bad, Good]. ") {
				t.Errorf("reason %q", *st.StackStatusReason)
			}
		})
	}
}

// A rollback that cannot remove a resource, deletions that cannot either, and the two ways out.
func TestDeleteFails(t *testing.T) {
	template := strings.Replace(bad, "Text: good", "Text: stuck", 1)
	for name, way := range map[string]*cfn.DeleteStackInput{
		"retain": {RetainResources: []string{"Good"}},
		"force":  {DeletionMode: types.DeletionModeForceDeleteStack},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			c.execute(c.propose("held", "first", types.ChangeSetTypeCreate, template))
			st := c.rests("held", types.StackStatusRollbackFailed)
			way.StackName = st.StackId
			_, err := c.DeleteStack(c.ctx(), way)
			refused(t, err, "ValidationError", "only when the stack is in the DELETE_FAILED state.")
			_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: st.StackId})
			must(t, 0, err)
			st = c.rests("held", types.StackStatusDeleteFailed)
			if *st.StackStatusReason != "The following resource(s) failed to delete: [Good]. " {
				t.Errorf("reason %q", *st.StackStatusReason)
			}
			_, err = c.DeleteStack(c.ctx(), way)
			must(t, 0, err)
			c.rests(*st.StackId, types.StackStatusDeleteComplete)
			if len(c.left()) != 1 {
				t.Errorf("left: %v", c.left())
			}
			golden(t, "delete-fails-"+name+".txt", c.story(*st.StackId))
		})
	}
}

// A deletion stops a creation that goes on.
func TestDeleteWhileCreating(t *testing.T) {
	c := open(t)
	c.execute(c.propose("short", "first", types.ChangeSetTypeCreate, two))
	c.pass(4 * time.Second)
	id := *c.status("short", types.StackStatusCreateInProgress).StackId
	_, err := c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("short")})
	must(t, 0, err)
	c.rests(id, types.StackStatusDeleteComplete)
	if !strings.Contains(strings.Join(c.story(id), "\n"), "Resource creation cancelled") {
		t.Errorf("%v", c.story(id))
	}
	if len(c.left()) != 0 {
		t.Errorf("left: %v", c.left())
	}
}

// The reason of a handler's refusal has AWS's form, and is the first that is not a cancellation.
func TestTrap21TheCauseComesFirst(t *testing.T) {
	c := open(t)
	c.execute(c.propose("fails", "first", types.ChangeSetTypeCreate, bad))
	c.rests("fails", types.StackStatusRollbackComplete)
	var failed []string
	for _, line := range c.story("fails") {
		if strings.Contains(line, "CREATE_FAILED") {
			failed = append(failed, requestToken.ReplaceAllString(line, "RequestToken: TOKEN"))
		}
	}
	want := []string{
		`  13s Bad CREATE_FAILED: Resource handler returned message: "the text is refused" (RequestToken: TOKEN, ` +
			`HandlerErrorCode: InvalidRequest)`,
		`  13s Good CREATE_FAILED Good-1: Resource creation cancelled`,
	}
	if !slices.Equal(failed, want) {
		t.Errorf("%s", strings.Join(failed, "\n"))
	}
}

// What a cleanup cannot remove is tried three times and left behind; the update is complete all the same.
func TestTrap22CleanupFails(t *testing.T) {
	c := open(t)
	c.create("clean", strings.Replace(two, "Text: beside", "Text: stuck", 1))
	c.update("clean", "second", changed)
	st := c.rests("clean", types.StackStatusUpdateComplete)
	if *st.StackStatusReason != "Update successful. One or more resources could not be deleted." {
		t.Errorf("reason %q", *st.StackStatusReason)
	}
	n := 0
	for _, line := range c.story("clean") {
		if strings.Contains(line, "Beside DELETE_FAILED") {
			n++
		}
	}
	if n != 3 || c.left()["Beside-2"] == nil {
		t.Errorf("%d attempts; left: %v", n, c.left())
	}
	out, err := c.ListStackResources(c.ctx(), &cfn.ListStackResourcesInput{StackName: aws.String("clean")})
	for _, r := range must(t, out, err).StackResourceSummaries {
		if *r.LogicalResourceId == "Beside" {
			t.Error("it still belongs to the stack")
		}
	}
}

// A stack that cleans up can neither be updated nor deleted.
func TestTrap25CleanupIsWork(t *testing.T) {
	c := open(t)
	c.create("clean", two)
	c.update("clean", "second", changed)
	for c.stack("clean").StackStatus == types.StackStatusUpdateInProgress {
		c.pass(time.Second)
	}
	st := c.status("clean", types.StackStatusUpdateCompleteCleanupInProgress)
	_, err := c.CreateChangeSet(c.ctx(), proposal("clean", "next", types.ChangeSetTypeUpdate, two))
	refused(t, err, "ValidationError",
		"Stack:"+*st.StackId+" is in UPDATE_COMPLETE_CLEANUP_IN_PROGRESS state and can not be updated.")
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("clean")})
	refused(t, err, "ValidationError", "cannot be deleted while in status UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
}

// The pages say that DisableRollback is true unless it is given; what happens is a rollback.
func TestTrap37RollbackIsTheDefault(t *testing.T) {
	c := open(t)
	id := c.propose("fails", "first", types.ChangeSetTypeCreate, bad)
	_, err := c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id})
	must(t, 0, err)
	c.rests("fails", types.StackStatusRollbackComplete)
}
