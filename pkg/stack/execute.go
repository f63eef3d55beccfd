package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// versionWait is how long a create waits before it is tried once more for an object that S3 did not have yet. AWS says
// that a bucket may take up to 15 minutes to version (trap 44), but the upload was already seen there by its version.
const versionWait = 30 * time.Second

// execute begins the change and follows it. From here on an interrupt leaves the stack to AWS.
func (r *run) execute(ctx context.Context, seen Seen, cs changeSet) (Result, error) {
	err := r.write(ctx, func(ctx context.Context) error {
		_, err := r.stack.client.ExecuteChangeSet(ctx, &cloudformation.ExecuteChangeSetInput{
			ChangeSetName: &cs.id,
			StackName:     &cs.stackID,
			// AWS's pages contradict each other about the default (trap 37); without rollback an update that replaces
			// a resource is refused, and the stack is stuck (trap 28).
			DisableRollback:    aws.Bool(false),
			ClientRequestToken: aws.String(token()),
		})
		return err
	})
	if err != nil {
		if !inDoubt(err) {
			r.withdraw(cs, err)
		}
		return r.unsent(ctx, seen, "changing", err)
	}
	j := r.stack.ownJournal(cs.stackID, seen, cs.past)
	return r.carry(ctx, j, func(end Seen, j *journal) (Result, error) { return r.executed(ctx, cs, end, j) })
}

// executed says what the change came to.
func (r *run) executed(ctx context.Context, cs changeSet, end Seen, j *journal) (Result, error) {
	cause, _ := r.stack.firstFailure(end.ID, j.events)
	if end.Status == rollbackComplete && r.mayRetry(cs.kind, cause.Reason) {
		return r.retry(ctx, end)
	}
	switch outcome(end.Status) {
	case report.Created, report.Updated:
		end.Template = string(r.want.Text)
	case report.Deleted:
		return Result{Status: report.Failed, Seen: end}, r.stack.stackProblem(
			"the stack "+r.stack.name+" was deleted by somebody else while it was changed", "run this again")
	}
	return r.stack.ended(end, j.events)
}

// mayRetry says whether a create failed for what a second try may mend: a bucket that was only just made versioned did
// not have the object. It is tried once.
func (r *run) mayRetry(kind types.ChangeSetType, reason string) bool {
	return kind == types.ChangeSetTypeCreate && r.want.JustVersioned && !r.retried && isMissingObject(reason)
}

// retry waits for the bucket and has the stack looked at again.
func (r *run) retry(ctx context.Context, seen Seen) (Result, error) {
	r.retried = true
	r.stack.sink.Tell(report.Notice{Text: "the bucket has only just begun to keep versions and did not have one yet: " +
		"trying once more in " + versionWait.String()})
	if r.stack.clock.Sleep(ctx, versionWait) != nil {
		return Result{Seen: seen}, context.Cause(ctx)
	}
	return Result{}, errAgain
}
