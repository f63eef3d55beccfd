package stack

import (
	"cmp"
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// validationFailed is the status that an event of a failed validation is told with.
const validationFailed = "VALIDATION_FAILED"

// byOperation reads DescribeEvents of the newest operation, and a last time of one that a newer has followed.
func (j *journal) byOperation(ctx context.Context, whole bool) ([]report.StackEvent, error) {
	var fresh []report.StackEvent
	for _, id := range j.operations[j.growing:] {
		events, err := j.operationEvents(ctx, id, whole)
		if err != nil {
			return nil, err
		}
		fresh = append(events, fresh...) // the newest first
	}
	j.growing = len(j.operations) - 1
	return fresh, nil
}

// operationEvents reads one operation, each page in one attempt.
func (j *journal) operationEvents(ctx context.Context, id string, whole bool) ([]report.StackEvent, error) {
	var fresh []report.StackEvent
	in := &cloudformation.DescribeEventsInput{OperationId: &id}
	for {
		out, err := j.stack.client.DescribeEvents(ctx, in, once)
		if err != nil {
			return nil, err
		}
		page := operationPage(out.OperationEvents)
		fresh = append(fresh, page...)
		if aws.ToString(out.NextToken) == "" || !whole && j.reaches(page) {
			return fresh, nil
		}
		in.NextToken = out.NextToken
	}
}

// reaches says whether what comes after a page was told already. The order of DescribeEvents is not documented: only a
// page that is newest first says anything about the next.
func (j *journal) reaches(page []report.StackEvent) bool {
	if len(page) < 2 {
		return false
	}
	first, last := page[0], page[len(page)-1]
	return last.Time.Before(first.Time) && j.known[keyOf(last)]
}

// operationPage takes from a page what happened to resources, the stack among them.
func operationPage(page []types.OperationEvent) []report.StackEvent {
	var events []report.StackEvent
	for _, e := range page {
		if event := operationEvent(e); event.Status != "" && event.LogicalID != "" {
			events = append(events, event)
		}
	}
	return events
}

// operationEvent makes the same of an operation's event as stackEvent of a stack's, and gives a failed validation or
// hook, which only DescribeEvents knows, a status of the same form. What is only a warning has no status.
func operationEvent(e types.OperationEvent) report.StackEvent {
	event := report.StackEvent{
		Time:         aws.ToTime(cmp.Or(e.Timestamp, e.EndTime, e.StartTime)),
		LogicalID:    aws.ToString(e.LogicalResourceId),
		PhysicalID:   aws.ToString(e.PhysicalResourceId),
		ResourceType: aws.ToString(e.ResourceType),
		Status:       string(e.ResourceStatus),
		Reason:       aws.ToString(e.ResourceStatusReason),
	}
	switch {
	case event.Status != "":
	case e.ValidationStatus == types.ValidationStatusFailed && e.ValidationFailureMode != types.HookFailureModeWarn:
		event.Status, event.Reason = validationFailed, validationReason(e)
	case e.HookStatus != "" && e.HookFailureMode != types.HookFailureModeWarn:
		event.Status, event.Reason = string(e.HookStatus), aws.ToString(e.HookType)+": "+aws.ToString(e.HookStatusReason)
	}
	return event
}

// validationReason says what is wrong, and where in the template.
func validationReason(e types.OperationEvent) string {
	reason := aws.ToString(e.ValidationStatusReason)
	if path := aws.ToString(e.ValidationPath); path != "" {
		reason += " (at " + path + ")"
	}
	return reason
}

// invalid says why early validation stopped a change set: its StatusReason only points to DescribeEvents, where the
// details are found by the change set's ARN (aws-cdk-cli#970, rain#744). It is asked once; without an answer it is "".
func (s *Stack) invalid(ctx context.Context, changeSet string) string {
	out, err := s.client.DescribeEvents(ctx, &cloudformation.DescribeEventsInput{
		ChangeSetName: &changeSet,
		Filters:       &types.EventFilter{FailedEvents: aws.Bool(true)},
	}, once)
	if err != nil {
		return ""
	}
	var reasons []string
	for _, e := range operationPage(out.OperationEvents) {
		if strings.HasSuffix(e.Status, "_FAILED") {
			reasons = append(reasons, failureWords(e))
		}
	}
	return strings.Join(reasons, "; ")
}
