package stack

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// A status that looks final is believed when the stack's own event says the same. Until then it is asked for again:
// DescribeStacks may show for a while what was before the write (aws-cdk-cli#1802), and events may be late too. So many
// polls are added at most, fewer when a new operation id shows that the status is of now.
const (
	doubts      = 40
	fewerDoubts = 4
)

// follow polls the stack until its operation has ended and every event is told, and returns its last state. A poll that
// fails ends nothing (trap 23). It returns an error only when ctx is cancelled, which is then the context's cause, or
// when the credentials are no longer good; the operation goes on all the same.
func (s *Stack) follow(ctx context.Context, j *journal) (types.Stack, error) {
	last := types.Stack{StackId: aws.String(j.id)}
	begun := s.clock.Now()
	for doubted := 0; ; {
		st, err := s.observe(ctx, j)
		if ctx.Err() == nil && !isLockedOut(err) {
			j.sight(err)
		}
		ending := err == nil && settled(string(st.StackStatus))
		switch {
		case ending && (j.trusts(string(st.StackStatus)) || doubted == j.patience()):
			return st, nil
		case ctx.Err() != nil:
			return last, j.stopped(ctx)
		case isLockedOut(err):
			return last, err
		case ending:
			doubted++
		}
		if err == nil {
			last = st
		}
		if s.clock.Sleep(ctx, pause(s.clock.Now().Sub(begun), err != nil, ending)) != nil {
			return last, j.stopped(ctx)
		}
	}
}

// errBlind says that the stack could not be looked at when the run was interrupted.
var errBlind = errors.New("the stack cannot be looked at")

// stopped is why a follower was interrupted.
func (j *journal) stopped(ctx context.Context) error {
	if j.blind > 0 {
		return fmt.Errorf("%w: %w", errBlind, context.Cause(ctx))
	}
	return context.Cause(ctx)
}

// remind is after how many more failed polls it is said again that the stack cannot be looked at: some minutes, since each
// is ten attempts.
const remind = 8

// sight says that polls fail, and that they go well again: silence would look like an AWS that takes its time.
func (j *journal) sight(err error) {
	switch {
	case err == nil && j.blind > 0:
		j.blind = 0
		j.stack.sink.Tell(report.Notice{Text: "the stack " + j.stack.name + " can be looked at again"})
	case err != nil:
		if j.blind%remind == 0 {
			j.stack.warn(fmt.Sprintf("the stack %s cannot be looked at: %v; trying again", j.stack.name, account.Explain(err)))
		}
		j.blind++
	}
}

// observe is one poll: the status and then the events, in this order, so that all events up to that status are read.
func (s *Stack) observe(ctx context.Context, j *journal) (types.Stack, error) {
	st, err := s.describe(ctx, j.id, s.poll)
	if errors.Is(err, errAbsent) {
		j.forgotten = true
		st = types.Stack{StackId: aws.String(j.id), StackStatus: deleteComplete}
	} else if err != nil {
		return st, err
	}
	if err := j.read(ctx, st); err != nil && ctx.Err() == nil && !j.forgotten {
		j.miss()
	}
	return st, nil
}

// pause is how long to wait for the next poll: a short time at first and at the end, longer when the operation is a
// long one, and longer still after a poll that ten attempts could not bring through.
func pause(since time.Duration, failed, ending bool) time.Duration {
	switch {
	case failed:
		return 5 * time.Second
	case ending, since < 10*time.Second:
		return 250 * time.Millisecond
	}
	return time.Second
}

// trusts says whether a final status is surely of this operation.
func (j *journal) trusts(status string) bool {
	return j.sawEnd(status) || j.forgotten && j.deleting
}

// patience is how many final-looking polls are doubted.
func (j *journal) patience() int {
	if len(j.operations) > 0 {
		return fewerDoubts
	}
	return doubts
}

// miss warns, once, that the story has gaps: the operation is followed by its status all the same.
func (j *journal) miss() {
	if !j.warned {
		j.warned = true
		j.stack.warn("the events of the stack " + j.stack.name + " cannot be read just now")
	}
}
