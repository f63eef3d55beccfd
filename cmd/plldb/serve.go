package main

import (
	"errors"
	"fmt"
	"net"
	"strconv"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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
	if !o.watch {
		return nil
	}
	o.root, err = sourceTree()
	return err
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
	root, err := compile.FindRoot("")
	if errors.Is(err, compile.ErrNoSource) {
		p.Message = "--watch follows a source tree, and this folder is not in plldb's"
		return "", p
	}
	return root, err
}

// exposed is the warning where other machines may reach it; "" where none can.
func (o *served) exposed() string {
	host, _, _ := net.SplitHostPort(o.addr)
	if ip := net.ParseIP(host); host == "localhost" || ip != nil && ip.IsLoopback() {
		return ""
	}
	return "other machines can reach " + o.addr + ": nothing is encrypted, and the access key is all that is asked for, so " +
		"whoever reaches the port can talk to the functions, and whoever sees its traffic can run code on this machine as you"
}
