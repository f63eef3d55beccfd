// Package report holds the typed facts that the steps tell while they work, and the words of what went wrong. It imports
// only the standard library: the steps know it, the screen knows it, and they do not know each other.
package report

import "time"

// Sink takes the events of a run. Tell may be called by several goroutines at once and does not block for long.
type Sink interface {
	Tell(Event)
}

// Event is one of the types below.
type Event interface{ event() }

// Account says whose account this is: the first line of every run.
type Account struct {
	ID       string // twelve digits
	Region   string
	Caller   string // ARN of who calls
	Endpoint string // "" for AWS itself
	Local    string // the folder of the local cloud's state; "" where this is not the local cloud
}

// StepStarted and StepEnded enclose one step.
type (
	StepStarted struct{ Step Step }
	StepEnded   struct {
		Step Step
		Sum  string // what it made, in a few words: "4 functions, 9.1 MB"
		Took time.Duration
	}
)

// Step names a step of the walk.
type Step string

// The steps in their order; those from Destroy on stand alone.
const (
	Build   Step = "build"
	Zip     Step = "zip"
	Upload  Step = "upload"
	Render  Step = "render"
	Deploy  Step = "deploy"
	Destroy Step = "destroy"
	Purge   Step = "purge"
	Watch   Step = "watch"
	Diff    Step = "diff"
	Detect  Step = "drift"
)

// Packed is one function's zip.
type Packed struct {
	Function string
	Size     int64  // bytes
	Digest   string // SHA-256 of the zip, base64
	Reused   bool   // the binary had not changed
}

// Sent is one object that the bucket now holds.
type Sent struct {
	Key       string
	VersionID string
	Size      int64 // bytes
	Uploaded  bool  // false: it was there already
}

// Changed is one write to something that is not an object: the bucket or one of its settings.
type Changed struct {
	Thing  string // "bucket plldb-…", "versioning of …"
	Reason string
}

// StackEvent is one event of the stack, as CloudFormation gives it.
type StackEvent struct {
	Time         time.Time
	LogicalID    string
	PhysicalID   string
	ResourceType string
	Status       string
	Reason       string // "" when CloudFormation gives none
}

// Planned is one line of what a setup would write, in the order in which it would.
type Planned struct {
	What    string // "object plldb/versions/…", "stack plldb: update"
	Reason  string
	Refused bool // a setup refuses this, and writes nothing
}

// Compared says of one function whether its code agrees: the digest (SHA-256 of the zip, base64) of what is here, of what the
// bucket holds, and of what the deployed template names. "" is none. Uploaded is what is here if the bucket holds that, and a
// setup need not send it; else what is deployed, if that is the bucket's newest version.
type Compared struct {
	Function                  string
	Local, Uploaded, Deployed string

	// Other says, where Uploaded is "", that the bucket's newest version is other code, and it is not known which.
	Other bool
}

// Agrees says whether all three are the same code.
func (c Compared) Agrees() bool { return c.Local == c.Uploaded && c.Local == c.Deployed }

// TemplateDiff is how the deployed template would change: a unified diff, "" when it would not.
type TemplateDiff struct{ Text string }

// ResourceChange is one change of a change set.
type ResourceChange struct {
	Action       string // Add, Modify, Remove, Import, Dynamic, SyncWithActual
	LogicalID    string
	PhysicalID   string
	ResourceType string
	Replacement  string // True, False, Conditional; "" where there is no question of it
	Loses        string // what it does to a table's data: "removes", "replaces", "may replace"; "" when it keeps it
	Properties   []PropertyChange
}

// PropertyChange is one property, or other part of a resource, that a change set changes. The values are as CloudFormation
// tells them; "" where it does not.
type PropertyChange struct {
	Path          string // "/Properties/RetentionInDays", or the attribute, "Metadata", where it tells no path
	Before, After string
	Recreation    string // Never, Conditionally, Always: whether it makes the resource anew
}

// Drifted is a resource that is no longer what the stack's template says.
type Drifted struct {
	LogicalID    string
	PhysicalID   string
	ResourceType string
	Status       string // MODIFIED, DELETED
	Properties   []PropertyDrift
}

// PropertyDrift is one property that differs.
type PropertyDrift struct {
	Path             string // "/RetentionInDays"
	Kind             string // ADD, REMOVE, NOT_EQUAL
	Expected, Actual string
}

// Notice is a thing to know; Warning one to act on.
type (
	Notice  struct{ Text string }
	Warning struct {
		Text string
		Time time.Time // zero but for those that come while something is served, for hours
	}
)

// Request is one answered AWS call, for --verbose. It never holds a header or a body.
type Request struct {
	Service   string
	Operation string
	Attempt   int
	Status    int    // HTTP status, 0 when there was no answer
	Code      string // AWS error code, "" when it succeeded
	Took      time.Duration
}

func (Account) event()        {}
func (StepStarted) event()    {}
func (StepEnded) event()      {}
func (Packed) event()         {}
func (Sent) event()           {}
func (Changed) event()        {}
func (StackEvent) event()     {}
func (Planned) event()        {}
func (Compared) event()       {}
func (TemplateDiff) event()   {}
func (ResourceChange) event() {}
func (Drifted) event()        {}
func (Notice) event()         {}
func (Warning) event()        {}
func (Request) event()        {}
func (Outcome) event()        {}

// Discard is a Sink that forgets.
type Discard struct{}

// Tell does nothing.
func (Discard) Tell(Event) {}
