package report

import "time"

// Status is how a command ended.
type Status string

// The statuses of an outcome.
const (
	Created    Status = "created"
	Updated    Status = "updated"
	Unchanged  Status = "unchanged"
	Deleted    Status = "deleted"
	Absent     Status = "absent"
	Failed     Status = "failed"
	RolledBack Status = "rolled-back"
	Running    Status = "running"
	Stopped    Status = "stopped"
	Differs    Status = "differs" // of diff: a setup would change something, or be refused
	Present    Status = "present" // of status: the stack is there
	Served     Status = "served"  // of local: it answered until it was told to end
)

// Outcome is the last event of every command.
type Outcome struct {
	Command       string // setup, destroy, watch, diff, status, local
	Status        Status
	Account       string
	Region        string
	Bucket        string
	BucketDeleted bool // a purge removed it
	Version       string
	StackID       string
	StackStatus   string // CloudFormation's own word for the state, "" when unknown
	TemplateURL   string
	Drift         string // IN_SYNC, DRIFTED, UNKNOWN, NOT_CHECKED; "" when it was not asked for
	Functions     []Function
	Outputs       map[string]string
	Took          time.Duration
	Problem       *Problem // nil when all went well
}

// Function is what became of one function.
type Function struct {
	Name      string
	Key       string
	VersionID string
	Digest    string // SHA-256 of the zip, base64
	Uploaded  bool   // by this run
}
