package stack

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// changeSet is one that this run asked for.
type changeSet struct {
	kind    types.ChangeSetType
	name    string
	id      string // ARN, "" until CloudFormation has answered
	stackID string // ARN of the stack, "" until CloudFormation has answered
	made    bool   // the stack came to be, empty, with this change set
	past    mark   // the newest event before its execution
}

// described asks for it.
func (c changeSet) described() *cloudformation.DescribeChangeSetInput {
	return &cloudformation.DescribeChangeSetInput{ChangeSetName: &c.id, StackName: &c.stackID}
}

// change creates or updates the stack through a change set.
func (r *run) change(ctx context.Context, seen Seen, kind types.ChangeSetType) (Result, error) {
	url, err := r.want.URL(ctx)
	if err != nil {
		return Result{Seen: seen}, err
	}
	cs, err := r.propose(ctx, seen, kind, url)
	if err != nil {
		return r.unproposed(ctx, seen, cs, err)
	}
	out, err := r.await(ctx, seen, &cs)
	if err != nil {
		r.withdraw(cs, err)
		return r.unready(ctx, seen, err)
	}
	if out.Status == types.ChangeSetStatusFailed {
		return r.rejected(ctx, seen, cs, aws.ToString(out.StatusReason))
	}
	changes, err := r.changes(ctx, cs, out)
	if err == nil {
		err = r.guard(cs, changes)
	}
	if err != nil {
		r.withdraw(cs, err)
		return r.unready(ctx, seen, err)
	}
	if err := r.review(ctx, changes); err != nil {
		r.discard(cs)
		return Result{Seen: seen}, err
	}
	return r.execute(ctx, seen, cs)
}

// propose asks for the change set. It is always made from the template's URL: a text in the request may not be longer
// than 51 200 bytes (trap 39). Tags that others put on the stack are passed on, or CloudFormation would take them away.
func (r *run) propose(ctx context.Context, seen Seen, kind types.ChangeSetType, url string) (changeSet, error) {
	cs := changeSet{kind: kind, name: token(), made: !seen.Exists}
	in := &cloudformation.CreateChangeSetInput{
		StackName:     &r.stack.name,
		ChangeSetName: &cs.name,
		ChangeSetType: kind,
		ClientToken:   &cs.name,
		TemplateURL:   &url,
		// Roles without names of their own need no more (trap 13). That AWS::IAM::RolePolicy, which AWS's list of types that
		// need a capability does not name, asks for no more than the roles beside it is unverified.
		Capabilities: []types.Capability{types.CapabilityCapabilityIam},
		Tags:         tagsFor(seen, r.want),
	}
	err := r.write(ctx, func(ctx context.Context) error {
		out, err := r.stack.client.CreateChangeSet(ctx, in)
		if err == nil {
			cs.id, cs.stackID = aws.ToString(out.Id), aws.ToString(out.StackId)
		}
		return err
	})
	return cs, err
}

// tagsFor returns the tags that the stack shall have, in a fixed order. Keys that begin with "aws:" are AWS's own.
func tagsFor(seen Seen, want Wanted) []types.Tag {
	tags := map[string]string{}
	maps.Copy(tags, seen.Tags)
	maps.Copy(tags, want.Tags)
	tags[TagKey] = TagValue
	var list []types.Tag
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		if !strings.HasPrefix(key, "aws:") {
			list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
		}
	}
	return list
}

// incapable is the code of a template that needs more than the capabilities that are given.
const incapable = "InsufficientCapabilitiesException"

// unproposed sorts out a change set that was not made.
func (r *run) unproposed(ctx context.Context, seen Seen, cs changeSet, err error) (Result, error) {
	code, message := answer(err)
	switch {
	case isBusy(err):
		return r.busy(ctx, seen)
	case isNoChange(message) && cs.kind == types.ChangeSetTypeUpdate:
		return r.unchanged(seen)
	case r.mayRetry(cs.kind, message):
		return r.retry(ctx, seen)
	case code == "ValidationError", code == "LimitExceededException", code == incapable:
		return Result{Seen: seen}, r.refused(message)
	case inDoubt(err): // it may have come through
		r.discard(cs)
	}
	return Result{Seen: seen}, fmt.Errorf("creating a change set for the stack %s: %w", r.stack.name, err)
}

// await waits until the change set is made or has failed, and reads meanwhile what the stack's story was until now.
func (r *run) await(ctx context.Context, seen Seen, cs *changeSet) (*cloudformation.DescribeChangeSetOutput, error) {
	var (
		past      mark
		markError error
		both      sync.WaitGroup
	)
	if cs.kind == types.ChangeSetTypeUpdate {
		both.Go(func() { past, markError = r.stack.newest(ctx, seen.ID) })
	}
	out, err := r.stack.made(ctx, cs.described())
	both.Wait()
	cs.past = past
	if err != nil {
		return nil, r.unread(err)
	}
	return out, markError
}

// made polls the change set until it is made or has failed. DELETE_* means that somebody else was faster (trap 61).
func (s *Stack) made(
	ctx context.Context, in *cloudformation.DescribeChangeSetInput,
) (*cloudformation.DescribeChangeSetOutput, error) {
	for begun := s.clock.Now(); ; {
		out, err := s.client.DescribeChangeSet(ctx, in, s.poll)
		if err != nil {
			return nil, err
		}
		switch out.Status {
		case types.ChangeSetStatusCreateComplete, types.ChangeSetStatusFailed:
			return out, nil
		case types.ChangeSetStatusDeletePending, types.ChangeSetStatusDeleteInProgress,
			types.ChangeSetStatusDeleteComplete, types.ChangeSetStatusDeleteFailed:
			return nil, &types.ChangeSetNotFoundException{Message: aws.String("it was deleted meanwhile")}
		}
		if err := s.clock.Sleep(ctx, pause(s.clock.Now().Sub(begun), false, false)); err != nil {
			return nil, err
		}
	}
}

// unready sorts out a change set that could not be read, or that the guard refused.
func (r *run) unready(ctx context.Context, seen Seen, err error) (Result, error) {
	if isBusy(err) {
		return r.busy(ctx, seen)
	}
	return Result{Seen: seen}, err
}

// rejected sorts out a change set that failed. That there is nothing to change is one way of failing, at every run
// after an edit of a comment (trap 20).
func (r *run) rejected(ctx context.Context, seen Seen, cs changeSet, reason string) (Result, error) {
	if isNoChange(reason) && cs.kind == types.ChangeSetTypeUpdate {
		r.discard(cs)
		return r.unchanged(seen)
	}
	if strings.Contains(reason, "EarlyValidation") {
		if details := r.stack.invalid(ctx, cs.id); details != "" {
			reason = details
		}
	}
	r.discard(cs)
	if r.mayRetry(cs.kind, reason) {
		return r.retry(ctx, seen)
	}
	return Result{Seen: seen}, r.refused(reason)
}

// refused is the problem of a change that CloudFormation does not take, mostly for its template.
func (r *run) refused(reason string) error {
	hint := hintFor(reason, "mend the template, then run this again")
	return refusal(hint, "CloudFormation refuses the change of the stack %s: %s", r.stack.name, clean(reason))
}
