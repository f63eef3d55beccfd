package cloudformation

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// The statuses of stacks and resources that the engine tells apart.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
const (
	reviewInProgress       = "REVIEW_IN_PROGRESS"
	createInProgress       = "CREATE_IN_PROGRESS"
	createComplete         = "CREATE_COMPLETE"
	createFailed           = "CREATE_FAILED"
	rollbackInProgress     = "ROLLBACK_IN_PROGRESS"
	rollbackComplete       = "ROLLBACK_COMPLETE"
	rollbackFailed         = "ROLLBACK_FAILED"
	updateInProgress       = "UPDATE_IN_PROGRESS"
	updateCleanup          = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"
	updateComplete         = "UPDATE_COMPLETE"
	updateFailed           = "UPDATE_FAILED"
	updateRollback         = "UPDATE_ROLLBACK_IN_PROGRESS"
	updateRollbackCleanup  = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS"
	updateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE"
	updateRollbackFailed   = "UPDATE_ROLLBACK_FAILED"
	deleteInProgress       = "DELETE_IN_PROGRESS"
	deleteComplete         = "DELETE_COMPLETE"
	deleteFailed           = "DELETE_FAILED"
	deleteSkipped          = "DELETE_SKIPPED"
)

// version is what a stack was last asked to be, without its resources.
type version struct {
	Template     string // its id in the table of templates
	Description  string
	Tags         map[string]string
	Capabilities []string
	Role         string
	Outputs      []output
}

// stack is one stack. Its events, templates and change sets have tables of their own.
type stack struct {
	version
	Account, Region, Partition string
	Name, ID                   string // ID is the ARN's last part

	ChangeSet       string // ARN of the last that was executed, "" without one
	Status, Reason  string
	Created         time.Time
	Updated         time.Time // zero before the first update or execution of a change set
	Ended           time.Time // DeletionTime: when a deletion or a rollback of the creation began
	Protected       bool
	DisableRollback bool
	Retains         bool   // RetainExceptOnCreate
	Deletion        string // DeletionMode

	Resources map[string]*res
	Garbage   []*res  // replaced, or made in vain; removed by the next cleanup
	Stable    *stable // the last state that it can go back to
	Running   *operation
	Past      []entry   // the latest operations, the newest first
	Asked     []request // those with a token, the newest first
	Events    int       // how many there are
	Latest    time.Time // when the last of them was

	Drift   string // StackDriftStatus, "" is NOT_CHECKED
	Checked time.Time
}

// entry is one of a stack's operations.
type entry struct{ ID, Type string }

// longestPast is how many operations, and how many requests with a token, a stack remembers.
const longestPast = 100

// begun notes that an operation has begun.
func (st *stack) begun(id, kind string) {
	st.Past = slices.Insert(st.Past, 0, entry{id, kind})
	st.Past = st.Past[:min(longestPast, len(st.Past))]
}

// notBefore is a moment, but no earlier than the stack's last event: its story never goes backwards.
func (st *stack) notBefore(at time.Time) time.Time {
	if at.Before(st.Latest) {
		return st.Latest
	}
	return at
}

// output is an output with its value.
type output struct{ Key, Value, Description string }

// stable is a state to go back to.
type stable struct {
	Version   version
	Resources map[string]res
}

// res is a resource of a stack.
type res struct {
	ID, Type       string
	Physical       string // "" when it was never made
	Status, Reason string
	Changed        time.Time

	Properties map[string]any // as they were given to the handler
	Attributes map[string]any
	Tags       map[string]string // the stack's, as the handler was last given them
	Metadata   any
	Needs      []string
	Delete     string // DeletionPolicy, "" is Delete
	Replace    string // UpdateReplacePolicy, "" is Delete

	Touched bool // the running operation has changed it, or tried to
	Stuck   bool // a rollback could not change it back
	Keep    bool // garbage that UpdateReplacePolicy retains
	Skipped bool // a rollback went on without it: its state is not known (drift: NOT_CHECKED)

	Drift *drift `json:",omitempty"`
}

// arn is the stack's id, as the API says it.
func (st *stack) arn() string {
	return "arn:" + st.Partition + ":cloudformation:" + st.Region + ":" + st.Account + ":stack/" + st.Name + "/" + st.ID
}

func (st *stack) key() string { return st.Account + "/" + st.Region + "/" + st.ID }

// is tells whether the stack is in one of the statuses.
func (st *stack) is(statuses ...string) bool { return slices.Contains(statuses, st.Status) }

// busy tells whether an operation goes on.
func (st *stack) busy() bool {
	return strings.HasSuffix(st.Status, "_IN_PROGRESS") && st.Status != reviewInProgress
}

// ids are the logical ids of the resources, in order.
func (st *stack) ids() []string { return slices.Sorted(maps.Keys(st.Resources)) }

// settle makes the present state the one to go back to.
func (st *stack) settle() {
	good := &stable{Version: st.version, Resources: map[string]res{}}
	for id, r := range st.Resources {
		r.Touched, r.Stuck = false, false
		good.Resources[id] = *r
	}
	st.Stable = good
}

// event is one event of a stack.
type event struct {
	ID, Operation, Token    string
	Time                    time.Time
	LogicalID, Physical     string
	Type, Status, Reason    string
	Properties              string // JSON
	Of                      *place `json:",omitempty"` // the operation as it was then, of the stack's own events
	number                  int    // among the stack's events, from 1
	Path, Validation, Words string // of a failed validation: where, which, why
}
