package cloudformation

import (
	"slices"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// How long CloudFormation itself takes, besides the resources. AWS does not say; these are guesses (unverified).
const (
	beginning  = 2 * time.Second // from the request until the first resource
	failing    = time.Second     // until a service has refused
	evaluating = 3 * time.Second // until a change set is made
)

// The types of operations.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_OperationEntry.html
const (
	creates      = "CREATE_STACK"
	updates      = "UPDATE_STACK"
	deletes      = "DELETE_STACK"
	continues    = "CONTINUE_ROLLBACK"
	rollsBack    = "ROLLBACK"
	makesChanges = "CREATE_CHANGESET"
)

// phase is a part of an operation: all jobs of one end before the next begins.
type phase string

const (
	deploying phase = "deploy"  // makes and changes resources
	cleaning  phase = "cleanup" // removes what was replaced or is no longer in the template
	undoing   phase = "undo"    // removes what a failed creation has made
	reverting phase = "revert"  // changes resources back after a failed update
	tidying   phase = "tidy"    // removes what a failed update has made
	deleting  phase = "delete"  // removes everything
)

// operation is what goes on with a stack.
type operation struct {
	ID, Type, Token string
	Phase           phase
	Begins          time.Time // when the jobs of the phase begin
	Begun           bool
	Jobs            []*job

	First           bool   // it creates the stack
	OnFailure       string // of a creation: ROLLBACK, DELETE or DO_NOTHING
	DisableRollback bool   // of an update
	Retains         bool   // RetainExceptOnCreate
	Retain          []string
	Force           bool // FORCE_DELETE_STACK
	Validates       bool // early validation comes first: no change set has done it
}

// The states of a job.
const (
	waiting  = ""
	inFlight = "in flight"
	done     = "done"
	failed   = "failed"
)

// job is what is done to one resource.
type job struct {
	ID       string // logical id
	Physical string // of garbage; "" is the stack's present resource of that logical id
	Action   string // CREATE, UPDATE, REPLACE, RESTORE or DELETE; "" until it begins, where that depends
	After    []int  // indexes of the jobs that must be done before
	State    string
	Due      time.Time
	Stalls   bool
	Fail     string // the reason to fail with when it is due
	Tries    int
}

// verb is the action as faults and events name it.
func (j *job) verb() string {
	switch j.Action {
	case "REPLACE", "RESTORE":
		return "UPDATE"
	}
	return j.Action
}

// due is when a stack, or something else, has to be looked at.
type due struct {
	At     time.Time // zero when nothing but stalled work goes on
	Stalls []stalled
}

type stalled struct{ ID, Action string }

// The kinds of things that are due: the beginnings of the keys.
const (
	dueStack = "stack/"
	dueSet   = "changeset/"
	dueDrift = "drift/"
	duePurge = "purge/"
)

// next is when the operation has to be looked at.
func (op *operation) next() due {
	if !op.Begun {
		return due{At: op.Begins}
	}
	var d due
	for _, j := range op.Jobs {
		switch {
		case j.State != inFlight:
		case j.Stalls:
			d.Stalls = append(d.Stalls, stalled{j.ID, j.verb()})
		case d.At.IsZero() || j.Due.Before(d.At):
			d.At = j.Due
		}
	}
	return d
}

// ready are the jobs that may begin.
func (op *operation) ready() []*job {
	var ready []*job
	for _, j := range op.Jobs {
		open := func(i int) bool {
			state := op.Jobs[i].State
			return state != done && !(state == failed && op.lenient())
		}
		if j.State == waiting && !slices.ContainsFunc(j.After, open) {
			ready = append(ready, j)
		}
	}
	return ready
}

// circling is the first job that waits where all that are left wait for each other: resources may come to need each
// other where some of them are of another version than the rest. Whoever deletes has to begin somewhere.
func (op *operation) circling() []*job {
	if op.any(inFlight) || op.any(failed) && !op.lenient() {
		return nil
	}
	i := slices.IndexFunc(op.Jobs, func(j *job) bool { return j.State == waiting })
	if i < 0 {
		return nil
	}
	return op.Jobs[i : i+1]
}

// any tells whether a job is in the state.
func (op *operation) any(state string) bool {
	return slices.ContainsFunc(op.Jobs, func(j *job) bool { return j.State == state })
}

// failures are the logical ids of the jobs that failed, by what they failed to do, in the order of the jobs.
func (op *operation) failures(verb string) []string {
	var ids []string
	for _, j := range op.Jobs {
		if j.State == failed && j.verb() == verb && !slices.Contains(ids, j.ID) {
			ids = append(ids, j.ID)
		}
	}
	return ids
}

// place is where an operation is found by its id.
type place struct {
	Stack      string // the stack's key
	Type       string
	ChangeSet  string // ARN, of CREATE_CHANGESET
	Begun, End time.Time
	Status     string // IN_PROGRESS, SUCCEEDED, FAILED
}

const (
	opRunning   = "IN_PROGRESS"
	opSucceeded = "SUCCEEDED"
	opFailed    = "FAILED"
)

// start makes an operation the stack's running one; its jobs begin a little later. A rollback is an operation of its
// own, with an id of its own.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeEvents.html
func (w *work) start(st *stack, op *operation, at time.Time) {
	op.ID = wire.NewID()
	w.enter(st, op, op.Phase, at)
	st.begun(op.ID, op.Type)
	w.place(st, op.ID, place{Type: op.Type, Begun: at, Status: opRunning})
}

// enter begins a phase.
func (w *work) enter(st *stack, op *operation, p phase, at time.Time) {
	op.Phase, op.Begun, op.Jobs = p, false, nil
	op.Begins = w.later(at, beginning)
	st.Running = op
	w.save(st)
}

func (w *work) place(st *stack, id string, p place) {
	p.Stack = st.key()
	store.Put(w.tx, operationsTable, st.Account+"/"+st.Region+"/"+id, p)
}

// close notes how an operation ended.
func (w *work) close(st *stack, id string, good bool, at time.Time) {
	p, ok := store.Get[place](w.tx, operationsTable, st.Account+"/"+st.Region+"/"+id)
	if !ok {
		return
	}
	p.Status, p.End = opFailed, at
	if good {
		p.Status = opSucceeded
	}
	w.place(st, id, p)
}
