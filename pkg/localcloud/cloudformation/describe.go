package cloudformation

import (
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func (s *Service) readOperations() operations {
	return operations{
		"DescribeStacks":      {s.describeStacks, []string{"StackName", "NextToken"}},
		"ListStacks":          {s.listStacks, []string{"NextToken", "StackStatusFilter"}},
		"DescribeStackEvents": {s.describeStackEvents, []string{"StackName", "NextToken"}},
		"DescribeEvents": {s.describeEvents, []string{
			"StackName", "ChangeSetName", "OperationId", "Filters", "NextToken",
		}},
		"ListStackResources": {s.listStackResources, []string{"StackName", "NextToken"}},
		"DescribeStackResources": {s.describeStackResources, []string{
			"StackName", "LogicalResourceId", "PhysicalResourceId",
		}},
		"DescribeStackResource": {s.describeStackResource, []string{"StackName", "LogicalResourceId"}},
	}
}

type stackAnswer struct {
	StackID                     string `xml:"StackId"`
	StackName                   string
	ChangeSetID                 string `xml:"ChangeSetId,omitempty"`
	Description                 string `xml:",omitempty"`
	CreationTime                string
	DeletionTime                string `xml:",omitempty"`
	LastUpdatedTime             string `xml:",omitempty"`
	RollbackConfiguration       struct{}
	StackStatus                 string
	StackStatusReason           string `xml:",omitempty"`
	DisableRollback             bool
	NotificationARNs            list[string]
	Capabilities                list[string]
	Outputs                     list[outputAnswer]
	RoleARN                     string `xml:",omitempty"`
	Tags                        list[tagAnswer]
	EnableTerminationProtection *bool
	DriftInformation            driftInformation
	RetainExceptOnCreate        *bool
	DeletionMode                string `xml:",omitempty"`
	LastOperations              list[operationAnswer]
}

type outputAnswer struct {
	OutputKey   string
	OutputValue string
	Description string `xml:",omitempty"`
}

type operationAnswer struct {
	OperationType string
	OperationID   string `xml:"OperationId"`
}

type driftInformation struct {
	StackDriftStatus   string
	LastCheckTimestamp string `xml:",omitempty"`
}

// lately is how many operations DescribeStacks tells of. AWS says "the most recent"; the number is unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Stack.html
const lately = 10

func (st *stack) operations() list[operationAnswer] {
	var l list[operationAnswer]
	for _, op := range st.Past[:min(lately, len(st.Past))] {
		l.add(operationAnswer{op.Type, op.ID})
	}
	return l
}

func (st *stack) drifted() driftInformation {
	if st.Drift == "" {
		return driftInformation{StackDriftStatus: unchecked}
	}
	return driftInformation{st.Drift, stamp(st.Checked)}
}

func (st *stack) answer() stackAnswer {
	a := stackAnswer{
		StackID: st.arn(), StackName: st.Name, ChangeSetID: st.ChangeSet, Description: st.Description,
		CreationTime: stamp(st.Created), DeletionTime: stamp(st.Ended), LastUpdatedTime: stamp(st.Updated),
		StackStatus: st.Status, StackStatusReason: st.Reason, DisableRollback: st.DisableRollback,
		Capabilities: texts(st.Capabilities), RoleARN: st.Role, Tags: tagList(st.Tags), DriftInformation: st.drifted(),
		DeletionMode: st.Deletion, LastOperations: st.operations(),
	}
	if st.Status != deleteComplete { // seen: a stack that is gone says nothing of its protection
		a.EnableTerminationProtection = &st.Protected
	}
	if st.Retains {
		a.RetainExceptOnCreate = &st.Retains
	}
	for _, o := range st.Outputs {
		a.Outputs.add(outputAnswer{o.Key, o.Value, o.Description})
	}
	return a
}

// describeStacks tells of one stack, or of all that are there. One that was deleted is found by its id only (trap
// 19).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
func (s *Service) describeStacks(w *work, c *wire.Call, in wire.Form) (any, error) {
	out := struct {
		Stacks    list[stackAnswer]
		NextToken string `xml:",omitempty"`
	}{}
	if name := in.Get("StackName"); name != "" {
		st, ok := w.found(c, name)
		if !ok {
			return nil, invalid("Stack with id %s does not exist", name)
		}
		out.Stacks.add(st.answer())
		return out, nil
	}
	var all []stackAnswer
	w.eachStack(c, func(st *stack) {
		if st.Status != deleteComplete {
			all = append(all, st.answer())
		}
	})
	var err error
	out.Stacks.Members, out.NextToken, err = paged(all, in.Get("NextToken"), pageSize)
	return out, err
}

type stackSummary struct {
	StackID             string `xml:"StackId"`
	StackName           string
	TemplateDescription string `xml:",omitempty"`
	CreationTime        string
	LastUpdatedTime     string `xml:",omitempty"`
	DeletionTime        string `xml:",omitempty"`
	StackStatus         string
	StackStatusReason   string `xml:",omitempty"`
	DriftInformation    driftInformation
	LastOperations      list[operationAnswer]
}

// listStacks lists the stacks of any status, those that were deleted among them.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStacks.html
func (s *Service) listStacks(w *work, c *wire.Call, in wire.Form) (any, error) {
	filter := in.List("StackStatusFilter")
	var all []stackSummary
	w.eachStack(c, func(st *stack) {
		if len(filter) > 0 && !st.is(filter...) {
			return
		}
		all = append(all, stackSummary{
			StackID: st.arn(), StackName: st.Name, TemplateDescription: st.Description, CreationTime: stamp(st.Created),
			LastUpdatedTime: stamp(st.Updated), DeletionTime: stamp(st.Ended), StackStatus: st.Status,
			StackStatusReason: st.Reason, DriftInformation: st.drifted(), LastOperations: st.operations(),
		})
	})
	page, next, err := paged(all, in.Get("NextToken"), pageSize)
	return struct {
		StackSummaries list[stackSummary]
		NextToken      string `xml:",omitempty"`
	}{list[stackSummary]{page}, next}, err
}
