package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// asker puts a yes-or-no question on the terminal; nil where nobody sits at one.
func asker(s streams) func(context.Context, string) (bool, error) {
	if !manned(s) {
		return nil
	}
	return func(ctx context.Context, question string) (bool, error) {
		answer, err := ask(ctx, s, question+" [y/N] ")
		answer = strings.ToLower(answer)
		return answer == "y" || answer == "yes", err
	}
}

// mfa asks for the code of an MFA device; nil where nobody sits at a terminal.
func mfa(ctx context.Context, s streams) func() (string, error) {
	if !manned(s) {
		return nil
	}
	return func() (string, error) { return ask(ctx, s, "MFA code: ") }
}

func manned(s streams) bool { return isTerminal(s.in) && isTerminal(s.err) }

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// ask reads one line. A signal ends the wait, though not the read: the process is about to leave then.
func ask(ctx context.Context, s streams, prompt string) (string, error) {
	fmt.Fprint(s.err, prompt)
	s.asking.Store(true)
	type reply struct {
		line string
		err  error
	}
	got := make(chan reply, 1)
	go func() {
		line, err := bufio.NewReader(s.in).ReadString('\n')
		got <- reply{strings.TrimSpace(line), err}
	}()
	select {
	case r := <-got:
		if r.err == io.EOF { // Ctrl-D is no answer, and that is a no
			s.unasked()
			return r.line, nil
		}
		s.asking.Store(false)
		return r.line, r.err
	case <-ctx.Done():
		s.unasked()
		return "", ctx.Err()
	}
}

// unasked ends the line of a question that got no answer. Whoever waits for one may be told of a signal later than the
// run, which goes on to its last words; so both call this.
func (s streams) unasked() {
	if s.asking.Swap(false) {
		fmt.Fprintln(s.err)
	}
}
