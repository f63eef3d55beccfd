package localcloud_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// serveUntilKilled serves a state until the process is killed, or who started it is.
func serveUntilKilled(state, mark string) {
	_, err := localcloud.Serve(context.Background(), localcloud.Options{
		State: state, Announce: true, Clock: clock.Real(clock.Top), Linked: linkedHere(mark),
	})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	_, _ = io.Copy(io.Discard, os.Stdin) // until it is closed
	os.Exit(2)
}

// doomed is the stack in a cloud that another process serves. What is returned kills that.
func doomed(t *testing.T, state string) (s *site, kill func()) {
	t.Helper()
	s = &site{mark: markOf(t), watched: &watched{}, dialer: dialer(t)}
	t.Cleanup(func() { noneLeft(t, s.mark) })
	command := exec.CommandContext(t.Context(), self(), "serve", state, s.mark)
	command.Stdout, command.Stderr = os.Stdout, os.Stderr
	stdin, err := command.StdinPipe()
	mustDo(t, err)
	mustDo(t, command.Start())
	kill = func() {
		_ = command.Process.Kill() // it may be dead
		_ = command.Wait()
		_ = stdin.Close()
	}
	t.Cleanup(kill)
	server := &localcloud.Server{}
	eventually(t, "it serves", func() (ok bool) {
		server.URL, _, ok = localcloud.Serving(t.Context(), state)
		return ok
	})
	s.account = accountAt(t, server, client(t, server))
	return s, kill
}

// A server that is killed leaves no process. The one after it lets $disconnect know of each connection that was open,
// once.
func TestKilledAndStartedAgain(t *testing.T) {
	leavesNothing(t)
	const clients = 20
	state := filepath.Join(t.TempDir(), "state")
	s, kill := doomed(t, state)
	s.prepare()
	s.edits = []edit{wide()}
	s.runs = map[string]string{
		"ws_api_connect_handler": "notes", "ws_api_disconnect_handler": "notes", "ws_api_default_handler": "good-1",
	}
	s.deploy(stackName, s.template())
	conns := s.connectMany(clients)
	s.each(conns, s.says("1"))
	kill()
	s.each(conns, s.ends(-1)) // no word of goodbye
	noneLeft(t, s.mark)

	again := openSite(t, localcloud.Options{State: state, Announce: true})
	eventually(t, "all ends are noted", func() bool {
		times, _ := again.noted("DisconnectLogGroup", "DISCONNECT")
		return len(times) == clients
	})
	conn := again.connect(again.url())
	again.answers(conn, "anything", "1")
	mustDo(t, conn.Close(websocket.StatusNormalClosure, ""))
	mustDo(t, again.server.Close())

	third := openSite(t, localcloud.Options{State: state, Announce: true})
	lost := 0
	for _, code := range third.notedOnce("DisconnectLogGroup", "DISCONNECT", clients+1) {
		if code == "1006" {
			lost++
		}
	}
	if lost != clients {
		t.Errorf("%d connections count as lost", lost)
	}
}

// Two servers on one folder run functions both, and each one's connections are its own.
func TestTwoServersRunFunctions(t *testing.T) {
	leavesNothing(t)
	o := localcloud.Options{State: t.TempDir(), Announce: true}
	runs := map[string]string{"ws_api_default_handler": "echo", "ws_api_disconnect_handler": "notes"}
	one := newSite(t, o, runs)
	o.Announce = false
	two := openSite(t, o)
	first, second := one.connect(one.url()), two.connect(two.url())
	name := one.resources(stackName)["DefaultFunction"]
	for _, s := range []*site{one, two} {
		if a, data := s.send("lambda", "/2015-03-31/functions/"+name+"/invocations", nil, `{}`); a.StatusCode != 200 {
			t.Errorf("Invoke: %d %s", a.StatusCode, data)
		}
	}
	two.answers(second, "", ids(two)[0]+" ")
	one.become(map[string]string{"ws_api_default_handler": "good-2", "ws_api_disconnect_handler": "notes"})
	one.answers(first, "anything", "2")
	two.answers(second, "anything", "2")
	var closing errgroup.Group
	closing.Go(two.server.Close)
	if code := ending(t.Context(), second); code != websocket.StatusGoingAway {
		t.Errorf("its own connection was closed with %d", code)
	}
	mustDo(t, closing.Wait())
	if n := len(pids(two.mark)); n > 0 {
		t.Errorf("%d processes are left", n)
	}
	one.notedOnce("DisconnectLogGroup", "DISCONNECT", 1)
	if _, err := ask(t.Context(), first, "still there"); err != nil {
		t.Errorf("the other's connection: %v", err)
	}
	mustDo(t, first.Close(websocket.StatusNormalClosure, ""))
}

// ids are the connections that came to be.
func ids(s *site) (all []string) {
	for _, e := range s.watched.of(traffic.Connected) {
		all = append(all, e.Connection)
	}
	return all
}

// A server that takes up what a killed one left behind lets those alone who are connected to another that still serves.
func TestTheLivingAreNotTakenUp(t *testing.T) {
	leavesNothing(t)
	o := localcloud.Options{State: t.TempDir()}
	one := newSite(t, o, map[string]string{"ws_api_disconnect_handler": "notes"})
	conn := one.connect(one.url())
	o.Announce = true
	two := openSite(t, o)
	one.answers(conn, "still there", "OK")
	two.notedOnce("DisconnectLogGroup", "DISCONNECT", 0)
	mustDo(t, conn.Close(websocket.StatusNormalClosure, ""))
	eventually(t, "the end is noted", func() bool {
		times, _ := two.noted("DisconnectLogGroup", "DISCONNECT")
		return len(times) == 1
	})
}
