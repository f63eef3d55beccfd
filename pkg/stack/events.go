package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// mark is the newest event that belongs to the past; the zero mark is before all events.
type mark struct {
	id   string
	time time.Time
}

func markOf(e types.StackEvent) mark {
	return mark{id: aws.ToString(e.EventId), time: aws.ToTime(e.Timestamp)}
}

// covers says whether an event is the mark or older.
func (m mark) covers(e types.StackEvent) bool {
	return m.id != "" && (aws.ToString(e.EventId) == m.id || aws.ToTime(e.Timestamp).Before(m.time))
}

// eachEvent shows the stack's events to visit, the newest first, until it returns false.
func (s *Stack) eachEvent(ctx context.Context, id string, visit func(types.StackEvent) bool) error {
	in := &cloudformation.DescribeStackEventsInput{StackName: &id}
	for {
		out, err := s.client.DescribeStackEvents(ctx, in, s.poll)
		if err != nil {
			return err
		}
		for _, e := range out.StackEvents {
			if !visit(e) {
				return nil
			}
		}
		if aws.ToString(out.NextToken) == "" {
			return nil
		}
		in.NextToken = out.NextToken
	}
}

// newest marks what has happened until now. It is read before a write, so that all that comes after is the write's.
func (s *Stack) newest(ctx context.Context, id string) (mark, error) {
	var m mark
	err := s.eachEvent(ctx, id, func(e types.StackEvent) bool {
		m = markOf(e)
		return false
	})
	return m, err
}

// lastOperation returns the events of the operation that goes on, or that ended last, in order of time, and marks what
// was before it: the end of the operation before, found behind an event that shows this one at work.
func (s *Stack) lastOperation(ctx context.Context, id string) ([]report.StackEvent, mark, error) {
	var (
		events []report.StackEvent
		past   mark
		begun  bool
	)
	err := s.eachEvent(ctx, id, func(e types.StackEvent) bool {
		status := string(e.ResourceStatus)
		if begun && s.isOwn(e) && !inProgress(status) {
			past = markOf(e)
			return false
		}
		begun = begun || s.isOwn(e) && inProgress(status)
		events = append(events, stackEvent(e))
		return true
	})
	return inOrder(events), past, err
}

// isOwn says whether an event is about the stack itself, not about a resource in it.
func (s *Stack) isOwn(e types.StackEvent) bool {
	return s.isStack(aws.ToString(e.StackId), stackEvent(e))
}

func stackEvent(e types.StackEvent) report.StackEvent {
	return report.StackEvent{
		Time:         aws.ToTime(e.Timestamp),
		LogicalID:    aws.ToString(e.LogicalResourceId),
		PhysicalID:   aws.ToString(e.PhysicalResourceId),
		ResourceType: aws.ToString(e.ResourceType),
		Status:       string(e.ResourceStatus),
		Reason:       aws.ToString(e.ResourceStatusReason),
	}
}
