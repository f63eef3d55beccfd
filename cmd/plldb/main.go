// Command plldb prepares an AWS account for debugging Lambda functions: `plldb bootstrap setup`, and `plldb bootstrap
// destroy` to take it away again; or an AWS on this machine, `plldb local`. It calls the same targets as mage.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	if function() {
		return
	}
	// A run lives for a moment and holds little: collecting less often takes a quarter off its CPU time, for 0.3 MB.
	debug.SetGCPercent(400)
	// Whoever reads the story may stop reading (plldb … | head). The run goes on and ends in order.
	signal.Ignore(syscall.SIGPIPE)
	os.Exit(execute(context.Background(), os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
