package targets

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"

	"github.com/plldb/plldb/pkg/archive"
	"github.com/plldb/plldb/pkg/compile"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/report"
)

// LinkedFunction is the first argument by which plldb becomes one of its own functions; the second is the function's
// name.
const LinkedFunction = "plldb-function"

// Served is how a local cloud is served for others.
type Served struct {
	Addr    string // host:port
	Reset   bool   // forget the state once it listens
	Watch   func(report.Traffic)
	Changed func() // a stack is about to be another, whoever asked for it; it must not wait
}

// heard passes on that somebody changes a stack. Change sets change nothing until they are executed.
func (s *Served) heard(c localcloud.Call) {
	if s.Changed == nil || c.Service != "cloudformation" || c.Code != "" {
		return
	}
	switch c.Operation {
	case "CreateStack", "UpdateStack", "DeleteStack", "ExecuteChangeSet", "RollbackStack", "ContinueUpdateRollback",
		"CancelUpdateStack":
		s.Changed()
	}
}

// exposed is the warning where other machines may reach a cloud that listens, and is found at a URL by this one; "" where
// none can.
func (s *Served) exposed(ctx context.Context, found string) string {
	at, err := url.Parse(found)
	if s == nil || err != nil {
		return ""
	}
	where := at.Host
	switch ip := net.ParseIP(at.Hostname()); {
	case s.everywhere(ctx):
		where = "port " + at.Port() + " of this machine"
	case ip != nil && ip.IsLoopback():
		return ""
	}
	return "other machines can reach " + where + ": nothing is encrypted, and the access key is all that is asked for, so " +
		"whoever reaches it can talk to the functions, and whoever sees its traffic can run code on this machine as you"
}

// everywhere tells whether it listens on all addresses of the machine: then it is found at one of the loopback all the same.
func (s *Served) everywhere(ctx context.Context) bool {
	host, _, err := net.SplitHostPort(s.Addr)
	if err != nil || host == "" {
		return err == nil
	}
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host) // of an address it is that
	return err == nil && slices.ContainsFunc(found, func(a netip.Addr) bool { return a.Unmap().IsUnspecified() })
}

// told passes on what happens in the cloud.
func (s *Served) told(e traffic.Event) {
	if s.Watch != nil {
		s.Watch(report.Traffic{
			Time: e.Time, Kind: report.Kind(e.Kind), Connection: e.Connection, Route: e.Route, Function: e.Function,
			Text: e.Text, Bytes: e.Bytes, Status: e.Status, Took: e.Took,
		})
	}
}

// unserved says why the cloud cannot be served; nil where that is not what is wrong.
func (l *Local) unserved(err error) *report.Problem {
	p := &report.Problem{Code: report.ExitFailed, Err: err}
	refused, isListening := errors.AsType[*net.OpError](err)
	if already, ok := errors.AsType[*localcloud.Already](err); ok {
		p.Message = already.Error()
		p.Hint = "end that one, or name another folder with --state; plldb bootstrap setup --local" + l.stateFlag() +
			" deploys into it"
		return p
	}
	if l.Serve == nil || !isListening || refused.Op != "listen" {
		return nil
	}
	p.Message = fmt.Sprintf("the local cloud cannot listen on %s: %v", l.Serve.Addr, refused.Err)
	p.Hint = "name another address with --addr; --addr 127.0.0.1:0 takes a free port"
	if taken(err) {
		p.Message = "another program listens on " + l.Serve.Addr + " already"
		p.Hint = "--addr 127.0.0.1:0 takes a free port"
	} else if nobodys(err) {
		p.Code = report.ExitUsage
	}
	return p
}

// taken tells whether a port is somebody else's. Windows has a number of its own for that (WSAEADDRINUSE).
func taken(err error) bool {
	const windows = syscall.Errno(10048)
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows)
}

// nobodys tells whether an address is none of this machine, or a name of none. Windows has a number of its own for the first
// (WSAEADDRNOTAVAIL).
func nobodys(err error) bool {
	const windows = syscall.Errno(10049)
	_, unresolved := errors.AsType[*net.DNSError](err)
	_, odd := errors.AsType[*net.AddrError](err)
	return unresolved || odd || errors.Is(err, syscall.EADDRNOTAVAIL) || errors.Is(err, windows)
}

// stateFlag leads another command to the same state; "" where it finds that by itself.
func (l *Local) stateFlag() string {
	if usual, err := LocalState(""); err == nil && usual == l.State {
		return ""
	}
	return " --state " + Quoted(l.State)
}

// Quoted protects a value that a shell would take apart.
func Quoted(s string) string {
	odd := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && !strings.ContainsFunc(s, odd) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Deployable is a Problem where there are no functions to deploy: none are built in, and the folder is in no source tree. What
// else may be wrong with them, deploying says.
func Deployable() error {
	if _, builtIn, err := archive.Embedded(); builtIn || err != nil {
		return nil //nolint:nilerr // deploying says it
	}
	if err := Here(); err != nil {
		return err
	}
	if _, err := compile.FindRoot(""); errors.Is(err, compile.ErrNoSource) {
		return &report.Problem{
			Message: "this plldb has no functions built in, and this folder is not in plldb's source tree",
			Hint:    "run it from a clone of plldb, or build one that has them: `go tool mage install` in a clone",
			Code:    report.ExitUsage,
			Err:     err,
		}
	}
	return nil
}

// RunsLinked says for which platform the zips are that plldb brings along, if that is not this machine's: then the
// functions that are linked into plldb run in their place.
func RunsLinked() (platform string, yes bool) {
	_, embedded, err := archive.Embedded()
	ours, theirs := compile.Host(), compile.Lambda()
	return theirs.OS + "/" + theirs.Arch, embedded && err == nil && ours != theirs
}

// linked is the command that runs the function of a zip, by its digest in hexadecimal: this program itself.
func linked(sum string) (command []string, ok bool) {
	if _, yes := RunsLinked(); !yes {
		return nil, false
	}
	archives, _, err := archive.Embedded()
	if err != nil {
		return nil, false
	}
	for _, a := range archives {
		if hex.EncodeToString(a.Digest[:]) == sum {
			self, err := os.Executable()
			return []string{self, LinkedFunction, a.Name}, err == nil
		}
	}
	return nil, false
}
