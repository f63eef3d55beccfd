package targets

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/report"
)

// LocalRegion is where the local cloud is, unless somebody says otherwise. The caller's AWS settings are not asked.
const LocalRegion = "us-east-1"

// Local is the local cloud of one command: it starts when a run first needs its account, and ends with Close.
type Local struct {
	State  string  // the folder of its state, as LocalState gives it
	Speed  float64 // how many times faster than AWS; 0 is at once
	Region string
	Sink   report.Sink

	mu     sync.Mutex
	server *localcloud.Server
}

// LocalState is the folder of the local cloud's state: the one that was asked for, or plldb/local in the user's state
// folder; absolute, since every run tells it.
func LocalState(asked string) (string, error) {
	if asked != "" {
		return filepath.Abs(asked)
	}
	base, err := stateFolder()
	if err != nil {
		return "", &report.Problem{
			Message: "there is no folder to keep the local cloud's state in: " + err.Error(),
			Hint:    "name one with --state, or set HOME",
			Code:    report.ExitUsage,
			Err:     err,
		}
	}
	return filepath.Join(base, "plldb", "local"), nil
}

// stateFolder is where programs keep what should outlive them and is nobody's document: XDG_STATE_HOME, or what the
// system has in its place. The standard library knows no such folder.
func stateFolder() (string, error) {
	if dir := os.Getenv("XDG_STATE_HOME"); filepath.IsAbs(dir) { // the specification ignores a relative one
		return dir, nil
	}
	switch runtime.GOOS {
	case "windows":
		return os.UserCacheDir() // %LocalAppData%, which is not for caches alone
	case "darwin":
		return os.UserConfigDir() // ~/Library/Application Support
	}
	home, err := os.UserHomeDir()
	return filepath.Join(home, ".local", "state"), err
}

// Open starts the cloud and makes a session with it. What is wrong with its state is a Problem.
func (l *Local) Open(ctx context.Context) (*account.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server != nil {
		return account.Local(l.server.URL, l.Region, l.Sink), nil
	}
	speed := clock.Top
	if l.Speed > 0 {
		speed = l.Speed
	}
	server, err := localcloud.Serve(ctx, localcloud.Options{State: l.State, Clock: clock.Real(speed)})
	if err != nil {
		return nil, unusable(err, l.State)
	}
	l.server = server
	return account.Local(server.URL, l.Region, l.Sink), nil
}

// Close ends the cloud, if it was started. What the stack is doing is kept, and goes on by the clock.
func (l *Local) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil {
		return nil
	}
	return l.server.Close()
}

// unusable says what to do about a state that cannot be used.
func unusable(err error, dir string) *report.Problem {
	p := &report.Problem{
		Message: err.Error(), Code: report.ExitFailed, Err: err,
		Hint: "name another folder with --state",
	}
	if _, damaged := errors.AsType[*store.Damaged](err); damaged {
		p.Hint = "it holds nothing but the local cloud: remove " + dir + " and set up again, or name another folder with --state"
	}
	return p
}
