package cloudformation

import (
	"net/http"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func unfitSet(format string, args ...any) error {
	return wire.Errorf(http.StatusBadRequest, "InvalidChangeSetStatus", format, args...)
}

// executeChangeSet begins what a change set says, and deletes the stack's other change sets (trap 61). The API's
// pages say of DisableRollback that it is true unless it is given, and mean false (trap 37).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ExecuteChangeSet.html
func (s *Service) executeChangeSet(w *work, c *wire.Call, in wire.Form) (any, error) {
	if err := checkToken(in, "ClientRequestToken", "clientRequestToken"); err != nil {
		return nil, err
	}
	cs, err := w.set(c, in)
	if err != nil {
		return nil, err
	}
	st, ok := w.load(cs.Stack)
	if !ok {
		return nil, invalid("Stack [%s] does not exist", cs.StackName)
	}
	token, sum := in.Get("ClientRequestToken"), sumOf(c, cs.ARN)
	if again, err := st.repeated(token, sum); again || err != nil {
		return struct{}{}, err
	}
	if err := cs.executable(st); err != nil {
		return nil, err
	}
	op, err := cs.operation(in)
	if err != nil {
		return nil, err
	}
	for _, other := range w.setsOf(st.key() + "/") {
		if other.ID != cs.ID {
			w.dropSet(other)
		}
	}
	cs.Execution = executing
	w.saveSet(cs)
	st.ChangeSet, st.Updated = cs.ARN, c.Time
	st.remember(token, sum)
	op.Token = token
	w.deploy(st, &asked{version: cs.version}, op, c.Time)
	return struct{}{}, nil
}

func (cs *changeSet) executable(st *stack) error {
	switch {
	case cs.Status != createComplete:
		return unfitSet("ChangeSet [%s] cannot be executed in its current status of [%s]", cs.ARN, cs.Status)
	case cs.Execution != available:
		return unfitSet("ChangeSet [%s] cannot be executed in its current execution status of [%s]", cs.ARN, cs.Execution)
	case cs.Kind == "UPDATE":
		return st.updatable()
	}
	return nil
}

// operation is what the execution of the change set begins.
func (cs *changeSet) operation(in wire.Form) (*operation, error) {
	disable, err := in.Bool("DisableRollback")
	retains, err2 := in.Bool("RetainExceptOnCreate")
	if err := firstOf(err, err2); err != nil {
		return nil, err
	}
	if cs.OnFailure != "" && in.Has("DisableRollback") {
		return nil, invalid("DisableRollback can not be specified when OnStackFailure was specified " +
			"for the change set") // the words are unverified
	}
	if cs.Kind == "UPDATE" {
		return &operation{Type: updates, DisableRollback: disable || cs.OnFailure == "DO_NOTHING", Retains: retains}, nil
	}
	op := &operation{Type: creates, First: true, Retains: retains, OnFailure: cs.OnFailure}
	switch {
	case disable:
		op.OnFailure = "DO_NOTHING"
	case op.OnFailure == "":
		op.OnFailure = "ROLLBACK"
	}
	return op, nil
}

func (w *work) dropSet(cs *changeSet) {
	store.Delete(w.tx, setsTable, cs.key())
	store.Delete(w.tx, dueTable, dueSet+cs.key())
}

// deleteChangeSet removes a change set at once. The stack that came with it stays in review; to remove one that is
// not there is no error.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteChangeSet.html
func (s *Service) deleteChangeSet(w *work, c *wire.Call, in wire.Form) (any, error) {
	cs, err := w.set(c, in)
	if e, is := err.(*wire.Error); is && e.Code == "ChangeSetNotFound" {
		return struct{}{}, nil
	}
	if err != nil {
		return nil, err
	}
	if cs.Execution == executing {
		return nil, unfitSet("An operation on this ChangeSet is currently in progress.")
	}
	w.dropSet(cs)
	return struct{}{}, nil
}

// changesAPage is how many changes DescribeChangeSet gives at a time. AWS pages by size, 1 MB; the number is
// unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeChangeSet.html
const changesAPage = 50

// describeChangeSet tells of a change set, a page of changes at a time.
func (s *Service) describeChangeSet(w *work, c *wire.Call, in wire.Form) (any, error) {
	if in.Get("ChangeSetName") == "" {
		return nil, checkName("", "changeSetName", changeSetName, "")
	}
	cs, err := w.set(c, in)
	if err != nil {
		return nil, err
	}
	values, err := in.Bool("IncludePropertyValues")
	if err != nil {
		return nil, err
	}
	page, next, err := paged(cs.Changes, in.Get("NextToken"), changesAPage)
	if err != nil {
		return nil, err
	}
	return describedSet(cs, page, next, values), nil
}

// listChangeSets lists the active change sets of a stack: not those that were executed (that AWS means this by it is
// unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListChangeSets.html
func (s *Service) listChangeSets(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, err := w.named(c, in)
	if err != nil {
		return nil, err
	}
	all := slices.DeleteFunc(w.setsOf(st.key()+"/"), (*changeSet).spent)
	page, next, err := paged(all, in.Get("NextToken"), pageSize)
	if err != nil {
		return nil, err
	}
	out := struct {
		Summaries list[setSummary]
		NextToken string `xml:",omitempty"`
	}{NextToken: next}
	for _, cs := range page {
		out.Summaries.add(setSummary{
			StackID: cs.StackID, StackName: cs.StackName, ChangeSetID: cs.ARN, ChangeSetName: cs.Name,
			ExecutionStatus: cs.Execution, Status: cs.Status, StatusReason: cs.Reason,
			CreationTime: stamp(cs.Created), Description: cs.Remark,
		})
	}
	return out, nil
}

type setSummary struct {
	StackID             string `xml:"StackId"`
	StackName           string
	ChangeSetID         string `xml:"ChangeSetId"`
	ChangeSetName       string
	ExecutionStatus     string
	Status              string
	StatusReason        string `xml:",omitempty"`
	CreationTime        string
	Description         string `xml:",omitempty"`
	IncludeNestedStacks bool
}

// stamp is a time as the API writes it.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
