package drive

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Local is a plldb that serves the local cloud.
type Local struct {
	Endpoint  string
	WebSocket string // of plldb's own stack
	Region    string
	AccessKey string // the one that is let in

	cmd   *exec.Cmd
	story bytes.Buffer
	heard chan struct{} // closed when all that it writes was read
	mu    sync.Mutex
	last  []byte // its last line
	end   func() error
}

// serving is the line that says that it answers, and where.
type serving struct {
	Type, Endpoint, WebSocket, Region string
	AccessKeyID                       string `json:"accessKeyId"`
}

// Local runs `plldb local` with --output json, on a port of its own, and returns once it answers.
func (p Plldb) Local(ctx context.Context, args ...string) (*Local, error) {
	args = slices.Concat([]string{"local", "--addr", "127.0.0.1:0"}, args, []string{"--output", "json"})
	l := &Local{cmd: p.command(ctx, args...), heard: make(chan struct{})}
	l.cmd.Stderr = &l.story
	stdout, err := l.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := l.cmd.Start(); err != nil {
		return nil, err
	}
	at := make(chan serving, 1)
	go l.hear(stdout, at)
	l.end = sync.OnceValue(func() error {
		<-l.heard
		return l.cmd.Wait()
	})

	select {
	case s := <-at:
		l.Endpoint, l.WebSocket, l.Region = s.Endpoint, s.WebSocket, s.Region
		l.AccessKey = s.AccessKeyID
		return l, nil
	case <-l.heard:
		return nil, fmt.Errorf("plldb local ended before it answered: %w\n%s\n%s",
			l.end(), l.line(), child.Tail(l.story.String(), 20))
	}
}

// hear reads what it writes to the end, and keeps the last line.
func (l *Local) hear(stdout io.Reader, at chan<- serving) {
	defer close(l.heard)
	for lines := bufio.NewReader(stdout); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		l.mu.Lock()
		l.last = line
		l.mu.Unlock()
		var s serving
		if json.Unmarshal(line, &s) == nil && s.Type == "serving" {
			select {
			case at <- s:
			default: // it said so before
			}
		}
	}
}

func (l *Local) line() []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last
}

// PID is the process.
func (l *Local) PID() int { return l.cmd.Process.Pid }

// Interrupt does what Ctrl-C does, and waits for the end. An exit code that is not 0, or a last line that is no
// outcome, is an error.
func (l *Local) Interrupt() (o Outcome, err error) {
	if err := l.cmd.Process.Signal(os.Interrupt); err != nil {
		return o, errors.Join(err, l.Kill())
	}
	if err := l.end(); err != nil {
		return o, fmt.Errorf("plldb local, interrupted: %w\n%s", err, child.Tail(l.story.String(), 20))
	}
	if err := json.Unmarshal(l.line(), &o); err != nil {
		return o, err
	}
	if o.Type != "outcome" {
		return o, fmt.Errorf("the last line of plldb local is no outcome: %s", l.line())
	}
	return o, nil
}

// Kill ends it at once, if it goes on still. That it did not end by itself is no error.
func (l *Local) Kill() error {
	_ = l.cmd.Process.Kill() // it may be gone
	if _, killed := errors.AsType[*exec.ExitError](l.end()); killed {
		return nil
	}
	return l.end()
}
