package stack

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// journal tells the events of one operation as they come, in order and each once.
type journal struct {
	stack  *Stack
	id     string // of the stack
	past   mark
	events []report.StackEvent // told so far
	known  map[eventKey]bool

	deleting  bool // the operation is to delete the stack
	forgotten bool // DescribeStacks no longer knows the stack's id
	warned    bool // of events that cannot be read
	blind     int  // polls that failed, one after the other

	// Of an operation that this run began: DescribeEvents is asked for those that are newer than the one before, until it
	// fails; the newest is still growing.
	own        bool
	scoped     bool
	before     string   // id of the operation before, "" when there was none
	operations []string // in order of time
	growing    int      // index of the first operation that was not read to its end
}

// eventKey tells one event from another across both APIs, whose event ids need not agree (unverified).
type eventKey struct {
	time                      time.Time
	logicalID, status, reason string
}

func keyOf(e report.StackEvent) eventKey {
	return eventKey{e.Time.UTC(), e.LogicalID, e.Status, e.Reason}
}

// ownJournal is for an operation that this run begins on the stack as seen; past is the newest event before it.
func (s *Stack) ownJournal(id string, seen Seen, past mark) *journal {
	j := s.foreignJournal(id, past)
	j.own, j.scoped, j.before = true, true, seen.LastOperation
	return j
}

// foreignJournal is for an operation that was found going on. Its id cannot be told from older ones, so DescribeEvents
// is not asked.
func (s *Stack) foreignJournal(id string, past mark) *journal {
	return &journal{stack: s, id: id, past: past, known: map[eventKey]bool{}}
}

// read tells what is new, up to the state in which the stack was just seen.
func (j *journal) read(ctx context.Context, st types.Stack) error {
	whole := settled(string(st.StackStatus))
	if j.own {
		j.learn(st.LastOperations)
	}
	if j.scoped && len(j.operations) > 0 {
		if fresh, err := j.byOperation(ctx, whole); err == nil {
			j.tell(fresh)
			return nil
		}
		// DescribeEvents is an action of its own in IAM, and not on every endpoint (trap 36): any failure is its last.
		j.scoped = false
	}
	fresh, err := j.byStack(ctx, whole)
	if err != nil {
		return err
	}
	j.tell(fresh)
	return nil
}

// learn notes the operations that are newer than the one before this run's; the newest comes first. A rollback is an
// operation of its own, after the one that failed (awslabs/mcp#4275). Making a change set is one too, and nobody's
// story.
func (j *journal) learn(newest []types.OperationEntry) {
	var fresh []string
	for _, o := range newest {
		id := aws.ToString(o.OperationId)
		if id == j.before || slices.Contains(j.operations, id) {
			break
		}
		if id != "" && o.OperationType != types.OperationTypeCreateChangeset {
			fresh = append(fresh, id)
		}
	}
	slices.Reverse(fresh)
	j.operations = append(j.operations, fresh...)
}

// byStack reads DescribeStackEvents back to what was told, or, for a whole reading, to the mark: an event that was late
// to show stands behind newer ones.
func (j *journal) byStack(ctx context.Context, whole bool) ([]report.StackEvent, error) {
	var fresh []report.StackEvent
	err := j.stack.eachEvent(ctx, j.id, func(e types.StackEvent) bool {
		event := stackEvent(e)
		if j.past.covers(e) || !whole && j.known[keyOf(event)] {
			return false
		}
		fresh = append(fresh, event)
		return true
	})
	return fresh, err
}

// tell passes on the events that were not told yet. REVIEW_IN_PROGRESS belongs to the making of a change set.
func (j *journal) tell(fresh []report.StackEvent) {
	for _, e := range inOrder(fresh) {
		if key := keyOf(e); !j.known[key] && e.Status != reviewInProgress {
			j.known[key] = true
			j.events = append(j.events, e)
			j.stack.sink.Tell(e)
		}
	}
}

// inOrder turns events that came newest first into the order of time; those of one instant keep the order they came in,
// turned.
func inOrder(events []report.StackEvent) []report.StackEvent {
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b report.StackEvent) int { return a.Time.Compare(b.Time) })
	return events
}

// sawEnd says whether the stack's own event of that end was told.
func (j *journal) sawEnd(status string) bool {
	return slices.ContainsFunc(j.events, func(e report.StackEvent) bool {
		return e.Status == status && j.stack.isStack(j.id, e)
	})
}

// leftovers tells what an operation that went well could not remove (trap 22), or kept by its deletion policy.
func (j *journal) leftovers(end string) {
	if !strings.HasSuffix(end, "_COMPLETE") {
		return
	}
	for i, e := range j.events {
		switch {
		case j.stack.isStack(j.id, e), hasSequel(j.events[i+1:], e):
		case e.Status == deleteFailed:
			j.stack.warn(failureWords(e) + "; it stays, and no longer belongs to the stack")
		case e.Status == deleteSkipped:
			j.stack.sink.Tell(report.Notice{Text: resourceWords(e.LogicalID, e.ResourceType) + " is kept: " + e.PhysicalID})
		}
	}
}

// hasSequel says whether a later event is about the same physical resource: CloudFormation tries a deletion three
// times.
func hasSequel(later []report.StackEvent, e report.StackEvent) bool {
	return slices.ContainsFunc(later, func(l report.StackEvent) bool {
		return l.LogicalID == e.LogicalID && l.PhysicalID == e.PhysicalID
	})
}
