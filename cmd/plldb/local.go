package main

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
)

// local is what --local and the flags that belong to it say.
type local struct {
	on    bool
	state string
	speed float64
	given func(flag string) bool // whether the command line has it
}

func (l *local) flags(f *pflag.FlagSet) {
	f.BoolVar(&l.on, "local", false, "work in the AWS inside plldb: that of `plldb local` if it runs")
	l.places(f, "with --local: ")
}

// places say which local cloud is meant, and how fast it is.
func (l *local) places(f *pflag.FlagSet, where string) {
	l.given = f.Changed
	f.StringVar(&l.state, "state", "", where+"the folder of its state (default: plldb/local in the user's state folder)")
	f.Float64Var(&l.speed, "speed", 0, where+"how many times faster than AWS; 1 is as slow (default: at once)")
}

// check finds what no run can work with, and sets the state's folder.
func (l *local) check(o *options) (err error) {
	switch {
	case !l.on && l.given("state"):
		return errors.New("--state is the folder of the local cloud: it wants --local")
	case !l.on && l.given("speed"):
		return errors.New("--speed is the local cloud's: it wants --local")
	case !l.on:
		return nil
	case o.endpoint != "":
		return errors.New("--local and --endpoint-url exclude each other: both say where to work instead of AWS")
	case o.profile != "":
		return errors.New("--local asks for no credentials: leave out --profile")
	case o.account != "" && o.account != localcloud.Account:
		return fmt.Errorf("--local has the account %s, not %s", localcloud.Account, o.account)
	case o.region != "" && !account.IsRegion(o.region):
		return fmt.Errorf("--region is a name like eu-west-1, not %q", o.region)
	case l.given("state") && l.state == "":
		return errors.New("--state is the name of a folder, not empty")
	case l.given("speed") && (!(l.speed > 0) || math.IsInf(l.speed, 0)): // NaN is no number above zero either
		return errors.New("--speed is a number above zero")
	}
	l.state, err = targets.LocalState(l.state)
	return err
}

// folder is where the state is; "" without --local.
func (l *local) folder() string {
	if !l.on {
		return ""
	}
	return l.state
}

// words are the flags that lead to the same cloud.
func (l *local) words() []string {
	if !l.on {
		return nil
	}
	words := []string{"--local", "--state", targets.Quoted(l.state)}
	if l.speed > 0 {
		words = append(words, "--speed", strconv.FormatFloat(l.speed, 'g', -1, 64))
	}
	return words
}

// inside is the cloud that the flags lead to.
func (o *options) inside(show report.Sink) *targets.Local {
	return &targets.Local{
		State: o.local.state, Speed: o.local.speed, Region: cmp.Or(o.region, targets.LocalRegion), Sink: show,
	}
}

// leaveCloud ends a cloud that lived for one command. Of one that goes on it says where the stack is reached: what
// AWS's address names is not this machine.
func leaveCloud(l *targets.Local, show report.Sink, end report.Outcome) {
	if at := l.WebSocket(end.Outputs); at != "" && l.Joined() && end.Problem == nil {
		show.Tell(report.Notice{Text: "the WebSocket API answers at " + at})
	}
	if err := l.Close(); err != nil {
		show.Tell(report.Warning{Text: err.Error()})
	}
}
