package main

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/screen"
)

// misused tells of an error of usage, the only kind that cobra returns: the commands report their own. It ends a
// command as every other error does, so a program that reads JSON gets it as an outcome.
func misused(s streams, cmd *cobra.Command, args []string, err error) {
	p, ok := errors.AsType[*report.Problem](err)
	if !ok {
		p = &report.Problem{Message: err.Error(), Hint: "see `" + cmd.CommandPath() + " --help`", Code: report.ExitUsage}
	}
	command := commandOf(cmd)
	show := screen.New(screen.Options{
		Out: s.out, Err: s.err, JSON: command != "" && wantsJSON(args),
		Color: !slices.Contains(args, "--no-color") && screen.ColorFits(s.err, os.Getenv),
	})
	defer show.Close()
	show.Tell(report.Outcome{Command: string(command), Status: report.Failed, Version: artifact.Version, Problem: p})
}

// commandOf is the command's name in an outcome; "" for those that have none.
func commandOf(cmd *cobra.Command) rollout.Command {
	switch cmd.CommandPath() {
	case "plldb bootstrap", "plldb bootstrap setup":
		return rollout.Setup
	case "plldb bootstrap destroy":
		return rollout.Destroy
	case "plldb bootstrap watch":
		return rollout.Watch
	case "plldb bootstrap diff":
		return rollout.Diff
	case "plldb bootstrap status":
		return rollout.Status
	case "plldb local":
		return localCommand
	}
	return ""
}

// wantsJSON looks for --output json by itself: parsing may have stopped before it.
func wantsJSON(args []string) bool {
	for i, arg := range args {
		if arg == "--output=json" || arg == "--output" && i+1 < len(args) && args[i+1] == "json" {
			return true
		}
	}
	return false
}

// subcommandNeeded names a word that is no subcommand, with those that look like it.
func subcommandNeeded(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	p := &report.Problem{
		Message: fmt.Sprintf("%q is no command of %s", args[0], cmd.CommandPath()),
		Hint:    "see `" + cmd.CommandPath() + " --help`",
		Code:    report.ExitUsage,
	}
	if cmd.SuggestionsMinimumDistance == 0 {
		cmd.SuggestionsMinimumDistance = 2
	}
	if !cmd.HasParent() { // what people type first
		if meant, rest, err := cmd.Find([]string{"bootstrap", args[0]}); err == nil && len(rest) == 0 && meant.Name() == args[0] {
			p.Hint = "did you mean " + meant.CommandPath() + "?"
			return p
		}
	}
	if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
		p.Hint = "did you mean " + cmd.CommandPath() + " " + strings.Join(like, ", ") + "?"
	}
	return p
}

// wrongFlag explains what is wrong with a flag. A word before it that is no subcommand comes first: it is why the
// flags of the subcommand that was meant are not known.
func wrongFlag(cmd *cobra.Command, err error) error {
	if cmd.HasSubCommands() {
		if wrong := subcommandNeeded(cmd, cmd.Flags().Args()); wrong != nil {
			return wrong
		}
	}
	if wrong, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return fmt.Errorf("--%s is %s, not %q", wrong.GetFlag().Name, kindOf(wrong.GetFlag()), wrong.GetValue())
	}
	return err
}

// kindOf says what a flag takes.
func kindOf(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "float64":
		return "a number"
	case "duration":
		return "a length of time like 30m"
	}
	return "true or false"
}
