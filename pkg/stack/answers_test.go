package stack_test

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
)

func (w *world) find(id string) (*fakeStack, error) {
	for _, st := range slices.Backward(w.stacks) {
		if *st.StackId == id || *st.StackName == id && st.StackStatus != types.StackStatusDeleteComplete {
			return st, nil
		}
	}
	return nil, fakeaws.Error("ValidationError", "Stack with id "+id+" does not exist")
}

func (w *world) describeStacks(in any) (any, error) {
	id := *in.(*cloudformation.DescribeStacksInput).StackName
	st, err := w.find(id)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(id, "arn:") {
		w.advance(st)
	}
	seen := st.Stack
	seen.LastOperations = slices.Clone(st.LastOperations)
	return &cloudformation.DescribeStacksOutput{Stacks: []types.Stack{seen}}, nil
}

func (w *world) getTemplate(in any) (any, error) {
	st, err := w.find(*in.(*cloudformation.GetTemplateInput).StackName)
	if err != nil {
		return nil, err
	}
	if st.StackStatus == types.StackStatusReviewInProgress {
		return nil, fakeaws.Error("ValidationError", "Template does not exist for a stack in REVIEW_IN_PROGRESS")
	}
	return &cloudformation.GetTemplateOutput{TemplateBody: &st.template}, nil
}

func (w *world) describeStackEvents(in any) (any, error) {
	input := in.(*cloudformation.DescribeStackEventsInput)
	st, err := w.find(*input.StackName)
	if err != nil {
		return nil, err
	}
	events := slices.Clone(st.events)
	slices.Reverse(events)
	page, next := w.page(len(events), input.NextToken)
	return &cloudformation.DescribeStackEventsOutput{StackEvents: events[page[0]:page[1]], NextToken: next}, nil
}

func (w *world) page(n int, token *string) ([2]int, *string) {
	from := 0
	if token != nil {
		fmt.Sscan(*token, &from)
	}
	if w.pageSize == 0 || from+w.pageSize >= n {
		return [2]int{from, n}, nil
	}
	return [2]int{from, from + w.pageSize}, aws.String(fmt.Sprint(from + w.pageSize))
}

func (w *world) describeEvents(in any) (any, error) {
	input := in.(*cloudformation.DescribeEventsInput)
	for _, st := range w.stacks {
		if events, ok := st.byOp[aws.ToString(input.OperationId)]; ok {
			events = slices.Clone(events)
			if !w.oldestFirst {
				slices.Reverse(events)
			}
			page, next := w.page(len(events), input.NextToken)
			return &cloudformation.DescribeEventsOutput{OperationEvents: events[page[0]:page[1]], NextToken: next}, nil
		}
	}
	return &cloudformation.DescribeEventsOutput{}, nil
}

func (w *world) listStackResources(in any) (any, error) {
	input := in.(*cloudformation.ListStackResourcesInput)
	st, err := w.find(*input.StackName)
	if err != nil {
		return nil, err
	}
	page, next := w.page(len(st.resources), input.NextToken)
	return &cloudformation.ListStackResourcesOutput{
		StackResourceSummaries: st.resources[page[0]:page[1]], NextToken: next,
	}, nil
}

func (w *world) createChangeSet(in any) (any, error) {
	input := in.(*cloudformation.CreateChangeSetInput)
	st, err := w.find(*input.StackName)
	switch {
	case err != nil && input.ChangeSetType == types.ChangeSetTypeUpdate:
		return nil, err
	case err != nil:
		st = w.add("REVIEW_IN_PROGRESS")
		st.Tags = input.Tags
		w.happen(st, happening{id: "plldb", status: "REVIEW_IN_PROGRESS"})
	case strings.HasSuffix(string(st.StackStatus), "_IN_PROGRESS") && st.StackStatus != types.StackStatusReviewInProgress:
		busy := fmt.Sprintf("Stack:%s is in %s state and can not be updated.", *st.StackId, st.StackStatus)
		return nil, fakeaws.Error("ValidationError", busy)
	}
	w.operate(st, types.OperationTypeCreateChangeset)
	set := &fakeSet{
		name: *input.ChangeSetName, id: arn + "changeSet/" + *input.ChangeSetName + "/1", stackID: *st.StackId,
		kind: input.ChangeSetType, url: *input.TemplateURL, tags: input.Tags,
	}
	w.sets = append(w.sets, set)
	return &cloudformation.CreateChangeSetOutput{Id: &set.id, StackId: st.StackId}, nil
}

func (w *world) set(id string) (*fakeSet, error) {
	for _, s := range w.sets {
		if s.id == id || s.name == id {
			return s, nil
		}
	}
	return nil, fakeaws.Error("ChangeSetNotFound", "ChangeSet ["+id+"] does not exist")
}

func (w *world) describeChangeSet(in any) (any, error) {
	s, err := w.set(*in.(*cloudformation.DescribeChangeSetInput).ChangeSetName)
	if err != nil {
		return nil, err
	}
	s.asked++
	if w.changeSet != nil {
		return w.changeSet(s.asked), nil
	}
	return &cloudformation.DescribeChangeSetOutput{Status: types.ChangeSetStatusCreateComplete}, nil
}

func (w *world) executeChangeSet(in any) (any, error) {
	s, err := w.set(*in.(*cloudformation.ExecuteChangeSetInput).ChangeSetName)
	if err != nil {
		return nil, err
	}
	st, err := w.find(s.stackID)
	if err != nil {
		return nil, err
	}
	w.sets = nil // executing one deletes the others
	st.template = "new"
	st.Tags = s.tags
	kind := types.OperationTypeUpdateStack
	if s.kind == types.ChangeSetTypeCreate {
		kind = types.OperationTypeCreateStack
	}
	w.begin(st, "ExecuteChangeSet", kind)
	return &cloudformation.ExecuteChangeSetOutput{}, nil
}

func (w *world) deleteChangeSet(in any) (any, error) {
	id := *in.(*cloudformation.DeleteChangeSetInput).ChangeSetName
	w.sets = slices.DeleteFunc(w.sets, func(s *fakeSet) bool { return s.id == id || s.name == id })
	return &cloudformation.DeleteChangeSetOutput{}, nil
}

func (w *world) deleteStack(in any) (any, error) {
	st, err := w.find(*in.(*cloudformation.DeleteStackInput).StackName)
	if err != nil {
		return nil, err
	}
	if st.StackStatus == types.StackStatusReviewInProgress && w.plays["DeleteStack"] == nil {
		w.happen(st, happening{id: "plldb", status: "DELETE_COMPLETE"})
		st.StackStatus = types.StackStatusDeleteComplete
		return &cloudformation.DeleteStackOutput{}, nil
	}
	w.begin(st, "DeleteStack", types.OperationTypeDeleteStack)
	return &cloudformation.DeleteStackOutput{}, nil
}

func (w *world) rollbackStack(in any) (any, error) {
	st, err := w.find(*in.(*cloudformation.RollbackStackInput).StackName)
	if err != nil {
		return nil, err
	}
	w.begin(st, "RollbackStack", types.OperationTypeRollback)
	return &cloudformation.RollbackStackOutput{}, nil
}

func (w *world) continueRollback(in any) (any, error) {
	st, err := w.find(*in.(*cloudformation.ContinueUpdateRollbackInput).StackName)
	if err != nil {
		return nil, err
	}
	w.begin(st, "ContinueUpdateRollback", types.OperationTypeContinueRollback)
	return &cloudformation.ContinueUpdateRollbackOutput{}, nil
}
