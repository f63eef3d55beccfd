package targets

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/report"
)

// LocalRegion is where the local cloud is, unless somebody says otherwise. The caller's AWS settings are not asked.
const LocalRegion = "us-east-1"

// Local is the local cloud of one command, from when a run first needs its account until Close: the one that is served
// for the state's folder, if there is one, else one in the process.
type Local struct {
	State  string  // the folder of its state, as LocalState gives it
	Speed  float64 // how many times faster than AWS; 0 is at once, and connections then live as long as on AWS
	Region string
	Sink   report.Sink

	Serve *Served // it is the one that is served for the folder; nil joins that one

	mu     sync.Mutex
	url    string // "" until it is open
	key    string // the access key of its state
	server *localcloud.Server
}

// LocalState is the folder of the local cloud's state: the one that was asked for, or plldb/local in the user's state
// folder; absolute, since every run tells it.
func LocalState(asked string) (string, error) {
	if asked != "" {
		if filepath.IsAbs(asked) {
			return filepath.Clean(asked), nil
		}
		if err := Here(); err != nil {
			return "", err
		}
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

// Open finds the cloud and makes a session with it. What is wrong with its state is a Problem.
func (l *Local) Open(ctx context.Context) (*account.Session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.url == "" {
		if err := l.find(ctx); err != nil {
			return nil, l.unusable(ctx, err)
		}
	}
	return account.Local(l.url, l.Region, l.key, l.Sink), nil
}

// find joins the cloud that is served, or starts one.
func (l *Local) find(ctx context.Context) (err error) {
	if l.key, err = localcloud.Key(l.State); err != nil {
		return err
	}
	if l.join(ctx) {
		return nil
	}
	return l.start(ctx)
}

// join finds the cloud that somebody serves for the folder.
func (l *Local) join(ctx context.Context) bool {
	if l.Serve != nil {
		return false
	}
	url, pid, ok := localcloud.Serving(ctx, l.State)
	if !ok {
		return false
	}
	l.url = url
	text := fmt.Sprintf("works in the local cloud that process %d serves at %s", pid, url)
	if l.Speed > 0 {
		text += "; its own speed counts"
	}
	l.Sink.Tell(report.Notice{Text: text})
	return true
}

// start opens a cloud in this process.
func (l *Local) start(ctx context.Context) error {
	o := localcloud.Options{State: l.State, Key: l.key, Clock: clock.Real(clock.Top), Linked: linked}
	if l.Speed > 0 {
		o.Clock, o.Connections = clock.Real(l.Speed), clock.Real(l.Speed)
	}
	if l.Serve != nil {
		o.Addr, o.Announce, o.Reset, o.Watch, o.Told = l.Serve.Addr, true, l.Serve.Reset, l.Serve.told, l.Serve.heard
	}
	server, err := localcloud.Serve(ctx, o)
	if err != nil {
		return err
	}
	l.server, l.url = server, server.URL
	if text := l.Serve.exposed(ctx, server.URL); text != "" {
		l.Sink.Tell(report.Warning{Text: text})
	}
	return nil
}

// URL is where the cloud is; "" until it is open.
func (l *Local) URL() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.url
}

// Key is the access key by which AWS's own tools get in; "" until it is open.
func (l *Local) Key() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.key
}

// Joined tells whether the cloud is somebody else's process.
func (l *Local) Joined() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.url != "" && l.server == nil
}

// WebSocket is where the API of a stack with these outputs is reached in this cloud; "" if they name none.
func (l *Local) WebSocket(outputs map[string]string) string {
	at, err := url.Parse(outputs["WebSocketUrl"])
	if err != nil || l.URL() == "" {
		return ""
	}
	api, _, ok := strings.Cut(at.Hostname(), ".")
	stage := strings.Trim(at.Path, "/")
	if !ok || stage == "" {
		return ""
	}
	return localcloud.WebSocketURL(l.URL(), api, stage)
}

// Connections is below what the API of a stack with these outputs has its connections in this cloud; "" if they name none.
func (l *Local) Connections(outputs map[string]string) string {
	at, ok := strings.CutPrefix(l.WebSocket(outputs), "ws")
	if !ok {
		return ""
	}
	return "http" + at + "/@connections"
}

// Close ends the cloud, if it was started here. What the stack is doing is kept, and goes on by the clock.
func (l *Local) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.server == nil {
		return nil
	}
	return l.server.Close()
}

// unusable says what to do about a cloud that cannot be opened.
func (l *Local) unusable(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	if p := l.unserved(err); p != nil {
		return p
	}
	if p := noFolder(l.State, err); p != nil {
		return p
	}
	p := &report.Problem{
		Message: err.Error(), Code: report.ExitFailed, Err: err,
		Hint: "name another folder with --state",
	}
	if _, damaged := errors.AsType[*store.Damaged](err); damaged {
		p.Hint = "it holds nothing but the local cloud: remove " + l.State +
			" and set up again, or name another folder with --state"
	}
	return p
}
