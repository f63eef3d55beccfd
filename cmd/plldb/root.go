package main

import (
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
)

// streams are the three that the command works on.
type streams struct {
	in, out, err *os.File
	question     *question
}

// execute runs one command line and returns its exit code.
func execute(ctx context.Context, args []string, s streams) int {
	s.question = &question{}
	code := report.ExitDone
	root := newRoot(s, &code)
	root.SetArgs(args)
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil {
		misused(s, cmd, args, err)
		return report.ExitUsage
	}
	return code
}

func newRoot(s streams, code *int) *cobra.Command {
	root := &cobra.Command{
		Use:   "plldb",
		Short: "Prepare an AWS account for debugging Lambda functions",
		Long: "plldb prepares an AWS account for debugging Lambda functions from your machine.\n\n" +
			"One command makes a private bucket with four packaged functions and a CloudFormation stack of two tables,\n" +
			"three roles and a WebSocket API; another takes the stack away. `plldb local` does all that on this machine.",
		Example: "  plldb bootstrap setup --region eu-west-1\n  plldb bootstrap destroy --region eu-west-1\n  plldb local",
		// cobra's own words serve for --version: a template set here would link text/template, whose reflection keeps every
		// method of the AWS SDK in the binary (10 MB).
		Version:       artifact.Version,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          subcommandNeeded,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(wrongFlag)
	root.SetHelpCommand(newHelp())
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.AddCommand(newBootstrap(s, code), newLocal(s, code), newCompletion(), newVersion())
	return root
}

// newHelp is cobra's help command, except that a command which does not exist is an error.
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [command]",
		Short:   "Help about any command",
		Example: "  plldb help bootstrap destroy",
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if err := subcommandNeeded(found, rest); err != nil {
				return err
			}
			return found.Help()
		},
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print plldb's version",
		Example: "  plldb version",
		Args:    cobra.NoArgs,
		Run: func(cmd *cobra.Command, _ []string) {
			fmt.Fprintf(cmd.OutOrStdout(), "plldb %s\n", artifact.Version)
		},
	}
}
