package stack

import (
	"errors"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// errAbsent says that there is no such stack.
var errAbsent = errors.New("the stack does not exist")

// errAgain says that an action settled nothing: the stack is looked at and decided about anew.
var errAgain = errors.New("look again")

// ErrHalfWay is behind the error of a run that was interrupted between two steps of which the first has changed the stack:
// an old one was deleted or rolled back, and the new one is not begun. Nothing goes on at AWS.
var ErrHalfWay = errors.New("the stack was changed, and is not yet what it should be")

// errNotBegun says that a write was not sent, since the run was interrupted before it.
var errNotBegun = errors.New("not begun")

// answer returns the code and the message of an AWS error; both are empty when err is none.
func answer(err error) (code, message string) {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode(), e.ErrorMessage()
	}
	return "", ""
}

// isAbsent knows that a stack is not there by its text: CloudFormation answers a plain ValidationError, "Stack with id
// NAME does not exist", "Stack [ARN] does not exist" or "Stack:NAME does not exist" (trap 19).
func isAbsent(err error) bool {
	code, message := answer(err)
	return code == "ValidationError" && strings.HasPrefix(message, "Stack") && strings.Contains(message, "does not exist")
}

// isBusy knows that somebody else works on the stack, or has changed it since it was looked at (trap 61): the change
// set is gone or spent, or the stack is in a state that the call does not fit.
func isBusy(err error) bool {
	code, message := answer(err)
	switch code {
	case "ChangeSetNotFound", "InvalidChangeSetStatus", "OperationInProgressException", "AlreadyExistsException":
		return true
	case "ValidationError":
		return isAbsent(err) || containsAny(message, "_IN_PROGRESS", "currently in progress", "can not be updated",
			"cannot be updated", "cannot be created again", "cannot be deleted while in status", "can not be rolled back",
			"cannot be rolled back", "cannot be called from current stack status", "state and can", "non-terminal")
	}
	return false
}

// isNoChange knows the two reasons of a change set that has nothing to do (trap 20; aws-sdk-js#2331, amazon.aws#507).
func isNoChange(reason string) bool {
	return strings.HasPrefix(reason, "The submitted information didn't contain changes") ||
		strings.HasPrefix(reason, "No updates are to be performed")
}

// isMissingObject knows that S3 did not have an object or a version of it. CloudFormation says so of the template ("S3
// error: The specified key does not exist."), Lambda of a package, when the function is made ("Error occurred while
// GetObject. S3 Error Code: NoSuchKey. …"; aws-waf-security-automations#189). The two texts about a version are S3's
// own message for NoSuchVersion; that CloudFormation and Lambda pass it on alike is unverified.
func isMissingObject(reason string) bool {
	return containsAny(reason, "NoSuchKey", "NoSuchVersion", "specified key does not exist",
		"specified version does not exist")
}

// isLockedOut says whether the credentials are why a call failed: expired, unknown, or not allowed to make it.
func isLockedOut(err error) bool {
	p, ok := errors.AsType[*report.Problem](account.Explain(err))
	return ok && p.Code == report.ExitDenied
}

// isUnanswered says whether a write may have been carried out although it failed: no answer came, or AWS's own fault. Of
// codes that the SDK has no type for only the status tells whose the fault is.
func isUnanswered(err error) bool {
	_, answered := errors.AsType[smithy.APIError](err)
	e, ok := errors.AsType[*smithyhttp.ResponseError](err)
	return !isLockedOut(err) && (!answered || ok && e.HTTPStatusCode() >= http.StatusInternalServerError)
}

func containsAny(text string, parts ...string) bool {
	for _, part := range parts {
		if strings.Contains(text, part) {
			return true
		}
	}
	return false
}
