package targets

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/magefile/mage/mg"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/screen"
	"github.com/plldb/plldb/pkg/stack"
)

// opened is mage's run and the screen it is shown on.
type opened struct {
	begin  func() *rollout.Run
	run    *rollout.Run
	screen *screen.Screen
}

// current is the run of the target that mage calls now. Targets of one mage command share a run until one of them has
// brought a command to its end: what `mage destroy deploy` deploys is not what was seen before destroying.
func (o *opened) current() *rollout.Run {
	if o.run != nil {
		if _, ended := o.run.Ended(); !ended {
			return o.run
		}
	}
	o.run = o.begin()
	return o.run
}

// openEnvironment reads the PLLDB_ variables; those of AWS are read by the SDK when they are needed. The first one that
// is wrong is the error.
func openEnvironment() (*opened, error) {
	var wrong error
	on := func(name string) bool {
		yes, err := truth(name, os.Getenv(name))
		if wrong == nil {
			wrong = err
		}
		return yes
	}
	id := func(s string) string {
		if s != "" && !account.IsID(s) && wrong == nil {
			wrong = &report.Problem{
				Message: fmt.Sprintf("PLLDB_ACCOUNT=%q is not an account: that is twelve digits", s),
				Hint:    "correct it, or unset it",
				Code:    report.ExitUsage,
			}
		}
		return s
	}
	inside := &Local{Region: LocalRegion}
	here, there := on("PLLDB_LOCAL"), "" // the variables that lead a later command to the same place
	if here && wrong == nil {
		inside.State, wrong = LocalState(os.Getenv("PLLDB_STATE"))
		there = "PLLDB_LOCAL=true PLLDB_STATE='" + inside.State + "' "
	}
	settings := rollout.Settings{
		Local:   inside.State,
		Account: id(os.Getenv("PLLDB_ACCOUNT")),
		Consents: stack.Consents{
			Adopt:          on("PLLDB_ADOPT"),
			AllowDataLoss:  on("PLLDB_ALLOW_DATA_LOSS"),
			AllowDowngrade: on("PLLDB_ALLOW_DOWNGRADE"),
			ForceRollback:  on("PLLDB_FORCE_ROLLBACK"),
			Force:          on("PLLDB_FORCE"),
		},
		Purge: on("PLLDB_PURGE"),
		Yes:   on("PLLDB_YES"),
		Dist:  "dist",
		Watch: there + "go tool mage bootstrap:watch",
		Clear: there + "PLLDB_PURGE=true PLLDB_YES=true go tool mage destroy",
	}
	show := screen.New(screen.Options{
		Out: os.Stdout, Err: os.Stderr, Verbose: mg.Verbose(), Color: screen.ColorFits(os.Stderr, os.Getenv),
	})
	inside.Sink = show
	open := inside.Open // it ends with the process: its state is whole after every call
	if !here {
		open = func(ctx context.Context) (*account.Session, error) {
			return account.Load(ctx, account.Options{Sink: show})
		}
	}
	begin := func() *rollout.Run { return rollout.New(settings, open, show, rollout.RealClock{}) }
	return &opened{begin: begin, screen: show}, wrong
}

// asVariables puts the variables for the binary's flags, which hints speak of and mage does not take. A message stays as it
// is: it may quote a compiler or AWS.
func asVariables(hint string) string {
	return strings.NewReplacer(
		"--profile, AWS_PROFILE", "AWS_PROFILE",
		"--region, AWS_REGION", "AWS_REGION",
		"--profile", "AWS_PROFILE",
		"--region", "AWS_REGION",
		"--account", "PLLDB_ACCOUNT",
		"--adopt", "PLLDB_ADOPT=true",
		"--allow-data-loss", "PLLDB_ALLOW_DATA_LOSS=true",
		"--allow-downgrade", "PLLDB_ALLOW_DOWNGRADE=true",
		"--force-rollback", "PLLDB_FORCE_ROLLBACK=true",
		"--force", "PLLDB_FORCE=true",
		"--purge", "PLLDB_PURGE=true",
		"--state", "PLLDB_STATE",
		"--yes", "PLLDB_YES=true",
		"plldb bootstrap destroy", "mage destroy",
		"plldb bootstrap watch", "mage bootstrap:watch",
	).Replace(hint)
}

// truth reads a variable that is a yes or a no. Unset and empty are no.
func truth(name, value string) (bool, error) {
	if value == "" {
		return false, nil
	}
	yes, err := strconv.ParseBool(value)
	if err != nil {
		return false, &report.Problem{
			Message: fmt.Sprintf("%s=%q is neither true nor false", name, value),
			Hint:    "set it to true, or unset it",
			Code:    report.ExitUsage,
		}
	}
	return yes, nil
}
