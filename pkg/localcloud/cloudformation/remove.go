package cloudformation

import (
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// attempts is how often a cleanup tries to remove a resource before it leaves it behind.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
const attempts = 3

// remove begins to delete a resource, unless it stays or was never made.
func (t *turn) remove(j *job) {
	r := t.subject(j)
	switch {
	case r == nil:
		j.State = done
		return
	case t.stays(r):
		j.State = done
		t.tell(r, deleteSkipped, "")
		t.gone(j, r)
		return
	case r.Physical == "":
		j.State = done
		t.tell(r, deleteComplete, "")
		t.gone(j, r)
		return
	}
	j.Tries++
	t.tell(r, deleteInProgress, "")
	fail, stalls, slow := t.s.config.Faults.Begin(j.ID, "DELETE")
	if fail != "" {
		t.fail(j, fail, slow)
		return
	}
	in := t.input(r)
	in.Before = r.Properties
	takes, err := t.handler(r.Type).Delete(t.tx, in)
	if err != nil && !missing(err) {
		t.fail(j, refusal(err), slow)
		return
	}
	j.Due, j.Stalls = t.later(t.at, takes+slow), stalls
}

// stays tells whether a resource is kept: by its policy, or because the request says so. RetainExceptOnCreate retains
// it but from the rollback of the operation that made it.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-deletionpolicy.html
func (t *turn) stays(r *res) bool {
	rollback := t.op.Phase == undoing || t.op.Phase == tidying
	switch {
	case slices.Contains(t.st.Garbage, r):
		return r.Keep
	case slices.Contains(t.op.Retain, r.ID):
		return true
	case r.Delete == "Retain":
		return !rollback || !t.op.Retains
	case r.Delete == "RetainExceptOnCreate":
		return !rollback
	}
	return false
}

// missing tells whether a handler found nothing to remove.
func missing(err error) bool {
	e, is := errors.AsType[*resource.Error](err)
	return is && e.Code == resource.NotFound
}

// gone takes a resource that is removed, or kept, out of the stack. Where the whole stack goes, it stays listed.
func (t *turn) gone(j *job, r *res) {
	switch {
	case j.Physical != "":
		t.st.Garbage = slices.DeleteFunc(t.st.Garbage, func(g *res) bool { return g == r })
	case t.op.Phase == cleaning || t.op.Phase == tidying:
		delete(t.st.Resources, j.ID)
	}
}

// notRemoved is what becomes of a resource that could not be removed. A cleanup tries again, and then leaves it behind;
// a forced deletion leaves it behind at once (with which events is unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-console-delete-stack.html
func (t *turn) notRemoved(j *job, r *res) {
	switch {
	case t.op.Force:
		j.State = done
		t.tell(r, deleteSkipped, "")
		t.gone(j, r)
	case t.op.lenient() && j.Tries < attempts:
		j.State, j.Fail = waiting, ""
	case t.op.lenient():
		t.gone(j, r)
	}
}

// revert begins to change a resource back to what it was in the last stable state.
func (t *turn) revert(j *job) {
	has, was := t.st.Resources[j.ID], t.st.Stable.Resources[j.ID]
	if has.Physical != was.Physical {
		t.restore(j, has, was)
		return
	}
	j.Action = "UPDATE"
	t.tell(has, updateInProgress, "")
	fail, stalls, slow := t.s.config.Faults.Begin(j.ID, "UPDATE")
	if fail != "" {
		t.fail(j, fail, slow)
		return
	}
	j.Due, j.Stalls = t.later(t.at, failing+slow), stalls
	if reflect.DeepEqual(has.Properties, was.Properties) && maps.Equal(has.Tags, was.Tags) {
		t.reverted(has, was)
		return
	}
	in := t.input(has)
	in.Properties, in.Before = was.Properties, has.Properties
	made, err := t.handler(has.Type).Update(t.tx, in)
	if err != nil {
		t.fail(j, refusal(err), slow)
		return
	}
	t.reverted(has, was)
	has.Attributes, has.Skipped = made.Attributes, false
	j.Due = t.later(t.at, made.Takes+slow)
}

func (t *turn) reverted(has *res, was res) {
	has.Properties, has.Tags = was.Properties, was.Tags
	has.takeOver(&was)
}

// restore puts a replaced resource back in its place: it is still there, and the new one goes. With which events is
// unverified.
func (t *turn) restore(j *job, has *res, was res) {
	j.Action = "RESTORE"
	if !t.pretend(j) {
		t.tell(has, updateInProgress, "")
		return
	}
	old := was
	old.Touched = true
	t.st.Garbage = slices.DeleteFunc(t.st.Garbage, func(g *res) bool { return g.ID == j.ID && g.Physical == was.Physical })
	if has.Physical != "" {
		has.Keep = false
		t.st.Garbage = append(t.st.Garbage, has)
	}
	t.st.Resources[j.ID] = &old
	t.tell(&old, updateInProgress, "")
}
