package localcloud_test

import (
	"encoding/json"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// Whatever functions do, clients see what API Gateway makes of it. Some of it takes its time, and the rest goes on
// beside it.
func TestHostileFunctions(t *testing.T) {
	leavesNothing(t)
	for name, test := range map[string]func(*testing.T){
		"$default": hostileDefault, "the authorizer": hostileAuthorizer, "$connect": hostileConnect,
		"permissions": permissions,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// Whatever the function of $default does: the client is told of an error, and the connection stays and is answered once
// there is a better function.
func hostileDefault(t *testing.T) {
	for _, c := range []struct {
		program string
		edits   []edit
	}{
		{program: "fails"},
		{program: "panics"},
		{program: "exits-0"},
		{program: "exits-3"},
		{program: "kills-itself"},
		{program: "garbage"},
		{program: "a-list"},
		{program: "a-text"},
		{program: "huge"},
		{program: "never-begins"},
		{program: "leaves-child"},
		{program: "hangs", edits: []edit{lasting("DefaultFunction", 1)}},
		{program: "never-asks", edits: []edit{lasting("DefaultFunction", 1)}},
	} {
		t.Run(c.program, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": c.program}, c.edits...)
			conn := s.connect(s.url())
			s.fails(conn)
			s.become(map[string]string{"ws_api_default_handler": "good-1"})
			s.answers(conn, "again", "1")
		})
	}
}

// fails sends a message, which is answered with API Gateway's words for what went wrong behind it.
func (s *site) fails(conn *websocket.Conn) {
	s.Helper()
	got, err := ask(s.Context(), conn, "a message")
	s.must(err)
	frame := map[string]string{}
	if err := json.Unmarshal([]byte(got), &frame); err != nil {
		s.Fatalf("the answer is %q, %v", got, err)
	}
	connected := s.watched.of(traffic.Connected)
	if len(frame) != 3 || frame["message"] != "Internal server error" || frame["requestId"] == "" ||
		frame["connectionId"] != connected[len(connected)-1].Connection {
		s.Errorf("the answer is %s", got)
	}
}

// A function that prints without end takes no more memory than it needs until it is timed out.
func TestAFunctionThatPrintsWithoutEnd(t *testing.T) {
	for _, program := range []string{"shouts", "shouts-on"} {
		t.Run(program, func(t *testing.T) {
			leavesNothing(t)
			s := newSite(t, localcloud.Options{State: t.TempDir()}, map[string]string{"ws_api_default_handler": program},
				lasting("DefaultFunction", 1))
			conn := s.connect(s.url())
			stop := climb()
			s.fails(conn)
			if more := stop(); more > 256<<20 {
				t.Errorf("%d MB more memory", more>>20)
			}
			s.become(map[string]string{"ws_api_default_handler": "good-1"})
			s.answers(conn, "again", "1")
		})
	}
}

// climb begins to look at how much memory is in use. What it returns ends that, and says how much more it was at most.
func climb() (stop func() int64) {
	inUse := func() int64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return int64(m.HeapInuse)
	}
	var most atomic.Int64
	before, ended, over := inUse(), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for tick := time.Tick(10 * time.Millisecond); ; {
			most.Store(max(most.Load(), inUse()))
			select {
			case <-tick:
			case <-ended:
				return
			}
		}
	}()
	return func() int64 {
		close(ended)
		<-over
		return most.Load() - before
	}
}

// An authorizer's word, and what stands for it where it gives none.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
func hostileAuthorizer(t *testing.T) {
	for program, want := range map[string]int{
		"unauthorized": 401, "denies": 403, "fails": 500, "panics": 500, "exits-0": 500, "kills-itself": 500, "garbage": 500,
		"a-list": 500, "a-text": 500, "huge": 500, "hangs": 500, "never-begins": 500,
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_authorize_handler": program},
				lasting("AuthorizeFunction", 1))
			s.refused(want)
			if lines := s.logged("ConnectLogGroup"); len(lines) > 0 {
				t.Errorf("$connect was asked all the same: %q", lines)
			}
		})
	}
}

// refused sees that no connection comes to be, with a status, and that there is nothing to disconnect.
func (s *site) refused(want int) {
	s.Helper()
	conn, status, err := s.dial(s.Context(), s.url())
	if err == nil {
		_ = conn.CloseNow()
		s.Fatal("it was let in")
	}
	if status != want {
		s.Errorf("refused with %d, %v", status, err)
	}
	told := s.watched.of(traffic.Refused, traffic.Connected, traffic.Disconnected)
	if len(told) != 1 || told[0].Kind != traffic.Refused || told[0].Status != want {
		s.Errorf("told was %+v", told)
	}
	if lines := s.logged("DisconnectLogGroup"); len(lines) > 0 {
		s.Errorf("$disconnect was asked: %q", lines)
	}
}

// A connection that $connect does not want does not come to be.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
func hostileConnect(t *testing.T) {
	for program, want := range map[string]int{
		"refuses-403": 403, "refuses-418": 418, "refuses-500": 500, "fails": 502, "panics": 502, "exits-3": 502,
		"garbage": 502, "a-list": 502, "huge": 502, "hangs": 502,
	} {
		t.Run(program, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_connect_handler": program},
				lasting("ConnectFunction", 1))
			s.refused(want)
		})
	}
}

// A function that does not let the API call it is not called.
func permissions(t *testing.T) {
	for name, c := range map[string]struct {
		edit  edit
		group string // of the function that must not run
		want  int    // 0: the client is let in, and its message fails
	}{
		"no authorizer":         {without("AuthorizePermission"), "AuthorizeLogGroup", 500},
		"no $connect":           {without("ConnectPermission"), "ConnectLogGroup", 500},
		"no $default":           {without("DefaultPermission"), "DefaultLogGroup", 0},
		"another's authorizer":  {another("AuthorizePermission"), "AuthorizeLogGroup", 500},
		"another's $connect":    {another("ConnectPermission"), "ConnectLogGroup", 500},
		"another's $default":    {another("DefaultPermission"), "DefaultLogGroup", 0},
		"another route's":       {swapped("DefaultPermission", "/plldb/$default", "/plldb/$connect"), "DefaultLogGroup", 0},
		"another stage's":       {swapped("DefaultPermission", "/plldb/$default", "/stage/$default"), "DefaultLogGroup", 0},
		"another service's":     {swapped("DefaultPermission", "apigateway.amazonaws", "s3.amazonaws"), "DefaultLogGroup", 0},
		"no $disconnect at all": {without("DisconnectPermission"), "DisconnectLogGroup", -1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, localcloud.Options{}, nil, c.edit)
			switch c.want {
			case 0:
				s.fails(s.connect(s.url()))
			case -1:
				conn := s.connect(s.url())
				s.answers(conn, "anything", "OK")
				mustDo(t, conn.Close(websocket.StatusNormalClosure, ""))
				eventually(t, "the end", func() bool { return len(s.watched.of(traffic.Disconnected)) == 1 })
			default:
				s.refused(c.want)
			}
			if lines := s.logged(c.group); len(lines) > 0 {
				t.Errorf("it ran all the same: %q", lines)
			}
		})
	}
}

// A permission that is taken away counts from the next message on.
func TestAPermissionIsTakenAway(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, nil)
	conn := s.connect(s.url())
	s.answers(conn, "anything", "OK")
	s.become(nil, without("DefaultPermission"))
	s.fails(conn)
	s.become(nil, another("DefaultPermission"))
	s.fails(conn)
	s.become(nil)
	s.answers(conn, "anything", "OK")
}

// another lets another API call a function instead.
func another(permission string) edit { return swapped(permission, "${PLLDBAPI}/", "abcdefghij/") }

// swapped replaces a text once in a resource.
func swapped(resource, old, text string) edit {
	return func(whole string) string {
		before, own, ok := strings.Cut(whole, "\n  "+resource+":\n")
		if !ok || !strings.Contains(own, old) {
			panic(resource)
		}
		return before + "\n  " + resource + ":\n" + strings.Replace(own, old, text, 1)
	}
}
