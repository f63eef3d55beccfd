package cloudformation

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// end goes on from a phase of which nothing is left to do.
func (t *turn) end() {
	switch t.op.Phase {
	case deploying:
		t.endDeploy()
	case cleaning:
		t.rest(updateComplete, leftBehind(t.op, "Update successful. One or more resources could not be deleted."))
	case undoing:
		t.endRemoval(rollbackComplete, rollbackFailed)
	case reverting:
		t.endRevert()
	case tidying:
		t.rest(updateRollbackComplete, leftBehind(t.op,
			"Update rollback successful. One or more resources could not be deleted."))
	case deleting:
		t.endDeletion()
	}
}

func leftBehind(op *operation, words string) string {
	if op.any(failed) {
		return words
	}
	return ""
}

// endDeploy is the end of making and changing: a creation is complete, an update goes on to clean up, and either is
// taken back when something failed.
func (t *turn) endDeploy() {
	if reason := t.failure(); reason != "" {
		t.takeBack(reason)
		return
	}
	outputs, err := t.outputs()
	switch {
	case err != nil:
		t.takeBack(err.Error())
	case t.op.First:
		t.st.Outputs = outputs
		t.rest(createComplete, "")
	default:
		t.st.Outputs = outputs
		t.become(t.st, t.op, t.at, updateCleanup, "")
		t.enter(t.st, t.op, cleaning, t.at)
	}
}

// failure says which resources failed, as the stack's own event does.
func (t *turn) failure() string {
	var said []string
	for _, verb := range []string{"CREATE", "UPDATE", "DELETE"} {
		if ids := t.op.failures(verb); ids != nil {
			said = append(said, "The following resource(s) failed to "+strings.ToLower(verb)+": ["+
				strings.Join(ids, ", ")+"]. ")
		}
	}
	return strings.Join(said, "")
}

// takeBack goes on after a failure, or after a person cancelled, as the request said.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
func (t *turn) takeBack(reason string) {
	if reason != userInitiated {
		reason = strings.TrimSuffix(reason, " ") + " "
	}
	switch {
	case t.op.First && t.op.OnFailure == "DO_NOTHING":
		t.rest(createFailed, reason)
	case t.op.First && t.op.OnFailure == "DELETE":
		t.follow(deletes, deleting, deleteInProgress, reason+"Delete requested by user.")
	case t.op.First:
		t.follow(rollsBack, undoing, rollbackInProgress, reason+"Rollback requested by user.")
	case t.op.DisableRollback || t.st.Stable == nil:
		t.rest(updateFailed, reason)
	default:
		t.follow(rollsBack, reverting, updateRollback, reason)
		t.st.version = t.st.Stable.Version
	}
}

// follow begins another operation in the place of the one that failed, with the same settings and token.
func (t *turn) follow(kind string, p phase, status, reason string) {
	t.close(t.st, t.op.ID, false, t.at)
	next := *t.op
	next.Type, next.Phase = kind, p
	if !strings.HasPrefix(status, "UPDATE_") {
		t.st.Ended = t.at
	}
	t.settleSet(t.st, "EXECUTE_FAILED")
	t.start(t.st, &next, t.at)
	t.become(t.st, &next, t.at, status, reason)
}

// endRevert is the end of changing back.
func (t *turn) endRevert() {
	if reason := t.failure(); reason != "" {
		t.rest(updateRollbackFailed, reason)
		return
	}
	t.become(t.st, t.op, t.at, updateRollbackCleanup, "")
	t.enter(t.st, t.op, tidying, t.at)
}

func (t *turn) endRemoval(good, bad string) {
	if reason := t.failure(); reason != "" {
		t.rest(bad, reason)
		return
	}
	t.rest(good, "")
}

// endDeletion takes the name from a stack that is gone. It is found by its id for a while.
func (t *turn) endDeletion() {
	t.endRemoval(deleteComplete, deleteFailed)
	if t.st.Status == deleteComplete {
		t.freeName(t.st)
	}
}

func (w *work) freeName(st *stack) {
	store.Delete(w.tx, namesTable, st.Account+"/"+st.Region+"/"+st.Name)
	store.Put(w.tx, dueTable, duePurge+st.key(), due{At: w.s.config.Clock.Now().Add(foundFor)})
}

// rest is the end of the operation.
func (t *turn) rest(status, reason string) {
	st := t.st
	good := slices.Contains([]string{createComplete, updateComplete}, status)
	if good || status == updateRollbackComplete {
		st.settle()
	}
	t.settleSet(st, map[bool]string{true: "EXECUTE_COMPLETE", false: "EXECUTE_FAILED"}[good])
	t.close(st, t.op.ID, !strings.HasSuffix(status, "_FAILED"), t.at)
	st.Running = nil
	t.become(st, t.op, t.at, status, reason)
}

// outputs are the template's, now that their values are known.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/outputs-section-structure.html
func (t *turn) outputs() ([]output, error) {
	var all []output
	for _, name := range slices.Sorted(maps.Keys(t.target.Outputs)) {
		value, err := t.target.ResolveOutput(name, world{t.st})
		if err != nil {
			return nil, words(err)
		}
		all = append(all, output{Key: name, Value: value, Description: t.target.Outputs[name].Description})
	}
	return all, nil
}

// words takes the message out of an error of the template.
func words(err error) error {
	if e, is := errors.AsType[*template.Invalid](err); is {
		return errors.New(e.Message)
	}
	return err
}
