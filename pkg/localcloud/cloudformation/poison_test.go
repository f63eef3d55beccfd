package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

const unreadable = "cannot read a template of the stack s any more: "

// forgets goes on over the same state with a service that knows no attributes of things, to which the templates refer.
func (c *cloud) forgets() *cloud {
	c.t.Helper()
	known := thingTypes(c.things)
	thing := known["AWS::Test::Thing"]
	thing.Attributes = nil
	known[thing.Name] = thing
	return openWith(c.t, c.store, c.hand, c.things, known)
}

// A stack whose template cannot be read any more fails, in whatever it does; the others go on, and it can be deleted.
func TestTemplatesThatCannotBeRead(t *testing.T) {
	cases := map[string]struct {
		before func(c *cloud)
		want   types.StackStatus
	}{
		"before the first job": {func(c *cloud) {
			c.execute(c.propose("s", "first", types.ChangeSetTypeCreate, two))
		}, types.StackStatusRollbackComplete},
		"between the jobs": {func(c *cloud) {
			c.execute(c.propose("s", "first", types.ChangeSetTypeCreate, two))
			c.pass(5 * time.Second)
		}, types.StackStatusRollbackComplete},
		"while it is updated": {func(c *cloud) {
			c.create("s", two)
			c.update("s", "second", changed)
			c.pass(5 * time.Second)
		}, types.StackStatusUpdateRollbackFailed},
		"before the cleanup": {func(c *cloud) {
			c.create("s", two)
			c.update("s", "second", changed)
			for c.stack("s").StackStatus == types.StackStatusUpdateInProgress {
				c.pass(time.Second)
			}
		}, types.StackStatusUpdateComplete},
		"before it is rolled back": {func(c *cloud) {
			c.create("s", two)
			c.update("s", "second", updated)
			for c.stack("s").StackStatus == types.StackStatusUpdateInProgress {
				c.pass(time.Second)
			}
		}, types.StackStatusUpdateRollbackFailed},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			test.before(c)
			other := c.forgets()
			other.create("other", "Resources: {A: {Type: AWS::Test::Thing}}")
			st := other.rests("s", test.want)
			reason := aws.ToString(st.StackStatusReason)
			if test.want != types.StackStatusRollbackComplete && !strings.Contains(reason, unreadable) {
				t.Errorf("reason %q", reason)
			}
			if !strings.Contains(strings.Join(other.story("s"), "\n"), unreadable) {
				t.Errorf("%s", strings.Join(other.story("s"), "\n"))
			}
			_, err := other.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("s")})
			must(t, 0, err)
			other.rests(*st.StackId, types.StackStatusDeleteComplete)
			if left := c.left(); len(left) != 1 { // the other stack's
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestChangeSetsThatCannotBeRead(t *testing.T) {
	c := open(t)
	c.create("s", two)
	out, err := c.CreateChangeSet(c.ctx(), proposal("s", "second", types.ChangeSetTypeUpdate, changed))
	id := *must(t, out, err).Id
	other := c.forgets()
	other.pass(10 * time.Second)
	if d := other.set(id); d.Status != types.ChangeSetStatusFailed || !strings.Contains(*d.StatusReason, unreadable) {
		t.Errorf("%s: %s", d.Status, aws.ToString(d.StatusReason))
	}
	_, err = other.GetTemplateSummary(c.ctx(), &cfn.GetTemplateSummaryInput{StackName: aws.String("s")})
	refused(t, err, "ValidationError", unreadable)
	// Another template takes its place.
	other.update("s", "third", "Resources: {Base: {Type: AWS::Test::Thing, Properties: {Text: base, Kind: a}}}")
	other.rests("s", types.StackStatusUpdateComplete)
}
