// Package stack brings one CloudFormation stack to what a run wants, and takes it away again.
//
// Look reads what is there. Decide is the one pure table of what is done about it (decide.go). Deploy and Destroy
// decide, act, look again and decide anew (drive.go) until an action settles the matter; Watch only follows what goes
// on.
package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/report"
)

// The tag that says whose stack it is. It is constant: a tag that changed with the version would retag, so update,
// every resource (trap 65).
const (
	TagKey   = "plldb:stack"
	TagValue = "bootstrap"
)

// VersionOutput is the key of the stack's output that holds the version of plldb that made it.
const VersionOutput = "Version"

// Verb is what a run is asked to do with the stack.
type Verb int

// The verbs, one a column of the table in decide.go.
const (
	Setup Verb = iota
	Destroy
	Watch
)

// String returns the verb as it is typed.
func (v Verb) String() string { return [...]string{"setup", "destroy", "watch"}[v] }

// Consents are what a person allows beyond the safe way, each by a flag of its own.
type Consents struct {
	Adopt          bool // --adopt: go on with a stack that plldb did not make
	AllowDataLoss  bool // --allow-data-loss: replace or remove tables
	AllowDowngrade bool // --allow-downgrade: overwrite the stack of a newer plldb
	ForceRollback  bool // --force-rollback: skip what cannot be rolled back
	Force          bool // --force: delete the stack and leave behind what cannot be deleted
}

// Clock is the time as the stack sees it.
type Clock interface {
	Now() time.Time
	// Sleep waits for d. It returns early, with an error, when ctx is cancelled.
	Sleep(ctx context.Context, d time.Duration) error
}

// Stack is one stack, by its name, in the account and region of a client.
type Stack struct {
	client *cloudformation.Client
	name   string
	sink   report.Sink
	clock  Clock
	poll   func(*cloudformation.Options)

	// decided hears of each decision, by the name of its row; nil, but in the tests that drive the whole table.
	decided func(verb Verb, row string)
}

// New returns the stack of that name. Events and warnings go to sink.
func New(client *cloudformation.Client, name string, sink report.Sink, clock Clock) *Stack {
	return &Stack{client: client, name: name, sink: sink, clock: clock, poll: patiently()}
}

// Wanted is what setup wants the stack to be.
type Wanted struct {
	// Text is the rendered template; nil while it is not known yet, which counts as different from what is there.
	Text []byte
	// Version is plldb's own, a semantic version without the "v".
	Version string
	// URL gives the address at which CloudFormation reads Text: https, with versionId. It is asked for only when a change
	// set is made, so a run that finds nothing to do need not upload the template. Its errors are returned as they are.
	URL func(ctx context.Context) (string, error)
	// Lost names the tables that the deployed template has and Text has not, those that are kept by their deletion policy
	// apart. It may be nil.
	Lost func(deployed string) []string
	// JustVersioned says that the bucket's versioning was turned on in this run: then a first create that does not find an
	// object is tried once more (trap 44).
	JustVersioned bool
	// Tags are put on the stack beside plldb's own. A tag that is there with the value asked for needs no update, and one
	// that nobody asks for stays. AWS's limits (50 tags, keys that do not begin with "aws:") are for whoever asks to keep.
	Tags map[string]string
	// Review is shown every change of a change set before it is executed, and says whether it may be. nil executes it. It
	// returns when ctx is cancelled. Its errors are returned as they are, after the change set is taken away.
	Review func(ctx context.Context, changes []report.ResourceChange) (bool, error)
	// Agree is asked, before anything is done about it, whether a decision that changes the stack may be carried out: each
	// but those that Review is shown the changes of, and the planned one. nil carries all of them out. It returns when ctx
	// is cancelled. Its errors are returned as they are.
	Agree func(ctx context.Context, d Decision) (bool, error)
	// Planned is the action that was agreed to beforehand. Agree is not asked about it while it is the first that changes
	// the stack; after another one it is a plan no more.
	Planned Action
	// Stale says that time has passed since the stack was looked at: something was uploaded, or a person asked. Then it is
	// looked at once more before the first decision.
	Stale bool
}

// Result is how a run ended. The error beside it is a *report.Problem, or wraps the cause of the context when the run
// was interrupted before the stack was touched or (ErrHalfWay) between two steps, or is the SDK's own.
type Result struct {
	Status report.Status
	Seen   Seen // the stack as it was last read
}

// patiently makes a poll outlast a throttled or broken endpoint: the SDK alone gives up after three attempts (traps 23,
// 67). There is no token bucket either, since it would run dry in a long deployment.
func patiently() func(*cloudformation.Options) {
	retryer := retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = 10
		o.MaxBackoff = 3 * time.Second
		o.RateLimiter = ratelimit.None
	})
	return func(o *cloudformation.Options) { o.Retryer = retryer }
}

// once makes a call that is tried a single time.
func once(o *cloudformation.Options) { o.Retryer = aws.NopRetryer{} }
