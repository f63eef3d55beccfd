package stack

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// guard refuses a change set that would lose a table's data, surely or perhaps, and shows first what would. A create
// has nothing to lose.
func (r *run) guard(cs changeSet, changes []report.ResourceChange) error {
	if !r.guarded(cs) {
		return nil
	}
	var refused error
	for _, change := range changes {
		if change.Loses == "" {
			continue
		}
		r.stack.sink.Tell(change)
		if refused == nil {
			refused = refusal("save its data if it matters, then run this again with --allow-data-loss",
				"the update of the stack %s %s the table %s, and its data would not be in the new one",
				r.stack.name, change.Loses, change.LogicalID)
		}
	}
	return refused
}

// guarded says whether a change set has to keep the tables.
func (r *run) guarded(cs changeSet) bool {
	return !r.consents.AllowDataLoss && cs.kind == types.ChangeSetTypeUpdate
}

// changes returns what the change set changes, the first page being there already; nil when nobody has to know.
func (r *run) changes(
	ctx context.Context, cs changeSet, first *cloudformation.DescribeChangeSetOutput,
) ([]report.ResourceChange, error) {
	if !r.guarded(cs) && r.want.Review == nil {
		return nil, nil
	}
	changes, err := r.stack.changesOf(ctx, cs.described(), first)
	if err != nil {
		return nil, r.unread(err)
	}
	if r.want.Review != nil {
		changes = r.valued(ctx, cs, changes)
	}
	return changes, nil
}

// unread says which reading failed.
func (r *run) unread(err error) error {
	return fmt.Errorf("reading the change set of the stack %s: %w", r.stack.name, err)
}

// valued adds the values of what changes, for whoever looks at them. They are for showing alone: a description with values
// tells no reason of a failure (boto3#4178) and leaves out what CloudFormation cannot put values to (aws-cdk-cli#1780), so it is
// asked for beside the plain one. Where they cannot be read the changes are shown without, and that is told once.
func (r *run) valued(ctx context.Context, cs changeSet, changes []report.ResourceChange) []report.ResourceChange {
	in := cs.described()
	in.IncludePropertyValues = aws.Bool(true)
	var with []report.ResourceChange
	first, err := r.stack.client.DescribeChangeSet(ctx, in, r.stack.poll)
	if err == nil {
		with, err = r.stack.changesOf(ctx, in, first)
	}
	if err != nil {
		r.valueless(ctx, err)
		return changes
	}
	for i, c := range changes {
		same := func(w report.ResourceChange) bool { return w.LogicalID == c.LogicalID && w.PhysicalID == c.PhysicalID }
		if at := slices.IndexFunc(with, same); at >= 0 {
			changes[i].Properties = mergedProperties(with[at].Properties, unvalued(c.Properties, with[at].Properties))
		}
	}
	return changes
}

// valueless warns, once, that changes are shown without their values. An interrupt is told otherwise.
func (r *run) valueless(ctx context.Context, err error) {
	if !r.warned && ctx.Err() == nil {
		r.warned = true
		r.stack.warn("the values of the changes could not be read: " + account.Explain(err).Error())
	}
}

// changesOf reads a change set to its last page: each may hold what counts (trap 62).
func (s *Stack) changesOf(
	ctx context.Context, in *cloudformation.DescribeChangeSetInput, page *cloudformation.DescribeChangeSetOutput,
) ([]report.ResourceChange, error) {
	changes := resourceChanges(page.Changes)
	for aws.ToString(page.NextToken) != "" {
		in.NextToken = page.NextToken
		var err error
		if page, err = s.client.DescribeChangeSet(ctx, in, s.poll); err != nil {
			return nil, err
		}
		changes = append(changes, resourceChanges(page.Changes)...)
	}
	return changes, nil
}

// loss says what a change does to a table that has data; "" when it keeps it. A table that its policy retains is no
// longer the stack's, and the next one begins empty: for those who use it the data is as lost.
func loss(c *types.ResourceChange) string {
	if !isTable(aws.ToString(c.ResourceType)) {
		return ""
	}
	switch {
	case c.Action == types.ChangeActionRemove:
		return "removes"
	case c.Replacement == types.ReplacementTrue:
		return "replaces"
	case c.Replacement == types.ReplacementConditional, c.Action == types.ChangeActionDynamic:
		return "may replace"
	}
	switch c.PolicyAction {
	case "":
		return ""
	case types.PolicyActionDelete, types.PolicyActionRetain, types.PolicyActionSnapshot:
		return "removes"
	}
	return "replaces"
}
