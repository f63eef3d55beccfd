package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/term"

	"github.com/plldb/plldb/pkg/report"
)

// pauser is a screen that can be kept from speaking by itself.
type pauser interface{ Pause() (resume func()) }

// asker puts a yes-or-no question on the terminal; nil where nobody sits at one.
func asker(s streams, show pauser) func(context.Context, string) (bool, error) {
	if !manned(s) {
		return nil
	}
	return func(ctx context.Context, question string) (bool, error) {
		answer, err := ask(ctx, s, show, question+" [y/N] ")
		answer = strings.ToLower(answer)
		return answer == "y" || answer == "yes", err
	}
}

// mfa asks for the code of an MFA device; nil where nobody sits at a terminal. It asks once: with a code that was not
// accepted, everything that needs the credentials at the same time would ask again. The session it opens lasts 15 minutes,
// unless the profile says otherwise (the SDK's stscreds).
func mfa(ctx context.Context, s streams, show pauser) func() (string, error) {
	if !manned(s) {
		return nil
	}
	var asked atomic.Bool
	return func() (string, error) {
		if asked.Swap(true) {
			return "", &report.Problem{
				Message: "the session that the MFA code opened has ended",
				Hint:    "run the same command again with a fresh code; duration_seconds in the profile makes it last longer",
				Code:    report.ExitDenied,
			}
		}
		return ask(ctx, s, show, "MFA code: ")
	}
}

func manned(s streams) bool { return isTerminal(s.in) && isTerminal(s.err) }

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// ask reads one line; until then the screen does not say that it waits. A signal ends the wait, though not the read: the
// process is about to leave then.
func ask(ctx context.Context, s streams, show pauser, prompt string) (string, error) {
	defer show.Pause()()
	s.question.put(s.err, prompt)
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
			s.question.end(s.err)
			return r.line, nil
		}
		s.question.answered()
		return r.line, r.err
	case <-ctx.Done():
		s.question.end(s.err)
		return "", ctx.Err()
	}
}

// question knows whether one stands on the screen without its answer.
type question struct {
	mu   sync.Mutex
	open bool
}

func (q *question) put(w io.Writer, text string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = true
	fmt.Fprint(w, text)
}

// answered: the person has ended the line.
func (q *question) answered() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.open = false
}

// end ends the line of a question that got no answer. Whoever waits for one may hear of a signal later than the run,
// which goes on to its last words; so both call this.
func (q *question) end(w io.Writer) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.open {
		fmt.Fprintln(w)
	}
	q.open = false
}
