//go:build unix

package main

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// At whatever call plldb is killed, the next run converges. At whatever call a signal stops it, it leaves with the exit
// code that it promises, and the next run converges. The processes are real, and so are the signals.

// atATime is how many accounts are at work at a time. They mostly wait for their stacks.
const atATime = 8

// What is run in these accounts.
const (
	setsUp   = "setup"
	destroys = "destroy"
	purges   = "destroy --purge --yes"
)

// plot is a command in an account, and the command that brings the account to its end whatever befell the first.
type plot struct {
	name       string
	empty      bool // the account; else the older tree is set up in it
	runs, next string
	begins     string   // the operation after which the stack is AWS's
	last       []string // what may still be asked for, after a signal, by a run that ends well
	blows      []blow
}

func plots() []plot {
	const changes, deletes = "ExecuteChangeSet", "DeleteStack"
	events := []string{"DescribeEvents", "DescribeStackEvents"}
	purge := []string{"ListObjectVersions", "DeleteObjects", "DeleteBucket"}
	destroy := slices.Concat(kills(), signals(deletes))
	return []plot{
		{"setup", true, setsUp, setsUp, changes, events, slices.Concat(kills(), signals(changes), tidying())},
		{"update", false, setsUp, setsUp, changes, events, append(kills(), signals(changes)...)},
		{"destroy", false, destroys, destroys, deletes, append(events, "HeadBucket"), destroy},
		{"purge", false, purges, purges, deletes, slices.Concat(events, purge), destroy},
		{"setup, then purge", true, setsUp, purges, changes, events, kills()},
	}
}

func kills() []blow {
	return []blow{
		{name: "killed, the call lost", signal: syscall.SIGKILL, lost: true, every: 1},
		{name: "killed, the call done", signal: syscall.SIGKILL, done: true, every: 1},
	}
}

// signals stop a process. SIGTERM is SIGINT with another number: a few of the calls are enough for it.
func signals(begins string) []blow {
	return []blow{
		{name: "SIGINT, the call not done", signal: syscall.SIGINT, every: 1, group: true},
		{name: "SIGINT, the call answered", signal: syscall.SIGINT, done: true, every: 1},
		{name: "SIGTERM", signal: syscall.SIGTERM, every: 5},
		{name: "SIGINT twice", signal: syscall.SIGINT, done: true, at: begins, twice: true},
	}
}

// tidying is killed, at each of the calls that take away what a stopped run has made of the stack.
func tidying() (list []blow) {
	for n := range 3 {
		list = append(list, blow{
			name: fmt.Sprintf("SIGINT, and killed at call %d after it", n+1), signal: syscall.SIGINT, done: true,
			at: "CreateChangeSet", killed: n + 1,
		})
	}
	return list
}

func TestKilledAndStoppedAtEveryCall(t *testing.T) {
	w := openWorkshop(t)
	w.setUp(t)
	free := make(chan struct{}, atATime)
	var all sync.WaitGroup
	for _, p := range plots() {
		want, calls := p.undisturbed(t, w)
		for _, b := range p.blows {
			all.Go(func() { p.atEvery(t, w, b, calls, want, free) })
		}
	}
	all.Wait()
}

// figures are how the cases of one blow in one plot went.
type figures struct {
	mu            sync.Mutex
	cases, passed int
	ends          map[string]int // by exit code
	left          map[string]int // change sets that were left over in the end
}

// atEvery has the blow fall at every call. How many there are depends a little on how often a stack is looked at, so it
// goes on until a run has ended by itself. Where there is less time it is every third call.
func (p plot) atEvery(t *testing.T, w *workshop, b blow, calls int, want string, free chan struct{}) {
	f := &figures{ends: map[string]int{}, left: map[string]int{}}
	try := func(at int) (struck bool) {
		free <- struct{}{}
		defer func() { <-free }()
		t.Run(fmt.Sprintf("%s/%s/%d", p.name, b.name, at), func(t *testing.T) { struck = p.play(t, w, b, at, want, f) })
		return struck
	}
	var all sync.WaitGroup
	for _, at := range b.numbers(calls) {
		all.Go(func() { try(at) })
	}
	all.Wait()
	for beyond := calls + 1; b.every == 1 && try(beyond); {
		beyond++
	}
	t.Logf("%s, %s: %d calls, %d cases, %d passed; exit codes %v; change sets left %v",
		p.name, b.name, calls, f.cases, f.passed, f.ends, f.left)
}

// numbers are the calls at which the blow falls, from 1; the number 0 is the first call of the blow's operation.
func (b blow) numbers(calls int) (list []int) {
	if b.at != "" {
		return []int{0}
	}
	step := b.every
	if testing.Short() || raced {
		step *= 3
	}
	for at := 1; at <= calls; at += step {
		list = append(list, at)
	}
	return list
}

// play is one case: the blow, what is left, and what the next run makes of it. It tells whether the run came as far as
// the call.
func (p plot) play(t *testing.T, w *workshop, b blow, at int, want string, f *figures) (struck bool) {
	s, end := openScene(t, w, p.state(t, w))
	defer end()
	e := s.strike(t, b, at, w.newer, s.command(p.runs)...)
	if e.struck == 0 {
		if e.code != 0 {
			t.Errorf("it was not struck, and left with %d: %s", e.code, e.story)
		}
		return false
	}
	if b.done && b.signal == syscall.SIGKILL && !writes(e.calls[e.struck-1]) {
		return true // whether a reading call was answered is nothing that a killed process has left
	}
	defer f.count(t, e, func() []string { return s.changeSets(t) })
	t.Logf("struck at %s, after %q", e.calls[e.struck-1], e.calls[:e.struck-1])
	killed := e.code < 0
	if !killed {
		p.judge(t, s, b, e)
	}
	s.pace.fast.Store(true)
	if e.code == codeRunning {
		s.takesUp(t, e)
	}
	s.converges(t, p.next, want, killed)
	return true
}

func (f *figures) count(t *testing.T, e ended, left func() []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cases++
	f.ends[fmt.Sprint(e.code)]++
	for _, status := range left() {
		f.left[status]++
	}
	if !t.Failed() {
		f.passed++
	} else {
		t.Logf("the run that was struck left with %d, and asked for %q after it: %s%s", e.code, e.after, e.out, e.story)
	}
}

// converges runs the command again, which ends well and brings the account to what it should be; if more is to be
// shown, once more, which finds nothing to do.
func (s *scene) converges(t *testing.T, runs, want string, more bool) {
	t.Helper()
	e := s.run(t, s.newer, s.command(runs)...)
	nothingToDo := strings.HasPrefix(e.out, "nothing to do: ")
	if e.code != 0 || nothingToDo && slices.ContainsFunc(e.calls, writes) {
		t.Errorf("the next run left with %d: %s", e.code, e.story)
	}
	if got := s.account(t); got != want {
		t.Errorf("the account is\n%s\nand not\n%s", got, want)
	}
	if nothingToDo || !more {
		return
	}
	e = s.run(t, s.newer, s.command(runs)...)
	if e.code != 0 || !strings.HasPrefix(e.out, "nothing to do: ") || slices.ContainsFunc(e.calls, writes) {
		t.Errorf("the run after that left with %d, asked for %q and said %s%s", e.code, e.calls, e.out, e.story)
	}
}

func writes(op string) bool {
	return !slices.ContainsFunc([]string{"Get", "List", "Head", "Describe"},
		func(prefix string) bool { return strings.HasPrefix(op, prefix) })
}

// undisturbed is what the account should be like in the end, and how many calls the command makes by itself.
func (p plot) undisturbed(t *testing.T, w *workshop) (want string, calls int) {
	t.Helper()
	s, end := openScene(t, w, p.state(t, w))
	defer end()
	e := s.run(t, w.newer, s.command(p.runs)...)
	next := s.run(t, w.newer, s.command(p.next)...)
	if e.code != 0 || next.code != 0 {
		t.Fatal(e.story, next.story)
	}
	s.holdsTogether(t)
	return s.account(t), len(e.calls)
}

// holdsTogether: each function's code is that of the newest version of an archive.
func (s *scene) holdsTogether(t *testing.T) {
	t.Helper()
	objects := strings.Join(s.objects(t), "\n")
	for _, sum := range s.code(t) {
		if !strings.Contains(objects, sum) {
			t.Errorf("a function has the code %s, and the bucket\n%s", sum, objects)
		}
	}
}
