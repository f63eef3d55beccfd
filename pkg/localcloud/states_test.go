package localcloud_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// Two log groups, of which the second comes after the first; and what an update makes of them: both change, the second
// has a new name, so the old one is removed, and a third is new.
const (
	groups = `
Resources:
  One: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 1}}
  Two: {Type: AWS::Logs::LogGroup, DependsOn: One, Properties: {LogGroupName: two}}
`
	otherGroups = `
Resources:
  One: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 3}}
  Two: {Type: AWS::Logs::LogGroup, DependsOn: One, Properties: {LogGroupName: new}}
  New: {Type: AWS::Logs::LogGroup, DependsOn: Two}
`
)

// trial is one stack of a cloud at AWS's speed, on a clock that the test turns.
type trial struct {
	testing.TB
	*cloudformation.Client
	*localcloud.Faults
	cloud *localcloud.Cloud
	hand  *clock.Hand
	id    *string
}

func (c *trial) must(err error) {
	c.Helper()
	if err != nil {
		c.Fatal(err)
	}
}

// turn lets time go by, in which nothing begins that a service has not finished.
func (c *trial) turn() {
	c.Helper()
	for range 60 {
		c.hand.Turn(time.Second)
		c.must(c.cloud.Settle(c.Context()))
	}
}

func (c *trial) fault(id, action string, after int) {
	c.Resource(localcloud.ResourceFault{LogicalID: id, Action: action, After: after, Fail: "told to fail"})
}

func (c *trial) stall(id, action string) {
	c.Resource(localcloud.ResourceFault{LogicalID: id, Action: action, Stall: true})
}

func (c *trial) create(onFailure types.OnFailure) {
	c.Helper()
	out, err := c.CreateStack(c.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("some"), TemplateBody: aws.String(groups), OnFailure: onFailure,
	})
	c.must(err)
	c.id = out.StackId
	c.turn()
}

func (c *trial) update(disableRollback bool) {
	c.Helper()
	_, err := c.UpdateStack(c.Context(), &cloudformation.UpdateStackInput{
		StackName: c.id, TemplateBody: aws.String(otherGroups), DisableRollback: &disableRollback,
	})
	c.must(err)
	c.turn()
}

func (c *trial) remove() {
	c.Helper()
	_, err := c.DeleteStack(c.Context(), &cloudformation.DeleteStackInput{StackName: c.id})
	c.must(err)
	c.turn()
}

// Every state of a stack, and the way into it; but for those of imports, which are not modelled.
func TestEveryState(t *testing.T) {
	ways := map[types.StackStatus]func(c *trial){
		"REVIEW_IN_PROGRESS": func(c *trial) {
			out, err := c.CreateChangeSet(c.Context(), &cloudformation.CreateChangeSetInput{
				StackName: aws.String("some"), ChangeSetName: aws.String("set"), TemplateBody: aws.String(groups),
				ChangeSetType: types.ChangeSetTypeCreate,
			})
			c.must(err)
			c.id = out.StackId
		},
		"CREATE_IN_PROGRESS": func(c *trial) { c.stall("Two", "CREATE"); c.create("") },
		"CREATE_COMPLETE":    func(c *trial) { c.create("") },
		"CREATE_FAILED":      func(c *trial) { c.fault("Two", "CREATE", 0); c.create(types.OnFailureDoNothing) },
		"ROLLBACK_IN_PROGRESS": func(c *trial) {
			c.fault("Two", "CREATE", 0)
			c.stall("One", "DELETE")
			c.create("")
		},
		"ROLLBACK_COMPLETE": func(c *trial) { c.fault("Two", "CREATE", 0); c.create("") },
		"ROLLBACK_FAILED": func(c *trial) {
			c.fault("Two", "CREATE", 0)
			c.fault("One", "DELETE", 0)
			c.create("")
		},
		"UPDATE_IN_PROGRESS": func(c *trial) { c.create(""); c.stall("One", "UPDATE"); c.update(false) },
		"UPDATE_COMPLETE":    func(c *trial) { c.create(""); c.update(false) },
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": func(c *trial) {
			c.create("")
			c.stall("Two", "DELETE")
			c.update(false)
		},
		"UPDATE_FAILED": func(c *trial) { c.create(""); c.fault("New", "CREATE", 0); c.update(true) },
		"UPDATE_ROLLBACK_IN_PROGRESS": func(c *trial) {
			c.create("")
			c.fault("New", "CREATE", 0)
			c.Resource(localcloud.ResourceFault{LogicalID: "One", Action: "UPDATE", After: 1, Stall: true})
			c.update(false)
		},
		"UPDATE_ROLLBACK_COMPLETE": func(c *trial) { c.create(""); c.fault("New", "CREATE", 0); c.update(false) },
		"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": func(c *trial) {
			c.create("")
			c.fault("New", "CREATE", 0)
			c.stall("Two", "DELETE")
			c.update(false)
		},
		"UPDATE_ROLLBACK_FAILED": func(c *trial) {
			c.create("")
			c.fault("New", "CREATE", 0)
			c.fault("One", "UPDATE", 1) // the way back
			c.update(false)
		},
		"DELETE_IN_PROGRESS": func(c *trial) { c.create(""); c.stall("One", "DELETE"); c.remove() },
		"DELETE_FAILED":      func(c *trial) { c.create(""); c.fault("One", "DELETE", 0); c.remove() },
		"DELETE_COMPLETE":    func(c *trial) { c.create(""); c.remove() },
	}
	for _, state := range types.StackStatus("").Values() {
		if _, there := ways[state]; !there && !strings.HasPrefix(string(state), "IMPORT_") {
			t.Errorf("there is no way into %s", state)
		}
	}
	for state, reach := range ways {
		t.Run(string(state), func(t *testing.T) {
			leavesNothing(t)
			hand := clock.NewHand(time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC))
			server, config := serve(t, localcloud.Options{Clock: hand})
			c := &trial{
				TB: t, Client: cloudformation.NewFromConfig(config), Faults: server.Cloud().Faults(), cloud: server.Cloud(),
				hand: hand,
			}
			reach(c)
			out, err := c.DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: c.id})
			c.must(err)
			if got := out.Stacks[0].StackStatus; got != state {
				t.Errorf("it is %s", got)
			}
		})
	}
}
