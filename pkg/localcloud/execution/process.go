package execution

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// process is one process of an environment, with an API of its own. Nothing in that API's protocol says who asks: it
// listens on this machine alone and refuses what browsers send, but other programs of this machine are let in.
type process struct {
	env    *environment
	ctx    context.Context
	cancel context.CancelFunc // kills it
	ready  context.CancelFunc // ends the limit of its start; nil if the start has none of its own
	events chan *job          // takes one
	up     bool               // it has asked for an event; guarded by the pool

	cmd    *exec.Cmd // the environment's goroutine alone uses it
	life   life
	pid    atomic.Int64
	used   int // MB, when it was looked; the reader's own
	looked time.Time
	out    *output
	addr   string // of its API
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
		_ = listener.Close() // nobody has used it
		return err
	}
	pr.serve(listener)
	err = pr.launch(at)
	if err != nil {
		pr.close()
	}
	return err
}

// launch starts the command. A file that was just written may still be open for writing in a child that some other
// goroutine is making, until that child has its own program: "text file busy", golang/go#22315. That passes in moments,
// which others who start need not wait for: it is tried again for about 100 ms.
func (pr *process) launch(at site) error {
	for wait := time.Millisecond; ; wait *= 2 {
		err := pr.env.pool.launch.do(func() error { return pr.exec(at) })
		if !busyFile(err) || wait > 64*time.Millisecond {
			return err
		}
		select {
		case <-time.After(wait): // the machine's time: another process is waited for
		case <-pr.ctx.Done():
			return pr.ctx.Err()
		}
	}
}

// serve answers the process. Each of the server's goroutines is awaited in close.
func (pr *process) serve(listener net.Listener) {
	pr.addr = listener.Addr().String()
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
	pr.served.Go(func() { _ = pr.server.Serve(listener) }) // it ends with ErrServerClosed
}

// exec starts the command, once.
func (pr *process) exec(at site) error {
	cmd := exec.CommandContext(pr.ctx, at.command[0], at.command[1:]...)
	cmd.Dir = at.folder
	cmd.Env = pr.env.variables(at.folder, pr.addr)
	cmd.Stdout, cmd.Stderr = pr.out.writer, pr.out.writer
	cmd.SysProcAttr = attributes()
	cmd.Cancel = func() error { return pr.life.end(cmd.Process) }
	cmd.WaitDelay = grace
	if err := cmd.Start(); err != nil {
		return err
	}
	pr.cmd = cmd
	pr.pid.Store(int64(cmd.Process.Pid))
	return nil
}

// wait returns when the process is gone, whoever it has left behind, and all it has said is logged. Whoever it has left
// behind is killed by the group's number, which is the process's: as long as nobody has looked at the process's end, the
// system gives that number to no other.
func (pr *process) wait() *failure {
	known := awaitEnd(pr.cmd.Process.Pid)
	if known {
		pr.life.over(pr.cmd.Process)
	}
	_ = pr.cmd.Wait() // the state has it
	if !known {
		// Not every system lets us wait without looking. A group that has members keeps its number there; that an empty
		// one's is another's by now would take all the system's numbers in this moment.
		pr.life.over(pr.cmd.Process)
	}
	pr.close()
	return exited(pr.cmd.ProcessState)
}

// life is whether a process may still be killed by its number.
type life struct {
	mu  sync.Mutex
	out bool
}

// end kills the process and its group, unless it is over.
func (l *life) end(p *os.Process) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.out {
		return os.ErrProcessDone
	}
	return kill(p)
}

// over kills the group for the last time.
func (l *life) over(p *os.Process) {
	_ = l.end(p) // mostly there is none left
	l.mu.Lock()
	defer l.mu.Unlock()
	l.out = true
}

// close ends the API and then the log: what the API's last requests log comes before the end.
func (pr *process) close() {
	pr.cancel()
	_ = pr.server.Close() // it closes what there is, whatever it says
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
