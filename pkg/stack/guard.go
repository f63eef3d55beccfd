package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// guard refuses a change set that would lose a table's data, surely or perhaps. All its pages count (trap 62). A create
// has nothing to lose.
func (r *run) guard(ctx context.Context, cs changeSet, first *cloudformation.DescribeChangeSetOutput) error {
	if r.consents.AllowDataLoss || cs.kind == types.ChangeSetTypeCreate {
		return nil
	}
	changes, err := r.stack.changes(ctx, cs, first)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if what := loss(change.ResourceChange); what != "" {
			return refusal("save its data if it matters, then go on by --allow-data-loss",
				"the update of the stack %s %s the table %s, and its data would not be in the new one",
				r.stack.name, what, aws.ToString(change.ResourceChange.LogicalResourceId))
		}
	}
	return nil
}

// changes returns the change set's changes, the first page being there already.
func (s *Stack) changes(
	ctx context.Context, cs changeSet, first *cloudformation.DescribeChangeSetOutput,
) ([]types.Change, error) {
	all := first.Changes
	for page := first; aws.ToString(page.NextToken) != ""; {
		var err error
		page, err = s.client.DescribeChangeSet(ctx, &cloudformation.DescribeChangeSetInput{
			ChangeSetName: &cs.id,
			StackName:     &cs.stackID,
			NextToken:     page.NextToken,
		}, s.poll)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Changes...)
	}
	return all, nil
}

// loss says what a change does to a table that has data; "" when it keeps it. A table that its policy retains is no
// longer the stack's, and the next one begins empty: for those who use it the data is as lost.
func loss(c *types.ResourceChange) string {
	if c == nil || !isTable(aws.ToString(c.ResourceType)) {
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
