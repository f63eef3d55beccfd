package targets

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
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
		p.Message = fmt.Sprintf("the local cloud in %s is already being served, at %s, by process %d",
			l.State, already.URL, already.PID)
		p.Hint = "end that one, or name another folder with --state; plldb bootstrap setup --local deploys into it"
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
	}
	return p
}

// taken tells whether a port is somebody else's. Windows has a number of its own for that (WSAEADDRINUSE).
func taken(err error) bool {
	const windows = syscall.Errno(10048)
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windows)
}

// ResetLocal forgets the state in a folder.
func ResetLocal(ctx context.Context, state string) error {
	err := localcloud.Reset(ctx, state)
	if err == nil {
		return nil
	}
	if p := (&Local{State: state}).unserved(err); p != nil {
		return p
	}
	return &report.Problem{
		Message: err.Error(), Code: report.ExitFailed, Err: err,
		Hint: "look into " + state + ", or name another folder with --state",
	}
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
