package stack_test

import (
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// destroyWalks lead from each state that a stack may be found in, brought about in the cloud, to its end by destroy.
func destroyWalks() map[string]walk {
	gone := ending{"DeleteStack", report.Deleted, 0}
	stays := ending{"DeleteStack", report.Failed, report.ExitStack}
	byForce := stack.Consents{Force: true}
	return map[string]walk{
		"nothing":  {nothing, "", stack.Consents{}, ending{"", report.Absent, 0}, "", ""},
		"complete": {complete, "", stack.Consents{}, gone, "", ""},
		"somebody else's": {
			theirs, "", stack.Consents{}, ending{"", report.Failed, report.ExitFailed}, "CREATE_COMPLETE", "",
		},
		"somebody else's, adopted": {theirs, "", stack.Consents{Adopt: true}, gone, "", ""},
		"REVIEW_IN_PROGRESS":       {reviewed, "", stack.Consents{}, gone, "", ""},
		"ROLLBACK_COMPLETE":        {rolledBack, "", stack.Consents{}, gone, "", ""},
		"ROLLBACK_FAILED":          {rollbackFailed(1), "", stack.Consents{}, gone, "", ""},
		"UPDATE_FAILED":            {updateFailed, "", stack.Consents{}, gone, "", ""},
		"UPDATE_ROLLBACK_FAILED": {
			unrolled, "", stack.Consents{}, gone, "", "",
		},
		"held": {
			func(c *cloud) {
				complete(c)
				c.fails("DELETE", "Group", "it is in use", 0)
			},
			"",
			stack.Consents{},
			stays, "DELETE_FAILED",
			"remove what still uses it, then try again; plldb bootstrap destroy --force leaves behind what",
		},
		"held, by force": {
			func(c *cloud) {
				complete(c)
				c.fails("DELETE", "Group", "it is in use", 0)
			},
			"", byForce,
			ending{"DeleteStack DeleteStack", report.Deleted, 0},
			"", "Group (AWS::Logs::LogGroup) is kept: plldb",
		},
		"DELETE_FAILED":           {held(0), "", stack.Consents{}, gone, "", ""},
		"DELETE_FAILED, again":    {held(9), "", stack.Consents{}, stays, "DELETE_FAILED", ""},
		"DELETE_FAILED, by force": {held(9), "", byForce, gone, "", "Group (AWS::Logs::LogGroup) is kept: plldb-Group-"},
		"a table that is protected": {
			func(c *cloud) {
				complete(c)
				c.deployed(second, report.Updated)
			},
			"",
			stack.Consents{},
			stays, "DELETE_FAILED", "take the protection away, then try again; plldb bootstrap",
		},
		"termination protection": {
			func(c *cloud) {
				complete(c)
				c.them.protect()
			},
			"",
			stack.Consents{},
			ending{"", report.Failed, report.ExitFailed},
			"CREATE_COMPLETE",
			"the stack plldb is protected against termination",
		},
		"being updated": {
			func(c *cloud) {
				complete(c)
				c.them.begin(types.ChangeSetTypeUpdate, renamed)
			},
			"",
			stack.Consents{},
			gone, "", "the stack plldb is being updated, begun at ",
		},
		"being deleted": {
			func(c *cloud) {
				complete(c)
				c.them.delete()
			},
			"",
			stack.Consents{},
			ending{"", report.Absent, 0},
			"", "the stack plldb is being deleted, begun at ",
		},
	}
}
