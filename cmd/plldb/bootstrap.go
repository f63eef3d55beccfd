package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

// options are the flags of the bootstrap commands.
type options struct {
	region, profile, endpoint, account string
	output                             string
	noColor, verbose                   bool
	yes, purge, confirm                bool
	exitCode, drift                    bool
	timeout                            time.Duration
	pairs                              []string          // --tag, as they were typed
	tags                               map[string]string // the same, once check has read them
	local                              local
	consents                           stack.Consents
}

// target is one of mage's, as the binary calls it.
type target func(context.Context) error

func newBootstrap(s streams, code *int) *cobra.Command {
	o := &options{}
	setup := run(s, code, o, rollout.Setup, targets.Bootstrap{}.Setup)
	cmd := &cobra.Command{
		Use: "bootstrap",
		// What people type first.
		SuggestFor: []string{"setup", "destroy", "watch", "diff", "status", "deploy", "init"},
		Short:      "Set up plldb's bucket and stack in this account and region, or take them away",
		Long: "bootstrap sets up plldb's bucket and stack in the account and region of your AWS credentials.\n" +
			"By itself it does what `bootstrap setup` does.\n\n" + exitCodeHelp(),
		Example: "  plldb bootstrap\n  plldb bootstrap setup --profile dev --region eu-west-1\n" +
			"  plldb bootstrap setup --local\n  plldb bootstrap destroy --purge",
		Args: subcommandNeeded,
		RunE: setup,
	}
	o.everywhere(cmd.PersistentFlags())
	o.forSetup(cmd.Flags())
	cmd.AddCommand(newSetup(o, setup), newDestroy(s, code, o))
	cmd.AddCommand(newDiff(s, code, o), newStatus(s, code, o), newWatch(s, code, o))
	o.completions(cmd)
	return cmd
}

func newSetup(o *options, setup func(*cobra.Command, []string) error) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "Make the bucket and the stack, or bring them up to date",
		Long: "setup makes plldb's bucket, uploads the packaged functions and the template, and deploys the stack plldb.\n" +
			"Run again it changes only what is not as it should be, and says so if that is nothing.\n" +
			"With --confirm it first shows what it would change, and asks; then once more, with each change of the stack,\n" +
			"and before it would do to the stack what the plan did not say.",
		Example: "  plldb bootstrap setup --region eu-west-1\n  plldb bootstrap setup --confirm --tag team=debug\n" +
			"  plldb bootstrap setup --account 123456789012 --output json | jq .",
		Args: cobra.NoArgs,
		RunE: setup,
	}
	o.forSetup(cmd.Flags())
	return cmd
}

func newDestroy(s streams, code *int, o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "destroy",
		Short: "Delete the stack; the packages stay, unless --purge is given",
		Long: "destroy deletes the stack plldb with its tables, roles and API. The bucket and the packages in it stay.\n" +
			"With --purge they go too: every version of what any plldb put there, and the bucket if nothing else is in it.",
		Example: "  plldb bootstrap destroy --region eu-west-1\n  plldb bootstrap destroy --purge --yes",
		Args:    cobra.NoArgs,
		RunE:    run(s, code, o, rollout.Destroy, targets.Bootstrap{}.Destroy),
	}
	f := cmd.Flags()
	f.BoolVar(&o.purge, "purge", false, "remove the packages and the bucket too")
	o.asking(f)
	f.BoolVar(&o.consents.Adopt, "adopt", false, "go on although plldb did not make the stack")
	f.BoolVar(&o.consents.Force, "force", false, "leave behind what holds up a deletion that failed before")
	return cmd
}

func (o *options) everywhere(f *pflag.FlagSet) {
	f.StringVar(&o.region, "region", "", "AWS region (default: AWS_REGION, or the profile's)")
	f.StringVar(&o.profile, "profile", "", "AWS profile (default: AWS_PROFILE, or the SDK's own chain)")
	f.StringVar(&o.endpoint, "endpoint-url", "", "talk to this URL instead of AWS (a profile's role is still assumed at AWS)")
	f.StringVar(&o.account, "account", "", "refuse every account but this one")
	o.showing(f)
	f.BoolVar(&o.yes, "yes", false, "go on without asking: --purge, --confirm")
	o.bounds(f)
	o.local.flags(f)
}

// showing are about what is printed.
func (o *options) showing(f *pflag.FlagSet) {
	f.StringVar(&o.output, "output", "text", "text, or json: one object a line, the outcome last")
	f.BoolVar(&o.noColor, "no-color", false, "no colour, on a terminal either")
	f.BoolVar(&o.verbose, "verbose", false, "show the requests to AWS and their retries")
}

func (o *options) bounds(f *pflag.FlagSet) {
	f.DurationVar(&o.timeout, "timeout", rollout.DefaultTimeout, "stop waiting after this long, like 30m; 0 is never")
	f.Lookup("timeout").DefValue = "1h" // not 1h0m0s
}

func (o *options) forSetup(f *pflag.FlagSet) {
	o.forPlan(f)
	o.asking(f)
}

// asking is of the commands that change something.
func (o *options) asking(f *pflag.FlagSet) {
	f.BoolVar(&o.confirm, "confirm", false, "show what would be changed, and ask before it is; with --yes, show and go on")
}

// forPlan are the flags on which it depends what a setup would do.
func (o *options) forPlan(f *pflag.FlagSet) {
	f.StringArrayVar(&o.pairs, "tag", nil, "put a tag on the stack, KEY=VALUE; repeat it for more")
	f.BoolVar(&o.consents.Adopt, "adopt", false, "go on although plldb did not make the stack")
	f.BoolVar(&o.consents.AllowDataLoss, "allow-data-loss", false, "go on although a table is removed or replaced")
	f.BoolVar(&o.consents.AllowDowngrade, "allow-downgrade", false, "go on although the stack is of a newer plldb")
	f.BoolVar(&o.consents.ForceRollback, "force-rollback", false, "roll back by force what a rollback could not")
}

// check finds values that no run can work with.
func (o *options) check() error {
	if o.output != "text" && o.output != "json" {
		return fmt.Errorf("--output is text or json, not %q", o.output)
	}
	if o.account != "" && !account.IsID(o.account) {
		return fmt.Errorf("--account is twelve digits, not %q", o.account)
	}
	if o.endpoint != "" && !isEndpoint(o.endpoint) {
		return fmt.Errorf("--endpoint-url is a URL like http://localhost:5000, not %q", o.endpoint)
	}
	if o.timeout < 0 {
		return fmt.Errorf("--timeout is a length of time like 30m, or 0 for none, not %s", o.timeout)
	}
	var err error
	if o.tags, err = rollout.Tags(o.pairs); err != nil {
		return err
	}
	return o.local.check(o)
}
