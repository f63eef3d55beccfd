package stack_test

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// raceWalks are those in which somebody else of the same account is faster, each in another way (trap 61): the run looks
// again, and ends well.
func raceWalks() map[string]walk {
	const busy = "somebody else is at work on the stack plldb: looking again"
	before := func(prepare func(c *cloud), operation string, do func(c *cloud)) func(c *cloud) {
		return func(c *cloud) {
			prepare(c)
			c.before[operation] = func() { do(c) }
		}
	}
	return map[string]walk{
		"with the same change set": {
			before(complete, "ExecuteChangeSet", func(c *cloud) {
				c.them.execute(c.calls[len(c.calls)-1].Get("ChangeSetName"), false)
			}),
			second,
			stack.Consents{},
			ending{"CreateChangeSet ExecuteChangeSet DeleteChangeSet", report.Unchanged, 0},
			"UPDATE_COMPLETE", busy,
		},
		"with another change set": {
			before(complete, "ExecuteChangeSet", func(c *cloud) { c.them.begin(types.ChangeSetTypeUpdate, renamed) }),
			second,
			stack.Consents{},
			ending{"CreateChangeSet ExecuteChangeSet DeleteChangeSet CreateChangeSet ExecuteChangeSet", report.Updated, 0},
			"UPDATE_COMPLETE", busy,
		},
		"with an update, before the change set": {
			before(complete, "CreateChangeSet", func(c *cloud) { c.them.begin(types.ChangeSetTypeUpdate, renamed) }),
			second,
			stack.Consents{},
			ending{"CreateChangeSet CreateChangeSet ExecuteChangeSet", report.Updated, 0},
			"UPDATE_COMPLETE", busy,
		},
		"with a deletion, before the change set": {
			before(complete, "CreateChangeSet", func(c *cloud) { c.them.delete() }),
			second,
			stack.Consents{},
			ending{"CreateChangeSet CreateChangeSet ExecuteChangeSet", report.Created, 0},
			"CREATE_COMPLETE", busy,
		},
		"with a deletion, before the execution": {
			before(complete, "ExecuteChangeSet", func(c *cloud) {
				c.them.delete()
				time.Sleep(time.Minute)
			}),
			second,
			stack.Consents{},
			ending{"CreateChangeSet ExecuteChangeSet DeleteChangeSet CreateChangeSet ExecuteChangeSet", report.Created, 0},
			"CREATE_COMPLETE", busy,
		},
		"with the first creation": {
			before(nothing, "CreateChangeSet", func(c *cloud) { c.them.begin(types.ChangeSetTypeCreate, first) }),
			first,
			stack.Consents{},
			ending{"CreateChangeSet", report.Unchanged, 0},
			"CREATE_COMPLETE", busy,
		},
		"with an update, before the deletion": {
			before(complete, "DeleteStack", func(c *cloud) { c.them.begin(types.ChangeSetTypeUpdate, renamed) }),
			"",
			stack.Consents{},
			ending{"DeleteStack DeleteStack", report.Deleted, 0},
			"", busy,
		},
		"with the deletion": {
			before(complete, "DeleteStack", func(c *cloud) {
				c.them.delete()
				time.Sleep(time.Minute)
			}),
			"",
			stack.Consents{},
			ending{"DeleteStack", report.Deleted, 0},
			"", "",
		},
		"with the end of the rollback": {
			before(mended, "ContinueUpdateRollback", func(c *cloud) { c.them.goOn() }),
			second,
			stack.Consents{},
			ending{"ContinueUpdateRollback CreateChangeSet ExecuteChangeSet", report.Updated, 0},
			"UPDATE_COMPLETE", busy,
		},
	}
}
