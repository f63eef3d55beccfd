package stack

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

var (
	// cancelled is the reason of a resource that was only stopped because another one failed (trap 21).
	cancelled = regexp.MustCompile(`(?i)^resource (creation|update|deletion|import) cancell?ed`)
	// wrapped and service are what resource handlers put around the sentence that matters.
	wrapped = regexp.MustCompile(`(?s)^Resource handler returned message: "(.*)" \(RequestToken: [^)]*\)$`)
	service = regexp.MustCompile(` *\(Service: [^)]*\)`)
	// unauthorized finds the action in IAM's own sentence.
	unauthorized = regexp.MustCompile(`not authorized to perform:? ([A-Za-z0-9-]+:[A-Za-z0-9*]+)`)
)

// firstFailure is the cause of a failure: the first event, in order of time, that failed by itself. The stack's own
// event only sums up, so it counts when no resource's does.
func (s *Stack) firstFailure(id string, events []report.StackEvent) (report.StackEvent, bool) {
	var own report.StackEvent
	for i, e := range events {
		failed := strings.HasSuffix(e.Status, "_FAILED")
		switch {
		case s.isStack(id, e):
			// A rollback that begins says why, in the stack's own event.
			if own.Status == "" && (failed || strings.HasSuffix(e.Status, "ROLLBACK_IN_PROGRESS")) {
				own = e
			}
		case failed && !cancelled.MatchString(e.Reason) && !wasOvercome(events[i+1:], e):
			return e, true
		}
	}
	return own, own.Status != ""
}

// wasOvercome says whether a resource that could not be deleted was deleted after all.
func wasOvercome(later []report.StackEvent, e report.StackEvent) bool {
	return e.Status == deleteFailed && slices.ContainsFunc(later, func(l report.StackEvent) bool {
		return l.Status == deleteComplete && l.LogicalID == e.LogicalID && l.PhysicalID == e.PhysicalID
	})
}

// isStack says whether an event is about the stack itself.
func (s *Stack) isStack(id string, e report.StackEvent) bool {
	return e.PhysicalID == id || e.LogicalID == s.name && e.ResourceType == "AWS::CloudFormation::Stack"
}

// failureWords says a failed event in a sentence: what, and why.
func failureWords(e report.StackEvent) string {
	text := resourceWords(e.LogicalID, e.ResourceType) + " " + failedTo(e.Status)
	if e.Reason != "" {
		text += ": " + clean(e.Reason)
	}
	return text
}

func failedTo(status string) string {
	switch status {
	case createFailed:
		return "could not be created"
	case updateFailed:
		return "could not be updated"
	case deleteFailed:
		return "could not be deleted"
	case "IMPORT_FAILED":
		return "could not be imported"
	case validationFailed:
		return "is not valid"
	}
	return fmt.Sprintf("failed (%s)", status)
}

// clean takes from a reason what is not for people: the handler's wrapping, request ids, line breaks.
func clean(reason string) string {
	reason = strings.Join(strings.Fields(reason), " ")
	if m := wrapped.FindStringSubmatch(reason); m != nil {
		reason = m[1]
	}
	return strings.TrimRight(service.ReplaceAllString(reason, ""), ". ")
}

// hintFor says what to do about a reason. Without one of its own it is otherwise.
func hintFor(reason, otherwise string) string {
	if m := unauthorized.FindStringSubmatch(reason); m != nil {
		return "allow " + m[1] + " to these credentials, or use others, then try again"
	}
	low := strings.ToLower(reason)
	for _, h := range hints() {
		if containsAny(low, h.texts...) {
			return h.hint
		}
	}
	return otherwise
}

// hint is what to do when a reason holds one of the texts, in lower case.
type hint struct {
	hint  string
	texts []string
}

// hints are in the order in which they are looked for: a reason may hold more than one of the texts.
func hints() []hint {
	return []hint{
		{
			"the package is not in the bucket at that version: try again, which uploads it anew",
			[]string{"nosuchkey", "nosuchversion", "specified key does not exist", "specified version does not exist"},
		},
		{
			"IAM had not spread the new role yet: try again",
			[]string{"cannot be assumed", "unable to assume role"},
		},
		{
			"AWS asks for fewer requests: wait a minute, then try again",
			[]string{"rate exceeded", "throttl", "too many requests", "toomanyrequests"},
		},
		{
			"take the protection away, then try again",
			[]string{"deletion protection", "deletionprotection", "terminationprotection"},
		},
		{
			"something of that name is there that the stack does not own: remove or rename it, then try again",
			[]string{"already exists"},
		},
		{
			"raise that quota in Service Quotas or free some of it, then try again",
			[]string{"limit exceeded", "limitexceeded", "quota", "maximum number", "exceeded the limit"},
		},
		{
			"allow it to these credentials, or use others, then try again",
			[]string{"access denied", "accessdenied", "unauthorized", "not authorized", "forbidden"},
		},
		{
			"remove what still uses it, then try again",
			[]string{"in use", "still referenced", "is not empty", "dependent", "must delete"},
		},
	}
}

// storyHint is for a failure whose reason has no hint of its own.
func (s *Stack) storyHint(reason string) string {
	command := "aws cloudformation describe-stack-events --stack-name " + s.name
	if reason == "" {
		return "read its story: " + command
	}
	return "mend that, then try again; all of the story: " + command
}
