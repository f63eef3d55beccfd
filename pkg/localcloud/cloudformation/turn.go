package cloudformation

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// turn is one step of a stack's running operation, at its moment.
type turn struct {
	*work
	st     *stack
	op     *operation
	at     time.Time
	target *template.Template // of the phase, nil where it has none
}

// advance ends the jobs that are due, begins those that may, and ends the phase when nothing is left to do.
func (w *work) advance(st *stack, at time.Time) {
	t := &turn{work: w, st: st, op: st.Running, at: st.notBefore(at)}
	if err := t.aim(); err != nil {
		t.giveUp(err.Error())
		return
	}
	if !t.op.Begun {
		if reason := t.validate(); reason != "" {
			t.takeBack(reason)
			return
		}
		t.op.Begun, t.op.Jobs = true, t.plan()
	}
	t.finish()
	if t.op.fatal() && t.op.any(failed) {
		t.cancel()
	}
	t.begin()
	if !t.op.any(inFlight) {
		t.end()
	}
	w.save(st)
}

// aim reads the template that the phase goes by. All but a deployment need it for their plan alone.
func (t *turn) aim() (err error) {
	switch {
	case t.op.Phase == deploying, t.op.Phase == cleaning && !t.op.Begun:
		t.target, err = t.template(t.st, t.st.Template)
	case t.op.Phase == reverting && !t.op.Begun:
		t.target, err = t.template(t.st, t.st.Stable.Version.Template)
	}
	return err
}

// giveUp ends a phase whose template cannot be read any more. What a cleanup did not remove, the next one does.
func (t *turn) giveUp(reason string) {
	switch t.op.Phase {
	case deploying:
		t.cancel()
		t.takeBack(reason)
	case reverting:
		t.rest(updateRollbackFailed, reason)
	default:
		t.rest(updateComplete, reason)
	}
}

// fatal tells whether the first failure ends the phase.
func (op *operation) fatal() bool { return op.Phase == deploying || op.Phase == reverting }

// lenient tells whether what could not be removed is left behind.
func (op *operation) lenient() bool {
	return op.Phase == cleaning || op.Phase == tidying || op.Force
}

// finish ends the jobs that are due.
func (t *turn) finish() {
	for _, j := range t.op.Jobs {
		if j.State != inFlight {
			continue
		}
		if j.Stalls && !t.s.config.Faults.Stalls(j.ID, j.verb()) {
			j.Stalls = false
			if j.Due.Before(t.at) {
				j.Due = t.at
			}
		}
		if !j.Stalls && !j.Due.After(t.at) {
			t.complete(j)
		}
	}
}

// begin starts the jobs that wait for nothing, side by side. One that has nothing to do is done at once, and lets
// others begin.
func (t *turn) begin() {
	for !(t.op.fatal() && t.op.any(failed)) {
		ready := t.op.ready()
		if len(ready) == 0 {
			ready = t.op.circling()
		}
		if len(ready) == 0 {
			return
		}
		for _, j := range ready {
			t.launch(j)
		}
	}
}

// launch starts one job.
func (t *turn) launch(j *job) {
	j.State = inFlight
	switch t.op.Phase {
	case deploying:
		t.deploy(j)
	case reverting:
		t.revert(j)
	default:
		t.remove(j)
	}
}

// subject is the resource of a job, nil if it is no more.
func (t *turn) subject(j *job) *res {
	if j.Physical == "" {
		return t.st.Resources[j.ID]
	}
	i := slices.IndexFunc(t.st.Garbage, func(r *res) bool { return r.ID == j.ID && r.Physical == j.Physical })
	if i < 0 {
		return nil
	}
	return t.st.Garbage[i]
}

// complete ends a job, well or badly.
func (t *turn) complete(j *job) {
	r := t.subject(j)
	j.State = done
	switch {
	case r == nil:
	case j.Fail != "":
		j.State = failed
		t.tell(r, j.verb()+"_FAILED", j.Fail)
		r.Stuck = t.op.Phase == reverting
		if j.Action == "DELETE" {
			t.notRemoved(j, r)
		}
	case j.Action == "DELETE":
		t.tell(r, deleteComplete, "")
		t.gone(j, r)
	default:
		t.tell(r, j.verb()+"_COMPLETE", "")
		r.Stuck, r.Touched = false, r.Touched && t.op.Phase != reverting
	}
}

// cancel stops the jobs in flight after another one failed.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
func (t *turn) cancel() {
	for _, j := range t.op.Jobs {
		if j.State != inFlight {
			continue
		}
		word := map[string]string{"CREATE": "creation", "UPDATE": "update"}[j.verb()]
		j.State, j.Fail = failed, "Resource "+word+" cancelled"
		r := t.subject(j)
		r.Stuck = false
		t.tell(r, j.verb()+"_FAILED", j.Fail)
	}
}

// tell gives a resource a status, and writes the event down.
func (t *turn) tell(r *res, status, reason string) {
	r.Status, r.Reason, r.Changed = status, reason, t.at
	properties := ""
	if r.Properties != nil {
		text, _ := json.Marshal(r.Properties) // they are JSON already
		properties = string(text)
	}
	t.record(t.st, event{
		ID: r.ID + "-" + wire.NewID(), Operation: t.op.ID, Token: t.op.Token, Time: t.at, LogicalID: r.ID,
		Physical: r.Physical, Type: r.Type, Status: status, Reason: reason, Properties: properties,
	})
}

const stackType = "AWS::CloudFormation::Stack"

// become gives the stack a status, and writes the event down.
func (w *work) become(st *stack, op *operation, at time.Time, status, reason string) {
	at = st.notBefore(at)
	st.Status, st.Reason = status, reason
	e := event{Time: at, LogicalID: st.Name, Physical: st.arn(), Type: stackType, Status: status, Reason: reason}
	if op != nil {
		e.Operation, e.Token = op.ID, op.Token
	}
	w.record(st, e)
	w.save(st)
}
