package stack_test

import (
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// setupWalks lead from each state that a stack may be found in, brought about in the cloud, to its end by setup.
func setupWalks() map[string]walk {
	const (
		anew    = "CreateChangeSet ExecuteChangeSet"
		deletes = "DeleteStack " + anew
		loss    = "the stack plldb could not be created, and what was made of it is still there, and deleting it would"
	)
	withRole, alone := first+roleAfter("Table"), simple+roleAfter("Group")
	created, updated := ending{anew, report.Created, 0}, ending{anew, report.Updated, 0}
	refused := ending{"", report.Failed, report.ExitFailed}
	changed := strings.Replace(withRole, "RetentionInDays: 7", "RetentionInDays: 30", 1)
	changedAlone := strings.Replace(alone, "RetentionInDays: 7", "RetentionInDays: 30", 1)
	allowed := stack.Consents{AllowDataLoss: true}
	return map[string]walk{
		"nothing": {nothing, first, stack.Consents{}, created, "CREATE_COMPLETE", ""},
		"somebody else's": {
			theirs, first, stack.Consents{}, refused, "CREATE_COMPLETE", "the stack plldb was not made by plldb: it has no tag",
		},
		"somebody else's, adopted": {
			theirs, first, stack.Consents{Adopt: true}, updated, "UPDATE_COMPLETE", "",
		},
		"REVIEW_IN_PROGRESS (trap 18)": {
			reviewed, first, stack.Consents{}, created, "CREATE_COMPLETE", "",
		},
		"ROLLBACK_COMPLETE": {
			rolledBack, first,
			stack.Consents{},
			ending{deletes, report.Created, 0},
			"CREATE_COMPLETE",
			"the stack plldb could not be created when it was tried, and never worked: delete, then create",
		},
		"CREATE_FAILED": {
			createFailed("Role", alone), alone,
			stack.Consents{},
			ending{deletes, report.Created, 0},
			"CREATE_COMPLETE",
			"the stack plldb could not be created, and what was made of it is still there; still there: Group",
		},
		"CREATE_FAILED, with a table": {
			createFailed("Role", withRole), withRole, stack.Consents{}, refused, "CREATE_FAILED", loss,
		},
		"CREATE_FAILED, with a table, allowed": {
			createFailed("Role", withRole), withRole, allowed, ending{deletes, report.Created, 0}, "CREATE_COMPLETE", "",
		},
		"ROLLBACK_FAILED": {
			rollbackFailed(1), simple,
			stack.Consents{},
			ending{deletes, report.Created, 0},
			"CREATE_COMPLETE",
			"the stack plldb could not be created, nor rolled back; still there: Group (AWS::Logs::LogGroup)",
		},
		"ROLLBACK_FAILED, not deleted": {
			rollbackFailed(0), simple,
			stack.Consents{},
			ending{"DeleteStack", report.Failed, report.ExitStack},
			"DELETE_FAILED",
			"the stack plldb could not be deleted: Group (AWS::Logs::LogGroup) could not be deleted: it is in use",
		},
		"UPDATE_FAILED": {
			updateFailed, second,
			stack.Consents{},
			ending{"RollbackStack " + anew, report.Updated, 0},
			"UPDATE_COMPLETE",
			"the stack plldb stands half-way in an update that failed: roll back",
		},
		"UPDATE_FAILED, never stable": {
			neverStable(alone, changedAlone), alone,
			stack.Consents{},
			ending{"RollbackStack " + anew, report.Created, 0},
			"CREATE_COMPLETE", "",
		},
		"UPDATE_FAILED, never stable, with a table (trap 51)": {
			neverStable(withRole, changed), withRole,
			stack.Consents{},
			refused, "UPDATE_FAILED",
			"the stack plldb was never complete, so rolling it back would delete it and lose the table Table",
		},
		"UPDATE_FAILED, not rolled back at first": {
			func(c *cloud) {
				updateFailed(c)
				c.fails("UPDATE", "Group", "not yet", 1)
			},
			second,
			stack.Consents{},
			ending{"RollbackStack ContinueUpdateRollback " + anew, report.Updated, 0},
			"UPDATE_COMPLETE", "",
		},
		"UPDATE_ROLLBACK_FAILED": {
			mended, second,
			stack.Consents{},
			ending{"ContinueUpdateRollback " + anew, report.Updated, 0},
			"UPDATE_COMPLETE", "the stack plldb could not be rolled back: continue the rollback",
		},
		"UPDATE_ROLLBACK_FAILED, for what it was": { // a repair that leaves nothing to update is not "unchanged"
			mended, first, stack.Consents{}, ending{
				"ContinueUpdateRollback CreateChangeSet DeleteChangeSet",
				report.Updated, 0,
			}, "UPDATE_ROLLBACK_COMPLETE", "",
		},
		"UPDATE_ROLLBACK_FAILED again": {
			unrolled, second,
			stack.Consents{},
			ending{"ContinueUpdateRollback", report.Failed, report.ExitStack},
			"UPDATE_ROLLBACK_FAILED", "mend that, then run this again; with --force-rollback it skips",
		},
		"UPDATE_ROLLBACK_FAILED, by force": { // what was skipped stays as it is, and is not known to CloudFormation
			func(c *cloud) {
				complete(c)
				lift := c.stuck()
				c.before["CreateChangeSet"] = lift
			},
			rekeyed,
			stack.Consents{ForceRollback: true, AllowDataLoss: true},
			ending{"ContinueUpdateRollback " + anew, report.Updated, 0},
			"UPDATE_COMPLETE",
			"the stack plldb could not be rolled back: continue the rollback, skipping what cannot be rolled back",
		},
		"DELETE_FAILED": {
			held(0), first,
			stack.Consents{},
			ending{"", report.Failed, report.ExitStack},
			"DELETE_FAILED",
			"the stack plldb could not be deleted; held by Group (AWS::Logs::LogGroup): it is in use",
		},
		"being updated": {
			func(c *cloud) {
				complete(c)
				c.them.begin(types.ChangeSetTypeUpdate, renamed)
			},
			first,
			stack.Consents{},
			updated, "UPDATE_COMPLETE", "the stack plldb is being updated, begun at ",
		},
		"being cleaned up (trap 25)": {
			func(c *cloud) {
				complete(c)
				c.them.begin(types.ChangeSetTypeUpdate, renamed)
				for c.them.stack("plldb").StackStatus == types.StackStatusUpdateInProgress {
					time.Sleep(100 * time.Millisecond)
				}
				c.status("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
			},
			renamed,
			stack.Consents{},
			ending{"", report.Unchanged, 0},
			"UPDATE_COMPLETE",
			"the stack plldb is updated, and what it replaced is being removed, begun at ",
		},
		"being deleted": {
			func(c *cloud) {
				complete(c)
				c.them.delete()
			},
			first,
			stack.Consents{},
			created, "CREATE_COMPLETE", "the stack plldb is being deleted, begun at ",
		},
		"a table is replaced": {
			complete, rekeyed,
			stack.Consents{},
			ending{"CreateChangeSet DeleteChangeSet", report.Failed, report.ExitFailed},
			"CREATE_COMPLETE",
			"the update of the stack plldb replaces the table Table, and its data would not be in the new one",
		},
		"a table is replaced, allowed": {complete, rekeyed, allowed, updated, "UPDATE_COMPLETE", ""},
		"a table goes": {
			complete, simple,
			stack.Consents{},
			ending{"CreateChangeSet DeleteChangeSet", report.Failed, report.ExitFailed},
			"CREATE_COMPLETE",
			"the update of the stack plldb removes the table Table, and its data would not be in the new one",
		},
		"a template that is none, at first": {
			nothing, "Resources: [",
			stack.Consents{},
			ending{"CreateChangeSet", report.Failed, report.ExitFailed},
			"",
			"CloudFormation refuses the change of the stack plldb: Template format error: ",
		},
		"a template that cannot be, at first": {
			nothing, strings.Replace(first, "DependsOn: Group", "DependsOn: Nobody", 1),
			stack.Consents{},
			ending{"CreateChangeSet", report.Failed, report.ExitFailed},
			"", "CloudFormation refuses the change of the",
		},
		"a template with a property that is none, at first": {
			nothing, strings.Replace(first, "RetentionInDays", "Retention", 1),
			stack.Consents{},
			ending{"CreateChangeSet DeleteChangeSet DeleteStack", report.Failed, report.ExitFailed},
			"",
			"CloudFormation refuses the change of the stack plldb: Group (AWS::Logs::LogGroup) is not valid: ",
		},
	}
}
