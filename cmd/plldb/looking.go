package main

import (
	"github.com/spf13/cobra"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/rollout"
)

// The commands that change nothing.

func newDiff(s streams, code *int, o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff",
		Short: "Say what setup would change, and change nothing",
		Long: "diff compares the code that is here with what is uploaded and what is deployed, and the template with the\n" +
			"deployed one. It prints everything that `bootstrap setup` would write with the same flags, and why.",
		Example: "  plldb bootstrap diff --region eu-west-1\n  plldb bootstrap diff --exit-code --output json",
		Args:    cobra.NoArgs,
		RunE:    run(s, code, o, rollout.Diff, targets.Bootstrap{}.Diff),
	}
	o.forPlan(cmd.Flags())
	cmd.Flags().BoolVar(&o.exitCode, "exit-code", false, "leave with exit code 6 if setup would change something")
	return cmd
}

func newStatus(s streams, code *int, o *options) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Say how the stack stands: its state, version, outputs and functions",
		Long: "status reads the stack plldb and says its state, the version of plldb that made it, its outputs, and which\n" +
			"code the template gives its functions. Whatever the state is, having read it is success: exit code 0. Code that\n" +
			"was put into a function by hand is not seen, with --drift either.",
		Example: "  plldb bootstrap status --region eu-west-1\n  plldb bootstrap status --drift --output json",
		Args:    cobra.NoArgs,
		RunE:    run(s, code, o, rollout.Status, targets.Bootstrap{}.Status),
	}
	cmd.Flags().BoolVar(&o.drift, "drift", false, "find out too what somebody has changed in the stack")
	return cmd
}

func newWatch(s streams, code *int, o *options) *cobra.Command {
	return &cobra.Command{
		Use:     "watch",
		Short:   "Follow the stack until nothing is happening to it",
		Long:    "watch follows whatever the stack plldb is doing and ends with its outcome. It changes nothing.",
		Example: "  plldb bootstrap watch --region eu-west-1",
		Args:    cobra.NoArgs,
		RunE:    run(s, code, o, rollout.Watch, targets.Bootstrap{}.Watch),
	}
}
