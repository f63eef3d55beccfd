package targets_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/magefiles/targets"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// notices is a sink that keeps what is to be known.
type notices struct {
	mu   sync.Mutex
	told []string
}

func (n *notices) Tell(e report.Event) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e := e.(type) {
	case report.Notice:
		n.told = append(n.told, e.Text)
	case report.Warning:
		n.told = append(n.told, e.Text)
	}
}

// serveState serves a state as another process would.
func serveState(t *testing.T, state string) *localcloud.Server {
	t.Helper()
	server, err := localcloud.Serve(t.Context(), localcloud.Options{
		State: state, Clock: clock.Real(clock.Top), Announce: true,
	})
	mustDo(t, err)
	t.Cleanup(func() { _ = server.Close() })
	return server
}

func TestLocalJoinsTheOneThatIsServed(t *testing.T) {
	state, sink := t.TempDir(), &notices{}
	server := serveState(t, state)
	l := &targets.Local{State: state, Speed: 3, Region: targets.LocalRegion, Sink: sink}
	for range 2 {
		_, err := l.Open(t.Context())
		mustDo(t, err)
	}
	if !l.Joined() || l.URL() != server.URL {
		t.Errorf("joined %t, at %s, and served is %s", l.Joined(), l.URL(), server.URL)
	}
	want := fmt.Sprintf("works in the local cloud that process %d serves at %s; its own speed counts", os.Getpid(), server.URL)
	if len(sink.told) != 1 || sink.told[0] != want {
		t.Errorf("told is %q, want %q", sink.told, want)
	}
	mustDo(t, l.Close())
	if _, _, ok := localcloud.Serving(t.Context(), state); !ok {
		t.Error("it has ended with a command that had joined it")
	}
}

func TestLocalStartsOneWhereNoneIsServed(t *testing.T) {
	sink := &notices{}
	l := &targets.Local{State: t.TempDir(), Region: targets.LocalRegion, Sink: sink}
	if l.Joined() || l.URL() != "" {
		t.Error("it is open before it was opened")
	}
	_, err := l.Open(t.Context())
	mustDo(t, err)
	if l.Joined() || l.URL() == "" || len(sink.told) > 0 {
		t.Errorf("joined %t, at %s, told %q", l.Joined(), l.URL(), sink.told)
	}
	if _, _, ok := localcloud.Serving(t.Context(), l.State); ok {
		t.Error("others find it")
	}
	mustDo(t, l.Close())
	mustDo(t, l.Close())
}

// mage goes into it as the binary does.
func TestMageJoinsTheOneThatIsServed(t *testing.T) {
	t.Parallel()
	root, w, state := tree(t, compiles), newWorld(t), t.TempDir()
	server := serveState(t, state)
	got := runMage(t, w, root, "Bootstrap.Status", "PLLDB_LOCAL=true", "PLLDB_STATE="+state)
	if got.code != 0 || !strings.Contains(got.errors, "serves at "+server.URL) || !strings.Contains(got.out, "is not there") {
		t.Errorf("exit code %d, answer %q, story %s", got.code, got.out, got.errors)
	}
}

// One that goes away in the middle is a network that fails: in words, and with an exit code.
func TestTheOneThatWasJoinedVanishes(t *testing.T) {
	state := t.TempDir()
	server := serveState(t, state)
	l := &targets.Local{State: state, Region: targets.LocalRegion, Sink: report.Discard{}}
	r := rollout.New(rollout.Settings{Local: state}, l.Open, report.Discard{}, rollout.RealClock{})
	_, err := r.WhoAmI(t.Context())
	mustDo(t, err)
	mustDo(t, server.Close())
	end := r.Outcome(t.Context(), rollout.Status, targets.Bootstrap{}.Status(targets.In(t.Context(), r)))
	if end.Problem == nil || end.Problem.Code != report.ExitFailed || end.Problem.Hint == "" ||
		!strings.Contains(end.Problem.Message, strings.TrimPrefix(server.URL, "http://")) {
		t.Errorf("the problem is %+v", end.Problem)
	}
}

// Why a cloud cannot be served is said in a sentence, with what to do about it.
func TestWhyACloudIsNotServed(t *testing.T) {
	state := t.TempDir()
	server := serveState(t, state)
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	mustDo(t, err)
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "file")
	mustDo(t, os.WriteFile(file, nil, 0o600))
	const failed, usage = report.ExitFailed, report.ExitUsage
	for name, test := range map[string]struct {
		state, addr, says, hint string
		code                    int
	}{
		"there is one already": {
			state, "127.0.0.1:0", "already being served, at " + server.URL, "setup --local --state " + state + " deploys", failed,
		},
		"the port is taken": {
			t.TempDir(), taken.Addr().String(), "another program listens on " + taken.Addr().String() + " already", "127.0.0.1:0", failed,
		},
		"no address of this machine": {t.TempDir(), "192.0.2.1:0", "cannot listen on 192.0.2.1:0: ", "--addr", usage},
		"a name of nobody":           {t.TempDir(), "nobody.invalid:0", "cannot listen on nobody.invalid:0: ", "--addr", usage},
		"the state is no folder":     {file, "127.0.0.1:0", file + " is not a folder", "--state", usage},
		"it lies in no folder":       {filepath.Join(file, "in", "it"), "127.0.0.1:0", file + " is not a folder", "--state", usage},
	} {
		t.Run(name, func(t *testing.T) {
			l := &targets.Local{
				State: test.state, Region: targets.LocalRegion, Sink: report.Discard{}, Serve: &targets.Served{Addr: test.addr},
			}
			_, err := l.Open(t.Context())
			p := report.AsProblem(err)
			if p.Code != test.code || !strings.Contains(p.Message, test.says) || !strings.Contains(p.Hint, test.hint) {
				t.Errorf("got %+v", p)
			}
			if strings.Contains(p.Message, "\n") || l.URL() != "" {
				t.Errorf("at %q: %q", l.URL(), p.Message)
			}
		})
	}
}

// That other machines can reach it is told once it listens, with where.
func TestWhoCanReachIt(t *testing.T) {
	for addr, want := range map[string]string{
		"127.0.0.1:0": "", "localhost:0": "", "[::1]:0": "", "127.0.0.2:0": "",
		":0": "can reach port %s of this machine: ", "0.0.0.0:0": "can reach port %s of this machine: ",
	} {
		t.Run(addr, func(t *testing.T) {
			sink := &notices{}
			l := &targets.Local{
				State: t.TempDir(), Region: targets.LocalRegion, Sink: sink, Serve: &targets.Served{Addr: addr},
			}
			if _, err := l.Open(t.Context()); err != nil {
				t.Skip(err) // this machine has no such address
			}
			_, port, err := net.SplitHostPort(strings.TrimPrefix(l.URL(), "http://"))
			mustDo(t, err)
			mustDo(t, l.Close())
			told := strings.Join(sink.told, "\n")
			if (want == "") != (told == "") || !strings.Contains(told, strings.ReplaceAll(want, "%s", port)) {
				t.Errorf("told is %q", told)
			}
		})
	}
}

// Whoever serves it hears that a stack is changed, and of nothing else.
func TestWhoServesItHearsOfChanges(t *testing.T) {
	var heard atomic.Int32
	l := &targets.Local{
		State: t.TempDir(), Region: targets.LocalRegion, Sink: report.Discard{},
		Serve: &targets.Served{Addr: "127.0.0.1:0", Changed: func() { heard.Add(1) }},
	}
	session, err := l.Open(t.Context())
	mustDo(t, err)
	defer l.Close()
	_, err = session.CloudFormation().ListStacks(t.Context(), nil)
	mustDo(t, err)
	_, err = session.CloudFormation().DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: new("none")})
	if err != nil || heard.Load() != 1 {
		t.Errorf("heard %d, %v", heard.Load(), err)
	}
}

// forgetting opens a cloud that forgets its state, and closes it.
func forgetting(t *testing.T, state string) error {
	t.Helper()
	l := &targets.Local{
		State: state, Region: targets.LocalRegion, Sink: report.Discard{},
		Serve: &targets.Served{Addr: "127.0.0.1:0", Reset: true},
	}
	if _, err := l.Open(t.Context()); err != nil {
		return err
	}
	return l.Close()
}

func TestWhatStandsAgainstForgettingAState(t *testing.T) {
	state := t.TempDir()
	server := serveState(t, state)
	p := report.AsProblem(forgetting(t, state))
	if !strings.Contains(p.Message, "is already being served, at "+server.URL) || p.Code != report.ExitFailed {
		t.Errorf("got %+v", p)
	}
	mustDo(t, server.Close())
	mustDo(t, forgetting(t, state))
	mine := filepath.Join(state, "mine")
	mustDo(t, os.WriteFile(mine, nil, 0o600))
	if p := report.AsProblem(forgetting(t, state)); !strings.Contains(p.Message, "mine") || p.Hint == "" {
		t.Errorf("got %+v", p)
	}
	mustDo(t, os.Remove(mine))
}

// The address of a stack's API is that of this machine, whatever AWS would call it.
func TestWebSocketAddress(t *testing.T) {
	l := &targets.Local{State: t.TempDir(), Region: targets.LocalRegion, Sink: report.Discard{}}
	outputs := map[string]string{"WebSocketUrl": "wss://a1b2c3.execute-api.us-east-1.amazonaws.com/plldb"}
	if got := l.WebSocket(outputs); got != "" {
		t.Errorf("before it is open, got %q", got)
	}
	_, err := l.Open(t.Context())
	mustDo(t, err)
	defer l.Close()
	want := "ws" + strings.TrimPrefix(l.URL(), "http") + "/_aws/execute-api/a1b2c3/plldb"
	if got := l.WebSocket(outputs); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, want := l.Connections(outputs), l.URL()+"/_aws/execute-api/a1b2c3/plldb/@connections"; got != want {
		t.Errorf("its connections are at %q, want %q", got, want)
	}
	for _, odd := range []string{"", "nothing", "wss://", "%zz"} {
		if got := l.WebSocket(map[string]string{"WebSocketUrl": odd}); got != "" {
			t.Errorf("%q: got %q", odd, got)
		}
		if got := l.Connections(map[string]string{"WebSocketUrl": odd}); got != "" {
			t.Errorf("%q: its connections are at %q", odd, got)
		}
	}
}

// What the cloud tells while it is served has the words of what the screen shows.
func TestKindsOfTraffic(t *testing.T) {
	for there, here := range map[traffic.Kind]report.Kind{
		traffic.Connected: report.KindConnected, traffic.Refused: report.KindRefused, traffic.Received: report.KindReceived,
		traffic.Sent: report.KindSent, traffic.Disconnected: report.KindDisconnected, traffic.Logged: report.KindLogged,
		traffic.Warned: report.KindWarned,
	} {
		if string(there) != string(here) {
			t.Errorf("%s is %s", there, here)
		}
	}
}

// A plldb without functions in it runs none of them itself.
func TestNothingIsLinkedFromSource(t *testing.T) {
	if platform, yes := targets.RunsLinked(); yes || platform != "linux/arm64" {
		t.Errorf("linked for %s: %t", platform, yes)
	}
}
