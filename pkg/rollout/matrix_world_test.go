package rollout_test

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// The world of the fault matrix: the local cloud, and runs with the real SDK, the real HTTP client and its real bounds,
// all in one bubble of testing/synctest. Connections are pipes within it, so a minute's silence takes no time, and a
// goroutine that outlives its case is a panic.

// world is an empty account in the local cloud.
type world struct {
	*cloud
	pace  *pace
	conns pipes
}

// newWorld opens a world in the bubble, and returns what ends all that goes on in it.
func newWorld(t *testing.T) (w *world, end func()) {
	t.Helper()
	p := &pace{}
	local, err := localcloud.Open(t.Context(), localcloud.Options{
		Clock: p, Accounts: map[string]string{runsKey: accountID, testsKey: accountID},
	})
	mustDo(t, err)
	w = &world{pace: p, conns: pipes{make(chan net.Conn), make(chan struct{})}, cloud: &cloud{
		Cloud: local, clock: rollout.RealClock{}, url: "http://localhost", client: &http.Client{Transport: direct{local}},
	}}
	local.Faults().Call(localcloud.Fault{Match: w.note})
	server, ended := &http.Server{Handler: local, ErrorLog: log.New(io.Discard, "", 0)}, make(chan error)
	go func() { ended <- server.Serve(w.conns) }()
	return w, func() {
		mustDo(t, local.Close()) // what stalls ends now
		mustDo(t, server.Close())
		<-ended
	}
}

// pace is the cloud's clock: the bubble's own. Work is done at once while a case is prepared, and then takes its time,
// though less than on AWS: there are as much fewer polls.
type pace struct{ begun atomic.Bool }

func (p *pace) Now() time.Time { return time.Now().UTC() }

func (p *pace) Due(start time.Time, d time.Duration) time.Time {
	if p.begun.Load() {
		return clock.Real(20).Due(start, d)
	}
	return clock.Real(clock.Top).Due(start, d)
}

// pipes is a network of one address.
type pipes struct {
	dialled chan net.Conn
	closed  chan struct{}
}

func (p pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.dialled:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p pipes) Close() error {
	close(p.closed)
	return nil
}

func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	here, there := net.Pipe()
	select {
	case p.dialled <- distant{there}:
		return here, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// distant is the cloud's end of a pipe. An answer takes a moment, in which whoever asked has come to rest: over a bare
// pipe it may overtake the end of the question.
type distant struct{ net.Conn }

func (d distant) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	return d.Conn.Write(p)
}

// direct brings the test's own questions to the cloud, without a connection.
type direct struct{ http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context())
	served.Host = r.URL.Host
	if r.Body == nil {
		served.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	d.ServeHTTP(answer, served)
	return answer.Result(), nil
}

// session is a run's, as plldb itself loads it, but for the network.
func (w *world) session(ctx context.Context) (*account.Session, error) {
	return account.Load(ctx, account.Options{Region: region, EndpointURL: w.url, Sink: &w.story, Dial: w.conns.dial})
}

// runs carries a command out, as the doors do.
func (w *world) runs(ctx context.Context, command rollout.Command, s rollout.Settings) report.Outcome {
	s.Watch, s.Clear, s.Yes = "plldb bootstrap watch", "plldb bootstrap destroy --purge", s.Ask == nil
	r := rollout.New(s, w.session, &w.story, rollout.RealClock{})
	steps := map[rollout.Command]func(context.Context) error{
		rollout.Setup:   func(ctx context.Context) error { _, err := r.Deploy(ctx); return err },
		rollout.Destroy: func(ctx context.Context) error { _, err := r.Destroy(ctx); return err },
		rollout.Watch:   func(ctx context.Context) error { _, err := r.Watch(ctx); return err },
	}
	return r.Outcome(ctx, command, steps[command](ctx))
}

// signedIn gives the process credentials of the account, and none of whoever runs the tests.
func signedIn(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			mustDo(t, os.Unsetenv(name))
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_ACCESS_KEY_ID", runsKey)
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}
