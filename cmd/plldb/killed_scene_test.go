//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// victimKey is the access key of the processes that are killed and stopped, of the account.
const victimKey = "AKIDVICTIM"

// blow is what befalls a process at one of its calls.
type blow struct {
	name   string
	signal syscall.Signal
	done   bool   // the call takes effect before
	lost   bool   // the call never takes effect
	every  int    // it falls at every so many-th call; 0 is once, at the first call of the operation
	at     string // the operation
	twice  bool   // the signal is sent until the process is gone, and the call has no answer before
	group  bool   // its children get the signal too, as from a terminal
	killed int    // the process is killed so many calls after it; 0 is not
}

// scene is the account of one case, and whoever is at work in it.
type scene struct {
	*localcloud.Cloud
	*workshop
	url  string
	pace pace

	serving sync.RWMutex // held by each call while it is served

	mu      sync.Mutex
	process *os.Process
	calls   []string // of the process, in the order in which they came
	blow    blow
	at      int // the call at which it falls, from 1
	struck  int // the call at which it fell, 0 if it did not
	lines   int // of its story, after which it is killed; 0 is not
}

// openScene is an account as a folder holds it; "" is an empty one.
func openScene(t *testing.T, w *workshop, state string) (*scene, func()) {
	t.Helper()
	s := &scene{workshop: w}
	local, err := localcloud.Open(t.Context(), localcloud.Options{
		State: state, Clock: &s.pace, Accounts: map[string]string{victimKey: accountID, testsKey: accountID},
	})
	check(t, err)
	s.Cloud = local
	for _, lost := range []bool{false, true} {
		local.Faults().Call(localcloud.Fault{Drop: lost, Match: func(in *wire.Call) bool { return s.note(in, lost) }})
	}
	server := httptest.NewServer(s)
	s.url = server.URL
	return s, func() {
		server.CloseClientConnections()
		server.Close()
		if err := local.Close(); err != nil {
			t.Error(err)
		}
	}
}

// pace is the machine's clock. At first a stack takes a part of a second, so that it is followed for some polls; once
// it is fast everything that begins is done at once.
type pace struct{ fast atomic.Bool }

func (*pace) Now() time.Time { return time.Now().UTC() }

func (p *pace) Due(start time.Time, takes time.Duration) time.Time {
	if p.fast.Load() {
		return clock.Real(clock.Top).Due(start, takes)
	}
	return clock.Real(200).Due(start, takes)
}

type ticketKey struct{}

// ticket tells the server's handler what was found out about a request.
type ticket struct {
	struck  bool
	blow    blow
	process *os.Process
}

// fall sends the signal, and tells whether there was still somebody to get it.
func (t ticket) fall() bool {
	if t.blow.group {
		return syscall.Kill(-t.process.Pid, t.blow.signal) == nil
	}
	return t.process.Signal(t.blow.signal) == nil
}

// note counts a call of the process, and strikes before it takes effect if it is time. It is asked twice about each
// call: whether it passes, and whether it is lost.
func (s *scene) note(in *wire.Call, lost bool) bool {
	if in.AccessKey != victimKey {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	mine := in.Context().Value(ticketKey{}).(*ticket)
	if lost {
		return mine.struck && mine.blow.lost
	}
	s.calls = append(s.calls, in.Operation)
	mine.struck = s.struck == 0 && (len(s.calls) == s.at || in.Operation == s.blow.at)
	switch {
	case mine.struck:
		s.struck, mine.blow, mine.process = len(s.calls), s.blow, s.process
	case s.struck > 0 && len(s.calls) == s.struck+s.blow.killed:
		mine.struck, mine.blow, mine.process = true, kills()[0], s.process
	}
	if mine.struck && !mine.blow.done {
		mine.fall()
	}
	return false
}

// ServeHTTP strikes after a call has taken effect, if that is when. Who is killed then never hears the answer.
func (s *scene) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.serving.RLock()
	defer s.serving.RUnlock()
	mine, answer := &ticket{}, httptest.NewRecorder()
	s.Cloud.ServeHTTP(answer, r.WithContext(context.WithValue(r.Context(), ticketKey{}, mine)))
	strike := mine.struck && mine.blow.done
	for strike && mine.blow.twice && mine.fall() {
		time.Sleep(time.Millisecond) // another process is waited for, which no clock of ours can turn
	}
	if strike && mine.blow.signal == syscall.SIGKILL {
		mine.fall()
		panic(http.ErrAbortHandler)
	}
	maps.Copy(w.Header(), answer.Header())
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes()) // whoever asked may be gone
	if strike {
		_ = http.NewResponseController(w).Flush()
		mine.fall()
	}
}

// ended is a process that was.
type ended struct {
	code       int // -1 if it was killed
	out, story string
	calls      []string
	struck     int      // the call at which the blow fell, 0 if it did not
	after      []string // the calls that came after the blow
}

func (e ended) did(operation string) bool { return slices.Contains(e.calls, operation) }

// strike runs the command, and has the blow fall at its call of that number.
func (s *scene) strike(t *testing.T, b blow, at int, tree string, args ...string) ended {
	t.Helper()
	var out bytes.Buffer
	story := teller{scene: s}
	cmd := exec.CommandContext(t.Context(), "plldb", args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr, cmd.WaitDelay = tree, &out, &story, 10*time.Second
	cmd.Env, cmd.SysProcAttr = s.env, &syscall.SysProcAttr{Setpgid: true}
	s.mu.Lock()
	s.calls, s.blow, s.at, s.struck = nil, b, at, 0
	err := cmd.Start()
	s.process = cmd.Process
	s.mu.Unlock()
	check(t, err)
	err = cmd.Wait()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok {
		check(t, err)
	}
	s.serving.Lock() // what the process had begun, and what may take effect without it, has done so
	defer s.serving.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := slices.Clone(s.calls)
	return ended{
		code: cmd.ProcessState.ExitCode(), out: out.String(), story: story.text.String(),
		calls: calls, struck: s.struck, after: calls[s.struck:],
	}
}

// teller keeps the story of a process, and kills it when it has told so much of it.
type teller struct {
	text  bytes.Buffer
	scene *scene
}

func (t *teller) Write(p []byte) (int, error) {
	n, err := t.text.Write(p)
	t.scene.mu.Lock()
	defer t.scene.mu.Unlock()
	if t.scene.lines > 0 && bytes.Count(t.text.Bytes(), []byte("\n")) >= t.scene.lines {
		_ = t.scene.process.Kill()
	}
	return n, err
}

// command is one of plldb's, with the flags that lead to this account.
func (s *scene) command(words string) []string {
	return append(append([]string{"bootstrap"}, strings.Fields(words)...), "--region", region, "--endpoint-url", s.url)
}

// run runs the command undisturbed.
func (s *scene) run(t *testing.T, tree string, args ...string) ended {
	t.Helper()
	return s.strike(t, blow{}, 0, tree, args...)
}
