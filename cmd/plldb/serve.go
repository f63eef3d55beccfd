package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

const (
	localCommand = rollout.Command("local")
	localAddr    = "127.0.0.1:7553" // PLLD on a telephone's keys
)

// served are the flags of `plldb local` beside those that it shares with setup.
type served struct {
	*options
	addr         string
	reset, watch bool
	root         string // of the source tree, once check has found it
}

func newLocal(s streams, code *int) *cobra.Command {
	o := &served{options: &options{}}
	o.local.on = true
	cmd := &cobra.Command{
		Use:   "local",
		Short: "Serve an AWS on this machine with the stack in it, until Ctrl-C",
		Long: "local serves the AWS that is inside plldb, sets the stack plldb up in it as `bootstrap setup` does, and prints\n" +
			"where its WebSocket API answers. Then it shows, a line each, the connections, the messages and what the functions\n" +
			"log, until Ctrl-C. Nothing of AWS is touched, and no Docker is needed: functions are processes of this machine.\n\n" +
			"The bootstrap commands with --local and the same --state work in it while it runs.\n\n" + exitCodeHelp(),
		Example: "  plldb local\n  plldb local --watch\n  plldb local --addr 127.0.0.1:0 --output json | jq .\n" +
			"  plldb local | grep DefaultFunction",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			*code = o.serve(cmd.Context(), s)
			return nil
		},
	}
	o.flags(cmd.Flags())
	o.completions(cmd)
	addresses := cobra.FixedCompletions([]string{"127.0.0.1:0", localAddr}, cobra.ShellCompDirectiveNoFileComp)
	_ = cmd.RegisterFlagCompletionFunc("addr", addresses) // the flag is there
	return cmd
}

func (o *served) flags(f *pflag.FlagSet) {
	f.StringVar(&o.addr, "addr", localAddr, "where to listen: HOST:PORT; port 0 is a free one")
	f.BoolVar(&o.reset, "reset", false, "forget the state first: begin with an empty account")
	f.BoolVar(&o.watch, "watch", false, "deploy again when a function or the template changes; open connections are kept")
	o.local.places(f, "")
	f.StringVar(&o.region, "region", "", "AWS region to be (default: us-east-1)")
	o.showing(f)
	o.bounds(f)
	o.forPlan(f)
}

// check finds values that it cannot work with.
func (o *served) check() error {
	if err := o.options.check(); err != nil {
		return err
	}
	host, port, err := net.SplitHostPort(o.addr)
	number, wrong := strconv.ParseUint(port, 10, 16)
	if err != nil || wrong != nil {
		return fmt.Errorf("--addr is HOST:PORT like %s, not %q", localAddr, o.addr)
	}
	o.addr = net.JoinHostPort(host, strconv.FormatUint(number, 10))
	if o.watch {
		if o.root, err = sourceTree(); err != nil {
			return err
		}
	}
	return targets.Deployable()
}

// sourceTree is where the functions are that are deployed, and can be changed.
func sourceTree() (string, error) {
	p := &report.Problem{
		Hint: "run `go run ./cmd/plldb local --watch` in a clone of plldb",
		Code: report.ExitUsage,
	}
	if _, builtIn, _ := archive.Embedded(); builtIn {
		p.Message = "--watch follows a source tree, and this plldb has its functions built in"
		return "", p
	}
	if err := targets.Here(); err != nil {
		return "", err
	}
	root, err := compile.FindRoot("")
	if errors.Is(err, compile.ErrNoSource) {
		p.Message = "--watch follows a source tree, and this folder is not in plldb's"
		return "", p
	}
	return root, err
}

// onward is the command that goes on with what this one has begun: that its own state is forgotten first is not in it.
func (o *served) onward() string {
	words := append([]string{"plldb local"}, o.local.words()[1:]...) // it wants no --local
	if o.addr != localAddr {
		words = append(words, "--addr", o.addr)
	}
	if o.region != "" {
		words = append(words, "--region", o.region)
	}
	for _, pair := range o.pairs {
		words = append(words, "--tag", targets.Quoted(pair))
	}
	for _, flag := range []struct {
		name string
		on   bool
	}{
		{"--watch", o.watch},
		{"--adopt", o.consents.Adopt},
		{"--allow-data-loss", o.consents.AllowDataLoss},
		{"--allow-downgrade", o.consents.AllowDowngrade},
		{"--force-rollback", o.consents.ForceRollback},
	} {
		if flag.on {
			words = append(words, flag.name)
		}
	}
	return strings.Join(words, " ")
}
