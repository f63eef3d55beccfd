package targets

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/screen"
	"github.com/plldb/plldb/pkg/stack"
)

// opened is mage's run and the screen it is shown on.
type opened struct {
	settings rollout.Settings
	timeout  time.Duration
	open     func(context.Context) (*account.Session, error)

	run    *rollout.Run
	screen *screen.Screen // of the target that mage calls now
}

// Tell shows an event on the screen of the target that is called now.
func (o *opened) Tell(e report.Event) { o.screen.Tell(e) }

// begin is for each target that mage calls: its screen, and the run. asked says that what is found is what was asked for.
// Targets of one mage command share a run until one of them has brought a command to its end: what `mage destroy deploy`
// deploys is not what was seen before destroying.
func (o *opened) begin(asked bool) (*rollout.Run, *screen.Screen) {
	o.screen = screen.New(screen.Options{
		Out: os.Stdout, Err: os.Stderr, Verbose: mg.Verbose(), Answer: asked,
		Color: screen.ColorFits(os.Stderr, os.Getenv), OutColor: screen.ColorFits(os.Stdout, os.Getenv),
	})
	if o.run != nil {
		if _, ended := o.run.Ended(); !ended {
			return o.run, o.screen
		}
	}
	o.run = rollout.New(o.settings, o.open, o, rollout.RealClock{})
	return o.run, o.screen
}

// openEnvironment reads the PLLDB_ variables; those of AWS are read by the SDK when they are needed. The first one that
// is wrong is the error.
func openEnvironment() (*opened, error) {
	var v variables
	v.unknown(os.Environ())
	o := &opened{timeout: v.duration("PLLDB_TIMEOUT", rollout.DefaultTimeout)}
	inside := &Local{Region: LocalRegion, Sink: o}
	o.open = inside.Open // it ends with the process: its state is whole after every call
	there := ""          // the variables that lead a later command to the same place
	if v.on("PLLDB_LOCAL") {
		inside.State = v.folder("PLLDB_STATE")
		there = "PLLDB_LOCAL=true PLLDB_STATE='" + inside.State + "' "
	} else {
		o.open = func(ctx context.Context) (*account.Session, error) {
			return account.Load(ctx, account.Options{Sink: o})
		}
	}
	o.settings = rollout.Settings{
		Local:   inside.State,
		Account: v.id("PLLDB_ACCOUNT"),
		Consents: stack.Consents{
			Adopt:          v.on("PLLDB_ADOPT"),
			AllowDataLoss:  v.on("PLLDB_ALLOW_DATA_LOSS"),
			AllowDowngrade: v.on("PLLDB_ALLOW_DOWNGRADE"),
			ForceRollback:  v.on("PLLDB_FORCE_ROLLBACK"),
			Force:          v.on("PLLDB_FORCE"),
		},
		Purge: v.on("PLLDB_PURGE"),
		Yes:   v.on("PLLDB_YES"),
		Drift: v.on("PLLDB_DRIFT"),
		Tags:  v.tags("PLLDB_TAGS"),
		Dist:  "dist",
		Watch: there + "go tool mage bootstrap:watch",
		Clear: there + "PLLDB_PURGE=true PLLDB_YES=true go tool mage destroy",
	}
	return o, v.wrong
}

// asVariables puts the variables for the binary's flags, which hints speak of and mage does not take. A message stays as it
// is: it may quote a compiler or AWS.
func asVariables(hint string) string {
	return strings.NewReplacer(
		"plldb bootstrap destroy --force", "PLLDB_FORCE=true mage destroy",
		"--profile, AWS_PROFILE", "AWS_PROFILE",
		"--region, AWS_REGION", "AWS_REGION",
		"--profile", "AWS_PROFILE",
		"--region", "AWS_REGION",
		"--account", "PLLDB_ACCOUNT",
		"--timeout", "PLLDB_TIMEOUT",
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
		"plldb bootstrap diff", "mage bootstrap:diff",
		"plldb bootstrap setup", "mage bootstrap:setup",
	).Replace(hint)
}
