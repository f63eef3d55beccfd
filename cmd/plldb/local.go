package main

import (
	"errors"
	"math"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/plldb/plldb/magefiles/targets"
)

// local is what --local and the flags that belong to it say.
type local struct {
	on    bool
	state string
	speed float64
}

func (l *local) flags(f *pflag.FlagSet) {
	f.BoolVar(&l.on, "local", false, "work in the AWS inside plldb, on this machine alone")
	f.StringVar(&l.state, "state", "", "with --local: the folder of its state (default: plldb/local in the user's state folder)")
	f.Float64Var(&l.speed, "speed", 0, "with --local: how many times faster than AWS; 1 is as slow (default: at once)")
}

// check finds what no run can work with, and sets the state's folder.
func (l *local) check(o *options) (err error) {
	switch {
	case !l.on && l.state != "":
		return errors.New("--state is the folder of the local cloud: it wants --local")
	case !l.on && l.speed != 0:
		return errors.New("--speed is the local cloud's: it wants --local")
	case !l.on:
		return nil
	case o.endpoint != "":
		return errors.New("--local and --endpoint-url exclude each other: both say where to work instead of AWS")
	case o.profile != "":
		return errors.New("--local asks for no credentials: leave out --profile")
	case l.speed < 0, math.IsNaN(l.speed), math.IsInf(l.speed, 0):
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
	words := []string{"--local", "--state", quoted(l.state)}
	if l.speed > 0 {
		words = append(words, "--speed", strconv.FormatFloat(l.speed, 'g', -1, 64))
	}
	return words
}
