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
	p := &preview{}
	if target, err := w.template(st, cs.Template); err != nil {
		p.err = err
	} else {
		p = w.preview(st, cs.version, target)
	}
	cs.Changes, cs.Status, cs.Execution = p.changes, createComplete, available
	switch {
	case p.err != nil:
		cs.fail(words(p.err).Error())
	case p.problems != nil:
		cs.fail(w.invalidate(st, cs.Operation, cs.Token, p.problems, at))
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

// invalidate tells the problems that early validation found, to DescribeEvents alone, and is the reason to fail with.
func (w *work) invalidate(st *stack, operation, token string, problems []problem, at time.Time) string {
	hooks := map[string]string{
		propertyValidation: "AWS::EarlyValidation::PropertyValidation", // the name is unverified
		nameConflict:       "AWS::EarlyValidation::ResourceExistenceCheck",
	}
	failed := map[string]bool{}
	for _, p := range problems {
		failed[hooks[p.Name]] = true
		w.record(st, event{
			Operation: operation, Token: token, Time: at, LogicalID: p.ID, Type: p.Type,
			Validation: p.Name, Words: p.Reason, Path: p.Path,
		})
	}
	w.save(st)
	return strings.Replace(earlyValidation, "%s", strings.Join(slices.Sorted(maps.Keys(failed)), ", "), 1)
}

// validate is the early validation of CreateStack and UpdateStack, before anything is made: the reason for which they
// fail, "" for none. That the stack is rolled back, and with that reason, is unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
func (t *turn) validate() string {
	if t.op.Phase != deploying || !t.op.Validates {
		return ""
	}
	p := t.preview(t.st, t.st.version, t.target)
	if p.err != nil || p.problems == nil { // what else is wrong, the resource fails with
		return ""
	}
	return t.invalidate(t.st, t.op.ID, t.op.Token, p.problems, t.at)
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
