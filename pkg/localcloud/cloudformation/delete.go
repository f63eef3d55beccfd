package cloudformation

import (
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// deleteStack begins to remove a stack. To remove one that is not there is no error.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
func (s *Service) deleteStack(w *work, c *wire.Call, in wire.Form) (any, error) {
	if err := firstOf(checkStackName(in), checkToken(in, "ClientRequestToken", "clientRequestToken")); err != nil {
		return nil, err
	}
	st, found := w.found(c, in.Get("StackName"))
	if !found || st.is(deleteComplete, deleteInProgress) {
		return nil, nil
	}
	token := in.Get("ClientRequestToken")
	if again, err := st.repeated(token, sumOf(c, "")); again || err != nil {
		return nil, err
	}
	if err := st.deletable(in); err != nil {
		return nil, err
	}
	st.remember(token, sumOf(c, ""))
	st.Deletion = in.Get("DeletionMode")
	if role := in.Get("RoleARN"); role != "" {
		st.Role = role
	}
	w.outdate(st)
	w.startDeletion(st, &operation{
		Type: deletes, Phase: deleting, Token: token,
		Retain: in.List("RetainResources"), Force: st.Deletion == "FORCE_DELETE_STACK",
	}, c.Time)
	return nil, nil
}

// startDeletion begins a deletion, after it has stopped a creation that goes on.
func (w *work) startDeletion(st *stack, op *operation, at time.Time) {
	if st.Running != nil {
		(&turn{work: w, st: st, op: st.Running, at: st.notBefore(at)}).cancel()
		w.close(st, st.Running.ID, false, at)
		w.settleSet(st, "EXECUTE_FAILED")
	}
	st.Ended = at
	w.start(st, op, at)
	w.become(st, op, at, deleteInProgress, userInitiated)
}

// deletable tells whether a deletion may begin. A creation that goes on is stopped by it; other work is not (which of
// it AWS lets be stopped is unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
func (st *stack) deletable(in wire.Form) error {
	mode, retain := in.Get("DeletionMode"), in.List("RetainResources")
	switch {
	case st.Protected:
		return protects(st)
	case st.busy() && st.Status != createInProgress:
		return invalid("Stack [%s] cannot be deleted while in status %s", st.arn(), st.Status)
	case mode != "" && mode != "STANDARD" && mode != "FORCE_DELETE_STACK":
		return constraint(mode, "deletionMode", "satisfy enum value set: [STANDARD, FORCE_DELETE_STACK]")
	case mode == "FORCE_DELETE_STACK" && st.Status != deleteFailed:
		return invalid("Invalid operation on stack [%s]. You can activate DeletionMode FORCE_DELETE_STACK in a delete stack "+
			"operation only when the stack is in the DELETE_FAILED state.", st.arn())
	case len(retain) > 0 && st.Status != deleteFailed:
		return invalid("Invalid operation on stack [%s]. You can specify RetainResources in a delete stack operation only "+
			"when the stack is in the DELETE_FAILED state.", st.arn()) // the words are unverified
	}
	return st.retainable(retain)
}

func protects(st *stack) error {
	return invalid("Stack [%s] cannot be deleted while TerminationProtection is enabled", st.Name)
}

// retainable sees that the resources that a deletion shall leave behind are there.
func (st *stack) retainable(ids []string) error {
	var unknown []string
	for _, id := range ids {
		switch r, ok := st.Resources[id]; {
		case !ok:
			unknown = append(unknown, id)
		case r.Status == deleteComplete:
			return invalid("The specified resources to retain must be in a valid state. Do not specify resources that are in " +
				"the DELETE_COMPLETE state.")
		}
	}
	if unknown == nil {
		return nil
	}
	slices.Sort(unknown)
	return invalid("The specified resources to retain do not exist in the stack: [%s]", // the words are unverified
		strings.Join(unknown, ", "))
}
