// Package rollout is the walk: one Run is one account and region, and its steps turn source into a deployed stack.
//
//	source ─Build→ Binary ─Zip→ Archive ─Upload→ Object ─Render→ Template ─Deploy→ stack.Result
//
// Against AWS a run looks, plans and applies. Seen is all that must be known of the account, the plan is a pure function
// of it, and the steps write what the plan says. A step asks the run for the value it is made of, so it cannot be handed
// anything of another run, whoever calls it and in whatever order.
package rollout

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/need"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// StackName is the name of the stack (R12).
const StackName = "plldb"

// Settings are what a run is told. The zero value is a setup with no consents, from the source tree of the current folder.
type Settings struct {
	Account  string // refuse any other; "" accepts every account
	Consents stack.Consents
	Purge    bool // destroy: the packages and the bucket too
	Confirm  bool // setup, destroy: show what would be changed, and ask before it is
	Yes      bool // purge, or confirm, without asking
	Drift    bool // status: find out what somebody has changed in the stack

	Tags map[string]string // setup, diff: put on the stack beside plldb's own; see Tags

	// Local is the folder of the local cloud's state, where the run works in that instead of AWS. Its functions run on
	// this machine, and are compiled for it.
	Local string

	Dir  string // where to look for the source tree; "" is the current folder
	Dist string // keep the zips and the rendered template here; "" leaves nothing in the user's folders

	// Packed are functions that are packed already, with the template that names them, in place of those that came with
	// plldb or of a source tree: so that many runs, each in a region of its own, may share them.
	Packed *Packed

	Profile string // the AWS profile that was asked for by name, for commands that hints speak of
	Watch   string // the command that follows a stack which goes on without us
	Clear   string // the command that purges

	// Ask puts a question to a person; nil where there is nobody.
	Ask func(ctx context.Context, question string) (bool, error)
}

// Packed are functions in their zips, and the template that they fill.
type Packed struct {
	Archives []artifact.Archive
	Template []byte
}

// Clock is the time as a run sees it.
type Clock interface {
	Now() time.Time
	Sleep(ctx context.Context, d time.Duration) error
}

// Run is one walk. Its steps may be called in any order, from several goroutines; each happens once.
type Run struct {
	settings Settings
	open     func(context.Context) (*account.Session, error)
	sink     report.Sink
	clock    Clock
	scope    *need.Scope
	began    time.Time

	session  once[*account.Session]
	identity once[account.Identity]
	source   once[source]
	binaries once[[]artifact.Binary]
	archives once[[]artifact.Archive]
	seen     once[Seen]
	plan     once[Plan]
	objects  once[[]artifact.Object]
	template once[artifact.Template]
	ended    once[ending]

	fresh atomic.Bool // this run turned the bucket's versioning on (trap 44)
}

// New makes a run. open reads the AWS configuration, when a step first needs it: packaging alone needs none.
func New(s Settings, open func(context.Context) (*account.Session, error), sink report.Sink, clock Clock) *Run {
	return &Run{settings: s, open: open, sink: sink, clock: clock, scope: need.NewScope(), began: clock.Now()}
}

// Scope is the run's place in mage's graph: within it a target happens once.
func (r *Run) Scope() *need.Scope { return r.scope }

// once is a value that is made at the first call and kept, or the error that came instead.
type once[T any] struct {
	mu   sync.Mutex
	made bool
	val  T
	err  error
}

func (o *once[T]) get(make func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.made {
		o.err = errUnfinished // what stays if make panics: it must not look done
		o.made = true
		o.val, o.err = make()
	}
	return o.val, o.err
}

// peek returns the value if it was made without an error, else the zero value.
func (o *once[T]) peek() (T, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.made || o.err != nil {
		var none T
		return none, false
	}
	return o.val, true
}

var errUnfinished = fmt.Errorf("an earlier step did not finish")

// work encloses a step with the events that say when it starts and ends. sum puts what it made into a few words.
func work[T any](r *Run, step report.Step, do func() (T, error), sum func(T) string) (T, error) {
	start := r.clock.Now()
	r.sink.Tell(report.StepStarted{Step: step})
	val, err := do()
	if err == nil {
		r.sink.Tell(report.StepEnded{Step: step, Sum: sum(val), Took: r.clock.Now().Sub(start)})
	}
	return val, err
}

// cacheDir is where binaries and zips of one source tree and platform are kept between runs, outside the user's own
// folders.
func cacheDir(root string, platform compile.Platform) (string, error) {
	base, err := os.UserCacheDir()
	if err != nil {
		return "", &report.Problem{
			Message: "there is no folder to keep compiled functions in: " + err.Error(),
			Hint:    "set HOME or XDG_CACHE_HOME",
			Code:    report.ExitUsage,
			Err:     err,
		}
	}
	tree := artifact.DigestOf([]byte(root))
	return filepath.Join(base, "plldb", fmt.Sprintf("%x", tree[:8]), platform.OS+"-"+platform.Arch), nil
}
