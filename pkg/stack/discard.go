package stack

import (
	"cmp"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/report"
)

// discard takes away a change set that will not be executed, and with it the empty stack that came of it. It has the
// grace and no longer. Somebody else may have put the stack to work meanwhile, so it goes only if it is still empty.
func (r *run) discard(cs changeSet) {
	ctx, cancel := context.WithTimeout(r.late, grace)
	defer cancel()
	_, err := r.stack.client.DeleteChangeSet(ctx, &cloudformation.DeleteChangeSetInput{
		ChangeSetName: aws.String(cmp.Or(cs.id, cs.name)),
		StackName:     aws.String(cmp.Or(cs.stackID, r.stack.name)),
	})
	if err != nil && cs.id != "" && !isBusy(err) {
		r.stack.warn("the change set " + cs.name + " could not be deleted, and stays")
	}
	if cs.made {
		r.discardStack(ctx, cmp.Or(cs.stackID, r.stack.name))
	}
}

// withdraw is discard after a call for the change set that failed. Where somebody else is at work the stack is theirs,
// although DescribeStacks may still say that it is empty (aws-cdk-cli#1802); if it is, the next decision makes use of
// it.
func (r *run) withdraw(cs changeSet, err error) {
	cs.made = cs.made && !isBusy(err)
	r.discard(cs)
}

// discardStack deletes the stack if nothing but an unexecuted change set ever was in it.
func (r *run) discardStack(ctx context.Context, id string) {
	st, err := r.stack.describe(ctx, id)
	if err == nil && st.StackStatus == reviewInProgress {
		_, err = r.stack.client.DeleteStack(ctx, &cloudformation.DeleteStackInput{
			StackName:          st.StackId,
			ClientRequestToken: aws.String(token()),
		})
		if err == nil {
			r.seeOff(ctx, id)
		}
	}
	switch {
	case err == nil, errors.Is(err, errAbsent):
	case st.StackStatus == "":
		r.stack.warn("whether an empty stack " + r.stack.name + " is left is not known: the next run makes use of one")
	default:
		r.stack.warn("the empty stack " + r.stack.name + " could not be removed: the next run makes use of it")
	}
}

// seeOff waits for the end of an empty stack, as long as the grace lasts: whoever is told that nothing goes on shall find
// it so.
func (r *run) seeOff(ctx context.Context, id string) {
	for {
		st, err := r.stack.describe(ctx, id)
		switch {
		case errors.Is(err, errAbsent), err == nil && st.StackStatus == deleteComplete:
			return
		case err != nil, r.stack.clock.Sleep(ctx, pause(0, false, false)) != nil:
			r.stack.sink.Tell(report.Notice{Text: "the empty stack " + r.stack.name + " is still being removed"})
			return
		}
	}
}

func (s *Stack) warn(text string) { s.sink.Tell(report.Warning{Text: text}) }
