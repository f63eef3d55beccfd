package rollout_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

// What only an account shows that works while nobody looks.

const tooSmall = `Resource handler returned message: "Memory is too small (Service: Lambda, Status Code: 400)" ` +
	`(RequestToken: 0, HandlerErrorCode: InvalidRequest)`

// A first setup that failed leaves a stack that can only be deleted: the next one does, and makes it anew.
func TestAFirstSetupThatFails(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	lift := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "ConnectFunction", Action: "CREATE", Fail: tooSmall})
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantProblem(t, o, report.RolledBack, report.ExitStack,
		"ConnectFunction (AWS::Lambda::Function) could not be created: Memory is too small")
	if status := c.status(t); status != "ROLLBACK_COMPLETE" || o.StackStatus != status || len(c.code(t)) > 0 {
		t.Errorf("the stack is %s, in the outcome %s, and the functions are %v", status, o.StackStatus, c.code(t))
	}
	lift()
	before := len(c.writes())
	o = setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Created)
	c.holds(t, o)
	if wrote := c.writes()[before:]; !slices.Contains(wrote, "cloudformation.DeleteStack") ||
		!c.story.says("never worked: "+string(stack.DeleteThenCreate)) {
		t.Errorf("it wrote %v", wrote)
	}
}

// An update that failed leaves what was there, and the next setup makes of it what it should be.
func TestAnUpdateThatFails(t *testing.T) {
	t.Parallel()
	root, c := tree(t), newSlowCloud(t)
	first := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, first, report.Created)
	code := c.code(t)
	program(t, root, names[2], "something else")
	lift := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "DefaultFunction", Times: 1, Fail: tooSmall})
	o := setup(t, c, rollout.Settings{Dir: root})
	wantProblem(t, o, report.RolledBack, report.ExitStack,
		"DefaultFunction (AWS::Lambda::Function) could not be updated: Memory is too small")
	if runs := c.code(t); c.status(t) != "UPDATE_ROLLBACK_COMPLETE" || !slices.Equal(runs, code) {
		t.Errorf("the stack is %s, and the functions run %v, before %v", c.status(t), runs, code)
	}
	lift()
	o = setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Updated)
	c.holds(t, o)
}

// What cannot be deleted is named, and holds the stack until it is mended, or left behind by --force.
func TestAStackThatCannotBeDeleted(t *testing.T) {
	t.Parallel()
	for _, force := range []bool{false, true} {
		c := newSlowCloud(t)
		wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
		lift := c.Faults().Resource(localcloud.ResourceFault{
			LogicalID: "PLLDBSessions", Action: "DELETE", Fail: "Table is being backed up",
		})
		o := destroy(t, c, rollout.Settings{})
		wantProblem(t, o, report.Failed, report.ExitStack,
			"PLLDBSessions (AWS::DynamoDB::Table) could not be deleted: Table is being backed up", "--force")
		if c.status(t) != "DELETE_FAILED" {
			t.Errorf("the stack is %s", c.status(t))
		}
		wantProblem(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Failed, report.ExitStack, "held by PLLDBSessions")
		if !force {
			lift()
		}
		wantStatus(t, destroy(t, c, rollout.Settings{Consents: stack.Consents{Force: force}}), report.Deleted)
		if c.stack(t) != nil || c.story.says("PLLDBSessions (AWS::DynamoDB::Table) is kept") != force {
			t.Errorf("force %t: the stack is %v", force, c.stack(t))
		}
	}
}

// physical is the name that a resource has in the account.
func (c *cloud) physical(t *testing.T, logicalID string) string {
	t.Helper()
	out, err := c.formation().DescribeStackResources(t.Context(), &cfn.DescribeStackResourcesInput{
		StackName: stackName, LogicalResourceId: &logicalID,
	})
	return aws.ToString(must(t, out, err).StackResources[0].PhysicalResourceId)
}

// Trap 10: an update that would replace a table is refused before anything is written; with consent it is done.
func TestTrap10ATableThatWouldBeReplaced(t *testing.T) {
	t.Parallel()
	root, c := tree(t), newSlowCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	table, before := c.physical(t, "PLLDBDebugger"), len(c.writes())
	write(t, templateIn(root), strings.ReplaceAll(string(cloudformation.Template()), "RequestId", "QuestionId"))

	o := setup(t, c, rollout.Settings{Dir: root})
	wantProblem(t, o, report.Failed, report.ExitFailed, "table PLLDBDebugger", "data would be lost", "--allow-data-loss")
	if wrote := c.writes()[before:]; len(wrote) > 0 || c.status(t) != "CREATE_COMPLETE" {
		t.Errorf("it wrote %v, and the stack is %s", wrote, c.status(t))
	}

	o = setup(t, c, rollout.Settings{Dir: root, Consents: stack.Consents{AllowDataLoss: true}})
	wantStatus(t, o, report.Updated)
	c.holds(t, o)
	if now := c.physical(t, "PLLDBDebugger"); now == table {
		t.Errorf("the table is still %s", now)
	}
}

// Somebody else's update is followed to its end, and then comes this run's own.
func TestABusyStack(t *testing.T) {
	t.Parallel()
	root, c := tree(t), newSlowCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	_, err := c.formation().UpdateStack(t.Context(), &cfn.UpdateStackInput{
		StackName: stackName, UsePreviousTemplate: aws.Bool(true),
		Tags:         []cfntypes.Tag{ours(), {Key: aws.String("team"), Value: aws.String("theirs")}},
		Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityIam},
	})
	mustDo(t, err)
	if c.status(t) != "UPDATE_IN_PROGRESS" {
		t.Fatalf("the stack is %s", c.status(t))
	}
	program(t, root, names[0], "something else")
	o := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Updated)
	c.holds(t, o)
	if !c.story.says("is being updated, begun at ") || !c.story.says(": "+string(stack.Follow)) || len(c.stack(t).Tags) != 2 {
		t.Errorf("it was not followed, or its tags are %d", len(c.stack(t).Tags))
	}
}

// Trap 61: two people set up at the same moment. Both are told that it went well, and it did. Who sent the newest versions
// and who came last to the stack may be two: then the next setup still has something to do, and the one after it has not.
func TestTrap61TwoAtOnce(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	var both [2]report.Outcome
	var wait sync.WaitGroup
	for i := range both {
		root := tree(t) // each has a clone; what is made of them is the same
		wait.Go(func() { both[i] = setup(t, c, rollout.Settings{Dir: root}) })
	}
	wait.Wait()
	for _, o := range append(both[:], setup(t, c, rollout.Settings{Dir: untouched})) {
		if o.Problem != nil {
			t.Errorf("status %s: %+v", o.Status, o.Problem)
		}
	}
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Unchanged)
	c.holds(t, o)
}

// A stack that plldb did not make is left alone, by destroy too.
func TestAForeignStack(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	c.makeStack(t, logGroup)
	wantProblem(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Failed, report.ExitFailed, "plldb", "--adopt")
	wantProblem(t, destroy(t, c, rollout.Settings{}), report.Failed, report.ExitFailed, "plldb", "--adopt")
	if wrote := c.writes(); len(wrote) > 0 || c.status(t) != "CREATE_COMPLETE" {
		t.Errorf("wrote %v, and the stack is %s", wrote, c.status(t))
	}
	o := setup(t, c, rollout.Settings{Dir: untouched, Consents: stack.Consents{Adopt: true}})
	wantStatus(t, o, report.Updated)
	c.holds(t, o)
}
