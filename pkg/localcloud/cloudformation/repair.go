package cloudformation

import (
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func (s *Service) repairOperations() operations {
	return operations{
		"CancelUpdateStack": {s.cancelUpdate, []string{"StackName", "ClientRequestToken"}},
		"RollbackStack": {s.rollbackStack, []string{
			"StackName", "RoleARN", "ClientRequestToken", "RetainExceptOnCreate",
		}},
		"ContinueUpdateRollback": {s.continueRollback, []string{
			"StackName", "RoleARN", "ResourcesToSkip", "ForceRollback", "ClientRequestToken",
		}},
	}
}

// repaired finds the stack of a repair, and tells whether the request was made before.
func (w *work) repaired(c *wire.Call, in wire.Form) (*stack, bool, error) {
	if err := firstOf(checkStackName(in), checkToken(in, "ClientRequestToken", "clientRequestToken")); err != nil {
		return nil, false, err
	}
	st, err := w.alive(c, in)
	if err != nil {
		return nil, false, err
	}
	again, err := st.repeated(in.Get("ClientRequestToken"), sumOf(c, ""))
	return st, again, err
}

// cancelUpdate stops an update and takes it back.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CancelUpdateStack.html
func (s *Service) cancelUpdate(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, again, err := w.repaired(c, in)
	if err != nil || again {
		return nil, err
	}
	if st.Status != updateInProgress {
		return nil, invalid("CancelUpdateStack cannot be called from current stack status")
	}
	st.remember(in.Get("ClientRequestToken"), sumOf(c, ""))
	t := &turn{work: w, st: st, op: st.Running, at: st.notBefore(c.Time)}
	t.cancel()
	t.op.DisableRollback = false
	t.takeBack(userInitiated)
	return nil, nil
}

// rollbackStack takes a stack that stands half-way back to its last stable state. One that never had any is deleted
// (trap 51).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html
func (s *Service) rollbackStack(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, again, err := w.repaired(c, in)
	if err != nil {
		return nil, err
	}
	if again {
		return begunAnswer{StackID: st.arn()}, nil
	}
	retains, err := in.Bool("RetainExceptOnCreate")
	switch {
	case err != nil:
		return nil, err
	case !st.is(createFailed, updateFailed):
		return nil, invalid("Stack:%s is in %s state and can not be rolled back.", st.arn(), st.Status) // unverified
	case st.Stable == nil && st.Protected: // it would be deleted; that AWS sees to it here is unverified
		return nil, protects(st)
	}
	token := in.Get("ClientRequestToken")
	st.remember(token, sumOf(c, ""))
	w.outdate(st)
	op := &operation{Type: rollsBack, Phase: reverting, Token: token, Retains: retains}
	if st.Stable == nil {
		op.Type, op.Phase = deletes, deleting
		w.startDeletion(st, op, c.Time)
		return begunAnswer{st.arn(), op.ID}, nil
	}
	w.takeUp(st, op, c.Time)
	return begunAnswer{st.arn(), op.ID}, nil
}

// takeUp begins a rollback to the last stable state.
func (w *work) takeUp(st *stack, op *operation, at time.Time) {
	st.version = st.Stable.Version
	w.start(st, op, at)
	w.become(st, op, at, updateRollback, userInitiated)
}

// continueRollback goes on with a rollback that failed. Resources may be skipped: those that failed in it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ContinueUpdateRollback.html
func (s *Service) continueRollback(w *work, c *wire.Call, in wire.Form) (any, error) {
	st, again, err := w.repaired(c, in)
	if err != nil || again {
		return struct{}{}, err
	}
	force, err := in.Bool("ForceRollback")
	skip := in.List("ResourcesToSkip")
	switch {
	case err != nil:
		return nil, err
	case force && len(skip) > 0:
		return nil, invalid("ForceRollback and ResourcesToSkip cannot both be specified.") // the words are unverified
	case st.Status != updateRollbackFailed:
		return nil, invalid("RollbackUpdatedStack cannot be called from current stack status")
	case force:
		skip = slices.DeleteFunc(st.ids(), func(id string) bool { return !st.Resources[id].Stuck })
	}
	if err := st.skippable(skip); err != nil {
		return nil, err
	}
	token := in.Get("ClientRequestToken")
	st.remember(token, sumOf(c, ""))
	op := &operation{Type: continues, Phase: reverting, Token: token}
	w.takeUp(st, op, c.Time)
	t := &turn{work: w, st: st, op: op, at: st.notBefore(c.Time)}
	for _, id := range skip {
		r := st.Resources[id]
		r.Touched, r.Stuck, r.Skipped = false, false, true
		if was, ok := st.Stable.Resources[id]; ok {
			r.takeOver(&was)
		}
		t.tell(r, updateComplete, "")
	}
	return struct{}{}, nil
}

func (st *stack) skippable(ids []string) error {
	for _, id := range ids {
		r, ok := st.Resources[id]
		switch {
		case !ok:
			return invalid("The following resources to skip do not exist in the stack: [%s]", id) // unverified
		case !r.Stuck:
			return invalid("Resource %s cannot be skipped: it is not in the UPDATE_FAILED state because a rollback failed", id)
		}
	}
	return nil
}
