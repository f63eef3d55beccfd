package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// signal NAME [OPERATION] waits until the cloud was asked for the operation, after the last serve, and then sends the
// signal to the command in the background. With NAME... the signal is repeated until the command is gone.
func signalTo(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) > 2 || len(ts.BackgroundCmds()) != 1 {
		ts.Fatalf("usage: signal INT|TERM|KILL[...] [operation], with one command in the background")
	}
	s := stageOf(ts)
	s.run = ts.BackgroundCmds()[0]
	if len(args) == 2 {
		waitUntil(ts, func() bool { return s.cloud.was(args[1]) || gone(s.run) })
	}
	name, repeated := strings.CutSuffix(args[0], "...")
	number, ok := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "KILL": os.Kill}[name]
	if !ok {
		ts.Fatalf("no signal %s", args[0])
	}
	ts.Check(s.run.Process.Signal(number))
	if repeated {
		waitUntil(ts, func() bool { return s.run.Process.Signal(number) != nil })
	}
}

// waitUntil looks again every few milliseconds: another process is waited for, which no clock of ours can turn.
func waitUntil(ts *testscript.TestScript, done func() bool) {
	for tries := 0; !done(); tries++ {
		if tries == 20000 {
			ts.Fatalf("waited for nothing")
		}
		time.Sleep(3 * time.Millisecond)
	}
}

func gone(cmd *exec.Cmd) bool {
	return errors.Is(cmd.Process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}

// unread runs a command whose streams nobody reads: the readers are gone before it starts. It leaves with its exit
// code.
func unread() {
	read, write, err := os.Pipe()
	if err == nil {
		err = read.Close()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	cmd := exec.Command(os.Args[1], os.Args[2:]...) //nolint:noctx // the script's own end is its end
	cmd.Stdout, cmd.Stderr = write, write
	leaveLike(cmd.Run())
}

// leaveLike ends this process as another ended: by 128 and the signal's number if a signal did it.
func leaveLike(err error) {
	exit, ok := errors.AsType[*exec.ExitError](err)
	switch {
	case err == nil:
		os.Exit(0)
	case !ok:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(99)
	}
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		os.Exit(128 + int(status.Signal()))
	}
	os.Exit(exit.ExitCode())
}
