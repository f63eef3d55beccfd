package stack_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// walk is a run from a state that the cloud was brought to: what it writes, and how it ends.
type walk struct {
	prepare  func(c *cloud)
	text     string // "" destroys
	consents stack.Consents
	ending   ending
	state    string // of the stack afterwards; "" is none
	says     string // how a line of the story, or of the problem's two, begins
}

func (k walk) verb() stack.Verb {
	if k.text == "" {
		return stack.Destroy
	}
	return stack.Setup
}

func (k walk) take(t *testing.T, c *cloud) {
	t.Helper()
	k.prepare(c)
	c.begin()
	var res stack.Result
	var err error
	if k.text == "" {
		res, err = c.destroy(k.consents)
	} else {
		res, err = c.deploy(k.text, k.consents)
	}
	k.ending.check(t, c, res, err)
	if p, is := err.(*report.Problem); is {
		c.story.Tell(report.Notice{Text: p.Message})
		c.story.Tell(report.Notice{Text: p.Hint})
	}
	if k.says != "" {
		c.says("notice: " + k.says)
	}
	time.Sleep(10 * time.Second) // an empty stack is given up without waiting for its end
	if seen := c.look(); seen.Status != k.state {
		t.Errorf("the stack is left in %q, want %q", seen.Status, k.state)
	} else if seen.Exists && k.state != "REVIEW_IN_PROGRESS" && len(c.them.sets()) != 0 {
		t.Errorf("change sets are left: %v", c.them.sets())
	}
}

// roleAfter is the role, made when another resource is there.
func roleAfter(id string) string {
	return strings.Replace(role, "{Type", "{DependsOn: "+id+", Type", 1)
}

func nothing(*cloud) {}

func complete(c *cloud) { c.deployed(first, report.Created) }

func reviewed(c *cloud) { c.them.propose(types.ChangeSetTypeCreate, first) }

// theirs is a stack that plldb did not make.
func theirs(c *cloud) {
	text := first
	out, err := c.them.cfn.CreateStack(c.t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("plldb"), TemplateBody: &text,
	})
	ok(c, out, err)
	c.them.rests("CREATE_COMPLETE")
}

// rolledBack is a stack that could not be created.
func rolledBack(c *cloud) {
	c.fails("CREATE", "Table", "it is broken", 1)
	_, err := c.deploy(first, stack.Consents{})
	mustProblem(c.t, err, report.ExitStack)
	c.status("ROLLBACK_COMPLETE")
}

// createFailed is a stack of which somebody left what was made.
func createFailed(failing, text string) func(c *cloud) {
	return func(c *cloud) {
		c.fails("CREATE", failing, "it is broken", 1)
		c.them.halfWay(types.ChangeSetTypeCreate, text, "CREATE_FAILED")
	}
}

// rollbackFailed is a stack whose creation failed and could not be undone; the group holds it so many times.
func rollbackFailed(times int) func(c *cloud) {
	return func(c *cloud) {
		c.fails("CREATE", "Role", "it is broken", 1)
		c.fails("DELETE", "Group", "it is in use", times)
		_, err := c.deploy(simple+roleAfter("Group"), stack.Consents{})
		mustProblem(c.t, err, report.ExitStack)
		c.status("ROLLBACK_FAILED")
	}
}

// updateFailed stands half-way in an update.
func updateFailed(c *cloud) {
	complete(c)
	c.fails("UPDATE", "Table", "it is broken", 1)
	c.them.halfWay(types.ChangeSetTypeUpdate, second, "UPDATE_FAILED")
}

// neverStable stands half-way in an update, and never was complete.
func neverStable(text, changed string) func(c *cloud) {
	return func(c *cloud) {
		createFailed("Role", text)(c)
		c.fails("UPDATE", "Group", "it is broken", 1)
		c.them.halfWay(types.ChangeSetTypeUpdate, changed, "UPDATE_FAILED")
	}
}

func unrolled(c *cloud) {
	complete(c)
	c.stuck()
}

// mended is unrolled, and what kept it so is gone.
func mended(c *cloud) {
	complete(c)
	c.stuck()()
}

// held is a stack that was not deleted; a group is in use for so many deletions more.
func held(times int) func(c *cloud) {
	return func(c *cloud) {
		complete(c)
		c.fails("DELETE", "Group", "it is in use", times+1)
		_, err := c.destroy(stack.Consents{})
		mustProblem(c.t, err, report.ExitStack)
		c.status("DELETE_FAILED")
	}
}
