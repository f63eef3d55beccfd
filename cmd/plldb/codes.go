package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// exitCode is what a program may leave with, and what that means.
type exitCode struct {
	codes []int
	means string
}

// exitCodes is the whole list.
func exitCodes() []exitCode {
	return []exitCode{
		{[]int{report.ExitDone}, "done, or nothing to do"},
		{[]int{report.ExitFailed}, "failed; the stack is as it was, unless the message says what was done"},
		{[]int{report.ExitUsage}, "wrong usage or settings"},
		{[]int{report.ExitStack}, "the stack failed: it was rolled back, or the last line says its state"},
		{[]int{report.ExitDenied}, "no credentials, expired ones, or not allowed"},
		{[]int{report.ExitRunning}, "stopped here while AWS goes on; the last line takes it up again"},
		{[]int{report.ExitDiffers}, "diff --exit-code: setup would change something"},
		{[]int{report.ExitInterrupt, report.ExitTerminate}, "stopped by SIGINT or SIGTERM, with nothing left going on"},
	}
}

func exitCodeHelp() string {
	var b strings.Builder
	b.WriteString("Exit codes:")
	for _, e := range exitCodes() {
		fmt.Fprintf(&b, "\n  %-8s  %s", e, e.means)
	}
	return b.String()
}

// String writes the codes as help and README do: "130, 143".
func (e exitCode) String() string {
	words := make([]string, len(e.codes))
	for i, code := range e.codes {
		words[i] = strconv.Itoa(code)
	}
	return strings.Join(words, ", ")
}
