package cloudformation

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// evaluate makes a change set: it begins, and in a while it is ready or has failed.
func (w *work) evaluate(key string, at time.Time) {
	cs, ok := store.Get[changeSet](w.tx, setsTable, key)
	st, there := w.load(cs.Stack)
	switch {
	case !ok || !there:
		return
	case cs.Status == pending:
		cs.Status = createInProgress
		w.saveSet(&cs)
		store.Put(w.tx, dueTable, dueSet+key, due{At: w.later(at, evaluating)})
		return
	}
	p := w.preview(st, cs.version, w.template(st, cs.Template))
	cs.Changes, cs.Status, cs.Execution = p.changes, createComplete, available
	switch {
	case p.err != nil:
		cs.fail(words(p.err).Error())
	case p.problems != nil:
		w.invalidate(st, &cs, p.problems, at)
	case cs.Kind == "UPDATE" && p.idle():
		cs.fail(noChange)
	case st.moved(cs.Operation):
		cs.Execution = obsolete
	}
	w.saveSet(&cs)
	w.close(st, cs.Operation, cs.Status == createComplete, at)
}

// moved tells whether something was done to the stack after an operation began.
func (st *stack) moved(since string) bool {
	for _, op := range st.Past {
		switch {
		case op.ID == since:
			return false
		case op.Type != makesChanges:
			return true
		}
	}
	return true
}

func (cs *changeSet) fail(reason string) {
	cs.Status, cs.Execution, cs.Reason, cs.Changes = setFailed, unavailable, reason, nil
}

// invalidate fails a change set that early validation found problems in. They are told by DescribeEvents alone.
func (w *work) invalidate(st *stack, cs *changeSet, problems []problem, at time.Time) {
	hooks := map[string]string{
		propertyValidation: "AWS::EarlyValidation::PropertyValidation", // the name is unverified
		nameConflict:       "AWS::EarlyValidation::ResourceExistenceCheck",
	}
	failed := map[string]bool{}
	for _, p := range problems {
		failed[hooks[p.Name]] = true
		w.record(st, event{
			Operation: cs.Operation, Token: cs.Token, Time: at, LogicalID: p.ID, Type: p.Type,
			Validation: p.Name, Words: p.Reason, Path: p.Path,
		})
	}
	w.save(st)
	cs.fail(strings.Replace(earlyValidation, "%s", strings.Join(slices.Sorted(maps.Keys(failed)), ", "), 1))
}

// outdate makes change sets useless whose stack has changed otherwise.
func (w *work) outdate(st *stack) {
	for _, cs := range w.setsOf(st.key() + "/") {
		if cs.Execution == available {
			cs.Execution = obsolete
			w.saveSet(cs)
		}
	}
}

// settleSet says how the execution of the stack's change set ended, once.
func (w *work) settleSet(st *stack, status string) {
	for _, cs := range w.setsOf(st.key() + "/") {
		if cs.ARN == st.ChangeSet && cs.Execution == executing {
			cs.Execution = status
			w.saveSet(cs)
		}
	}
}
