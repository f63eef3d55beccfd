package main

import (
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plldb/plldb/pkg/report"
)

func newCompletion() *cobra.Command {
	shells := []string{"bash", "zsh", "fish", "powershell"}
	return &cobra.Command{
		Use:   "completion " + strings.Join(shells, "|"),
		Short: "Print the script that has a shell complete plldb's commands and flags",
		Long: "completion prints a script for a shell. This session alone has it by\n\n" +
			"  bash        source <(plldb completion bash)\n" +
			"  zsh         source <(plldb completion zsh)\n" +
			"  fish        plldb completion fish | source\n" +
			"  powershell  plldb completion powershell | Out-String | Invoke-Expression\n\n" +
			"and every new one by\n\n" +
			"  bash        plldb completion bash > ~/.local/share/bash-completion/completions/plldb\n" +
			"  zsh         plldb completion zsh > \"${fpath[1]}/_plldb\"\n" +
			"  fish        plldb completion fish > ~/.config/fish/completions/plldb.fish\n" +
			"  powershell  plldb completion powershell >> $PROFILE\n\n" +
			"bash wants its package bash-completion; zsh wants `autoload -U compinit; compinit` in ~/.zshrc.",
		Example:   "  plldb completion bash > ~/.local/share/bash-completion/completions/plldb",
		ValidArgs: shells,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 || !slices.Contains(shells, args[0]) {
				return &report.Problem{
					Message: "a completion is for one shell: bash, zsh, fish or powershell",
					Hint:    "see `plldb completion --help`",
					Code:    report.ExitUsage,
				}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return completion(cmd.Root(), args[0], cmd.OutOrStdout())
		},
	}
}

// completion writes cobra's own script. They ask `plldb __complete`, so they need not be made anew with each plldb.
func completion(root *cobra.Command, shell string, w io.Writer) error {
	switch shell {
	case "bash":
		return root.GenBashCompletionV2(w, true)
	case "zsh":
		return root.GenZshCompletion(w)
	case "fish":
		return root.GenFishCompletion(w, true)
	}
	return root.GenPowerShellCompletionWithDesc(w)
}

// completions says what a shell may offer for the flags' values: nothing at all where only the user knows.
func (o *options) completions(cmd *cobra.Command) {
	formats := cobra.FixedCompletions([]string{"text", "json"}, cobra.ShellCompDirectiveNoFileComp)
	regions := cobra.FixedCompletions(usualRegions(), cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc("output", formats) // the flags are there, of whichever set
	_ = cmd.RegisterFlagCompletionFunc("region", regions)
	_ = cobra.MarkFlagDirname(flagsWith(cmd, "state"), "state")
}

// usualRegions are those that every account has without enabling them.
// https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
func usualRegions() []string {
	return []string{
		"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
		"eu-central-1", "eu-north-1", "eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-1",
		"us-west-2",
	}
}

// flagsWith is the set of a command's own flags, or of those that its subcommands have too, that has this one.
func flagsWith(cmd *cobra.Command, name string) *pflag.FlagSet {
	if cmd.PersistentFlags().Lookup(name) != nil {
		return cmd.PersistentFlags()
	}
	return cmd.Flags()
}
