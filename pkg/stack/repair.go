package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// remove deletes the stack and follows it by its id, since its name finds nothing once it is gone (trap 19).
func (r *run) remove(ctx context.Context, seen Seen, a Action) (Result, error) {
	in := &cloudformation.DeleteStackInput{StackName: &seen.ID, ClientRequestToken: aws.String(token())}
	if a == ForceDelete {
		in.DeletionMode = types.DeletionModeForceDeleteStack
	}
	send := func(ctx context.Context) error {
		_, err := r.stack.client.DeleteStack(ctx, in)
		return err
	}
	then := func(end Seen, j *journal) (Result, error) { return r.removed(end, j, a) }
	return r.operate(ctx, seen, operation{doing: "deleting", deletes: true, send: send, then: then})
}

// removed says what a deletion came to.
func (r *run) removed(end Seen, j *journal, a Action) (Result, error) {
	gone := end.Status == deleteComplete
	switch {
	case gone && r.verb == Destroy:
		return Result{Status: report.Deleted, Seen: end}, nil
	case gone, r.verb == Destroy && r.consents.Force && a != ForceDelete:
		return Result{}, errAgain
	}
	p := r.stack.failure(end, j.events)
	if a != ForceDelete {
		cause, _ := r.stack.firstFailure(end.ID, j.events)
		p.Hint = hintFor(cause.Reason, "mend that, then try again") +
			"; plldb bootstrap destroy --force leaves behind what cannot be deleted"
	}
	return Result{Status: report.Failed, Seen: end}, p
}

// repair brings a stack that is stuck half-way back to a state from which the table goes on.
func (r *run) repair(ctx context.Context, seen Seen, a Action) (Result, error) {
	send := func(ctx context.Context) error { return r.rollBack(ctx, seen, a) }
	then := func(end Seen, j *journal) (Result, error) { return r.repaired(seen, end, j, a) }
	return r.operate(ctx, seen, operation{doing: "rolling back", send: send, then: then})
}

// repaired says what a repair came to. If it ended in the state it began in, doing the same again would not help.
func (r *run) repaired(seen, end Seen, j *journal, a Action) (Result, error) {
	r.touched = true
	if end.Status != seen.Status {
		return Result{}, errAgain
	}
	p := r.stack.failure(end, j.events)
	if a == ContinueRollback {
		p.Hint = "mend that, then run this again; with --force-rollback it skips what cannot be rolled back"
	}
	return Result{Status: report.Failed, Seen: end}, p
}

// rollBack sends the call for one of the three repairs.
func (r *run) rollBack(ctx context.Context, seen Seen, a Action) error {
	if a == RollBack {
		_, err := r.stack.client.RollbackStack(ctx, &cloudformation.RollbackStackInput{
			StackName:          &seen.ID,
			ClientRequestToken: aws.String(token()),
		})
		return err
	}
	in := &cloudformation.ContinueUpdateRollbackInput{StackName: &seen.ID, ClientRequestToken: aws.String(token())}
	if a == ForceContinue { // it excludes ResourcesToSkip, and needs none
		in.ForceRollback = aws.Bool(true)
	}
	_, err := r.stack.client.ContinueUpdateRollback(ctx, in)
	return err
}

// operation is one write on a stack, and what comes after what it begins.
type operation struct {
	doing   string // for an error: "deleting"
	deletes bool   // a stack that is no longer known was deleted
	send    func(context.Context) error
	then    func(Seen, *journal) (Result, error)
}

// operate marks where the stack's story stands, makes the write, and follows what it begins.
func (r *run) operate(ctx context.Context, seen Seen, o operation) (Result, error) {
	past, err := r.stack.newest(ctx, seen.ID)
	if err != nil {
		return Result{Seen: seen}, err
	}
	if err := r.write(ctx, o.send); err != nil {
		return r.unsent(ctx, seen, o.doing, err)
	}
	j := r.stack.ownJournal(seen.ID, seen, past)
	j.deleting = o.deletes
	return r.carry(ctx, j, o.then)
}
