package execution

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// process is one process of an environment, with the API that it alone talks to.
type process struct {
	env    *environment
	ctx    context.Context
	cancel context.CancelFunc // kills it
	ready  context.CancelFunc // ends the limit of its start; nil if the start has none of its own
	events chan *job          // takes one
	up     bool               // it has asked for an event; guarded by the pool

	cmd    *exec.Cmd // the environment's goroutine alone uses it
	pid    atomic.Int64
	used   int // MB, when it was looked; the reader's own
	looked time.Time
	out    *output
	server *http.Server
	served sync.WaitGroup // the listener and the connections
}

// site is where a process runs.
type site struct {
	folder  string
	command []string
}

// grace is how long the kernel gets to end what was killed.
const grace = 10 * time.Second

func (pr *process) start(at site) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0") // no name is looked up, nothing is dialled: a ctx has nothing to end
	if err != nil {
		return err
	}
	pr.out, err = newOutput(&pr.env.log)
	if err != nil {
		listener.Close()
		return err
	}
	pr.serve(listener)
	err = pr.env.pool.launch.do(func() error { return pr.exec(at, listener.Addr().String()) })
	if err != nil {
		pr.close()
	}
	return err
}

// serve answers the process. Each of the server's goroutines is awaited in close.
func (pr *process) serve(listener net.Listener) {
	pr.server = &http.Server{
		Handler:  api{pr},
		ErrorLog: log.New(io.Discard, "", 0), // a process that speaks bad HTTP is told so in the answer
		ConnState: func(_ net.Conn, s http.ConnState) {
			switch s {
			case http.StateNew:
				pr.served.Add(1)
			case http.StateClosed, http.StateHijacked:
				pr.served.Done()
			}
		},
	}
	pr.served.Go(func() { pr.server.Serve(listener) }) // it ends with ErrServerClosed
}

// exec starts the command. A file that was just written may still be open for writing in a child that some other
// goroutine is making, until that child has its own program: "text file busy", golang/go#22315. That passes in moments.
func (pr *process) exec(at site, addr string) error {
	for wait := time.Millisecond; ; wait *= 2 {
		cmd := exec.CommandContext(pr.ctx, at.command[0], at.command[1:]...)
		cmd.Dir = at.folder
		cmd.Env = pr.env.variables(at.folder, addr)
		cmd.Stdout, cmd.Stderr = pr.out.writer, pr.out.writer
		cmd.SysProcAttr = attributes()
		cmd.Cancel = func() error { return kill(cmd.Process) }
		cmd.WaitDelay = grace
		err := cmd.Start()
		if err == nil {
			pr.cmd = cmd
			pr.pid.Store(int64(cmd.Process.Pid))
			return nil
		}
		if !busyFile(err) || wait > time.Second {
			return err
		}
		time.Sleep(wait)
	}
}

// wait returns when the process is gone, whoever it has left behind, and all it has said is logged.
func (pr *process) wait() *failure {
	pr.cmd.Wait() // the state has it
	kill(pr.cmd.Process)
	pr.close()
	return exited(pr.cmd.ProcessState)
}

// close ends the API and then the log: what the API's last requests log comes before the end.
func (pr *process) close() {
	pr.cancel()
	pr.server.Close()
	pr.served.Wait()
	pr.out.close()
}

// memory is the most that a process has used which is gone, in MB, or 0 where the system does not tell.
func (pr *process) memory() int {
	if pr == nil || pr.cmd == nil {
		return 0
	}
	return usedInAll(pr.cmd.ProcessState)
}

// memorySoFar is the most that it has used until now, or until a moment ago: the system writes a page of text for each
// look. The reader of its output asks.
func (pr *process) memorySoFar(now time.Time) int {
	if pr.used == 0 || now.Sub(pr.looked) > lookEvery {
		pr.used, pr.looked = usedSoFar(int(pr.pid.Load())), now
	}
	return pr.used
}

const lookEvery = 50 * time.Millisecond

// launcher starts processes, one after another, on a thread of its own. On Linux a process shall be killed when plldb
// is, and the signal for that is sent when the thread ends that made it (golang/go#27505); this one ends when no
// process is left.
type launcher struct {
	once, ended sync.Once
	tasks       chan func()
	thread      sync.WaitGroup
}

func (l *launcher) do(task func() error) error {
	l.once.Do(func() {
		l.tasks = make(chan func())
		l.thread.Go(func() { onOneThread(l.tasks) })
	})
	done := make(chan error, 1)
	l.tasks <- func() { done <- task() }
	return <-done
}

// close waits for the thread. Nobody may start anything then.
func (l *launcher) close() {
	l.ended.Do(func() {
		l.once.Do(func() { l.tasks = make(chan func()) })
		close(l.tasks)
		l.thread.Wait()
	})
}

// onOneThread does tasks until there are no more.
func onOneThread(tasks <-chan func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread() // a thread is not ended for nothing
	for task := range tasks {
		task()
	}
}
