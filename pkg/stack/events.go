package stack

import (
	"context"
	"fmt"
	"strings"
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
	if err != nil {
		return m, fmt.Errorf("reading the events of the stack %s: %w", s.name, err)
	}
	return m, nil
}

// story is an operation as the stack's events tell it.
type story struct {
	events []report.StackEvent // in order of time
	past   mark                // what was before it
	begun  types.StackEvent    // the stack's own first event; the zero event when it was not found
}

// lastOperation returns the operation that goes on, or that ended last. The end of the operation before it is found
// behind an event that shows this one at work.
func (s *Stack) lastOperation(ctx context.Context, id string) (story, error) {
	var (
		last  story
		begun bool
	)
	err := s.eachEvent(ctx, id, func(e types.StackEvent) bool {
		own, works := s.isOwn(e), inProgress(string(e.ResourceStatus))
		if begun && own && !works {
			last.past = markOf(e)
			return false
		}
		if own && works {
			begun, last.begun = true, e
		}
		last.events = append(last.events, stackEvent(e))
		return true
	})
	last.events = inOrder(last.events)
	return last, err
}

// origin says when an operation was begun, and by whom as far as its token tells: plldb's begin with its name, the
// console's with its own (types.StackEvent).
func (l story) origin() string {
	if l.begun.Timestamp == nil {
		return ""
	}
	token, by := aws.ToString(l.begun.ClientRequestToken), ""
	switch {
	case strings.HasPrefix(token, tokenPrefix):
		by = " by another run of plldb"
	case strings.HasPrefix(token, "Console-"):
		by = " in the console"
	}
	return ", begun" + by + " at " + l.begun.Timestamp.UTC().Format("15:04:05 UTC")
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
