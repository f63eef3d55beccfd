//go:build plldb_embedded

package main

import (
	"os"

	"github.com/plldb/plldb/functions/linked"
	"github.com/plldb/plldb/magefiles/targets"
)

// function makes this process one of plldb's functions, if it was started as that: a plldb that brings zips for another
// machine starts itself in their place. It comes back only if it was not.
func function() bool {
	started := len(os.Args) == 3 && os.Args[1] == targets.LinkedFunction && os.Getenv("AWS_LAMBDA_RUNTIME_API") != ""
	return started && linked.Run(os.Args[2])
}
