package apigateway_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/apigateway"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/servicetest"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// pauses is a clock that tells how long is waited, but not of waiting for integrations.
type pauses struct {
	*clock.Hand
	seen chan time.Duration
}

func (p pauses) Wait(ctx context.Context, until time.Time) error {
	if d := until.Sub(p.Now()); d < 29*time.Second {
		p.seen <- d
	}
	return p.Hand.Wait(ctx, until)
}

// pausing is a front whose pauses are seen.
func pausing(t *testing.T) (*front, pauses) {
	t.Helper()
	p := pauses{seen: make(chan time.Duration, 100)}
	return newFront(t).again(func(c *apigateway.Config) {
		p.Hand = c.Pace.(*clock.Hand)
		c.Pace = p
	}), p
}

// expect sees a pause begin.
func (p pauses) expect(t *testing.T, d time.Duration) {
	t.Helper()
	for got := range within(t, p.seen) {
		if got != d {
			t.Errorf("a pause of %v, not %v", got, d)
		}
		return
	}
}

// $disconnect is called again where its function could not be called for now, and that is all that anybody sees of it.
func TestDisconnectIsCalledAgain(t *testing.T) {
	f, p := pausing(t)
	a := f.make("$request.body.action", "$disconnect")
	f.functions.set("disconnect", uncalled)
	c := f.connect(a)
	c.leave(1000, "bye")
	p.expect(t, time.Second)
	p.Turn(time.Second)
	p.expect(t, 2*time.Second)
	for range 2 {
		f.call("disconnect")
	}
	f.functions.set("disconnect", answering(`{"statusCode":200}`))
	p.Turn(2 * time.Second)
	got := f.call("disconnect").context()
	if got["connectionId"] != c.id || got["disconnectStatusCode"] != 1000.0 || got["disconnectReason"] != "bye" {
		t.Errorf("got %v", got)
	}
	for e := range within(t, f.events) {
		if e.Kind != traffic.Disconnected || e.Took != 3*time.Second || f.kept() != 0 {
			t.Errorf("who watches is told %v; %d are kept", e, f.kept())
		}
		break
	}
	f.quiet()
}

// Where it cannot be called for long, the next process does.
func TestDisconnectStaysDue(t *testing.T) {
	f, p := pausing(t)
	a := f.make("$request.body.action", "$disconnect")
	f.functions.set("disconnect", uncalled)
	c := f.connect(a)
	c.leave(1000, "")
	for _, d := range []time.Duration{1, 2, 4} {
		p.expect(t, d*time.Second)
		p.Turn(d * time.Second)
	}
	if e := f.watched(traffic.Warned); e.Text != "disconnect cannot be called: TooManyRequestsException: Rate Exceeded." {
		t.Errorf("who watches is told %v", e)
	}
	f.watched(traffic.Disconnected)
	for range 4 {
		f.call("disconnect")
	}
	f.quiet()
	n := f.again()
	if err := n.recovered()(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := n.call("disconnect").context(); got["connectionId"] != c.id || n.kept() != 0 {
		t.Errorf("got %v", got)
	}
}

// Close does not wait for pauses.
func TestCloseEndsPauses(t *testing.T) {
	f, p := pausing(t)
	a := f.make("$request.body.action", "$disconnect")
	f.functions.set("disconnect", uncalled)
	f.connect(a).leave(1000, "")
	f.call("disconnect")
	p.expect(t, time.Second)
	if err := f.service.Close(t.Context()); err != nil {
		t.Error(err)
	}
	f.quiet()
	if n := f.kept(); n != 1 {
		t.Errorf("%d are kept", n)
	}
}

// What is due for connections that were left over ends soon, whatever functions do, and then stays due.
func TestRecoverHearsItsEnd(t *testing.T) {
	const atOnce, left = 16, 20
	f := newFront(t)
	a := f.make("$request.body.action", "$disconnect")
	stuck := make(chan struct{})
	f.functions.set("disconnect", func(context.Context, []byte) (traffic.Answer, error) {
		<-stuck // as in a process that was killed
		return traffic.Answer{}, traffic.ErrUncalled
	})
	for range left {
		_ = f.connect(a).CloseNow()
	}
	n := f.again()
	n.functions.set("disconnect", waiting)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	run := n.recovered()
	go func() { done <- run(ctx) }()
	for range atOnce {
		n.call("disconnect")
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	n.quiet()
	if kept := n.kept(); kept != left {
		t.Errorf("%d are kept", kept)
	}
	close(stuck)
}

// A client that $connect let in has its $disconnect, too, if its connection cannot be written down.
func TestConnectionCannotBeWrittenDown(t *testing.T) {
	dir := t.TempDir()
	c := servicetest.New(t)
	var err error
	if c.Store, err = store.Open(dir); err != nil {
		t.Fatal(err)
	}
	f := (&front{cloud: &cloud{servicetest.REST{Cloud: c, Root: "/v2/apis"}}}).again()
	a := f.make("$request.body.action", "$connect", "$disconnect")
	state := filepath.Join(dir, "state.db")
	f.functions.set("connect", func(context.Context, []byte) (traffic.Answer, error) {
		return traffic.Answer{Payload: []byte(`{"statusCode":200}`)},
			errors.Join(os.Rename(state, state+".away"), os.Mkdir(state, 0o700))
	})
	_, response, body := f.dial(f.url(a), nil)
	if response.StatusCode != http.StatusInternalServerError || !strings.HasPrefix(body, `{"message": "Internal server error", `) {
		t.Errorf("%s %s", response.Status, body)
	}
	if err := errors.Join(os.Remove(state), os.Rename(state+".away", state)); err != nil {
		t.Fatal(err)
	}
	id := f.call("connect").context()["connectionId"]
	if got := f.call("disconnect").context(); got["connectionId"] != id || got["disconnectStatusCode"] != 1006.0 {
		t.Errorf("got %v", got)
	}
	if e := f.watched(traffic.Refused); !strings.HasPrefix(e.Text, "writing the connection down: ") || e.Status != 500 {
		t.Errorf("who watches is told %v", e)
	}
}

// punctual is a clock on which an answer comes at the very moment at which it is due.
type punctual struct{ *clock.Hand }

func (punctual) Wait(ctx context.Context, _ time.Time) error {
	<-ctx.Done()
	return nil
}

// An answer that is there is not late.
func TestAnswerAtTheLastMoment(t *testing.T) {
	f := newFront(t).again(func(c *apigateway.Config) { c.Pace = punctual{c.Pace.(*clock.Hand)} })
	f.connect(f.make("$request.body.action", "$connect")).leave(1000, "")
	f.call("connect")
}
