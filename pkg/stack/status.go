package stack

import (
	"fmt"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// CloudFormation's words for the state of a stack that the table tells apart (types.StackStatus).
const (
	reviewInProgress       = "REVIEW_IN_PROGRESS"
	createFailed           = "CREATE_FAILED"
	createComplete         = "CREATE_COMPLETE"
	rollbackFailed         = "ROLLBACK_FAILED"
	rollbackComplete       = "ROLLBACK_COMPLETE"
	deleteInProgress       = "DELETE_IN_PROGRESS"
	deleteFailed           = "DELETE_FAILED"
	deleteComplete         = "DELETE_COMPLETE"
	deleteSkipped          = "DELETE_SKIPPED" // of a resource: kept by its deletion policy
	updateComplete         = "UPDATE_COMPLETE"
	updateFailed           = "UPDATE_FAILED"
	updateRollbackFailed   = "UPDATE_ROLLBACK_FAILED"
	updateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE"
	importComplete         = "IMPORT_COMPLETE"
	importRollbackComplete = "IMPORT_ROLLBACK_COMPLETE"
)

// inProgress says whether CloudFormation is at work. A stack in REVIEW_IN_PROGRESS only waits for a change set that may
// never be executed (trap 18); the *_CLEANUP_IN_PROGRESS are work like any other (trap 25).
func inProgress(status string) bool {
	return strings.HasSuffix(status, "_IN_PROGRESS") && status != reviewInProgress
}

// settled says whether nothing goes on and nothing waits.
func settled(status string) bool { return !strings.HasSuffix(status, "_IN_PROGRESS") }

// isBroken says whether what to do depends on what is in the stack.
func isBroken(status string) bool {
	return slices.Contains([]string{createFailed, rollbackFailed, updateFailed, deleteFailed}, status)
}

// isStable says whether RollbackStack counts the status as a state to go back to (api_op_RollbackStack.go).
func isStable(status string) bool {
	return slices.Contains([]string{
		createComplete, updateComplete, updateRollbackComplete, importComplete,
		importRollbackComplete,
	}, status)
}

// isRolledBack says whether the last operation failed and was undone.
func isRolledBack(status string) bool {
	return slices.Contains([]string{rollbackComplete, updateRollbackComplete, importRollbackComplete}, status)
}

// outcome is what a settled status means to whoever waited for it.
func outcome(status string) report.Status {
	switch {
	case status == createComplete:
		return report.Created
	case status == updateComplete, status == importComplete:
		return report.Updated
	case status == deleteComplete:
		return report.Deleted
	case isRolledBack(status):
		return report.RolledBack
	}
	return report.Failed
}

// words says a status as it follows "the stack NAME"; ok is false when this plldb does not know it.
func words(status string) (text string, ok bool) {
	text, ok = map[string]string{
		reviewInProgress:                      "is empty: its first change set was never executed",
		"CREATE_IN_PROGRESS":                  "is being created",
		createFailed:                          "could not be created, and what was made of it is still there",
		createComplete:                        "was created",
		"ROLLBACK_IN_PROGRESS":                "could not be created and is being rolled back",
		rollbackFailed:                        "could not be created, nor rolled back",
		rollbackComplete:                      "could not be created and was rolled back",
		deleteInProgress:                      "is being deleted",
		deleteFailed:                          "could not be deleted",
		deleteComplete:                        "was deleted",
		"UPDATE_IN_PROGRESS":                  "is being updated",
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "is updated, and what it replaced is being removed",
		updateComplete:                        "was updated",
		updateFailed:                          "could not be updated and stands half-way",
		"UPDATE_ROLLBACK_IN_PROGRESS":         "could not be updated and is being rolled back",
		updateRollbackFailed:                  "could not be updated, nor rolled back",
		"UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": "could not be updated, was rolled back, and is being tidied up",
		updateRollbackComplete:                         "could not be updated and was rolled back",
		"IMPORT_IN_PROGRESS":                           "is taking in resources",
		importComplete:                                 "took in resources",
		"IMPORT_ROLLBACK_IN_PROGRESS":                  "could not take in resources and is being rolled back",
		"IMPORT_ROLLBACK_FAILED":                       "could not take in resources, nor be rolled back",
		importRollbackComplete:                         "could not take in resources and was rolled back",
	}[status]
	if !ok {
		text = fmt.Sprintf("is in the state %s, which this plldb does not know", status)
	}
	return text, ok
}

// said is words, for a sentence that does not care whether the status is known.
func said(status string) string {
	text, _ := words(status)
	return text
}
