package localcloud_test

import (
	"net/http"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/coder/websocket"
	"golang.org/x/sync/errgroup"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// began waits until a function has begun with an event.
func (s *site) began(group string) {
	s.Helper()
	eventually(s, group+" has a START", func() bool {
		return strings.Contains(strings.Join(s.logged(group), "\n"), "START ")
	})
}

// A server can be closed whatever its functions do just then, and a connection that came to be has its $disconnect.
func TestCloseWhileAFunctionHangs(t *testing.T) {
	leavesNothing(t)
	for name, c := range map[string]struct {
		function, group string
		connections     int // that came to be
	}{
		"the authorizer": {"ws_api_authorize_handler", "AuthorizeLogGroup", 0},
		"$connect":       {"ws_api_connect_handler", "ConnectLogGroup", 0},
		"$default":       {"ws_api_default_handler", "DefaultLogGroup", 1},
		"$disconnect":    {"ws_api_disconnect_handler", "DisconnectLogGroup", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := localcloud.Options{State: t.TempDir()}
			runs := map[string]string{"ws_api_disconnect_handler": "notes"}
			runs[c.function] = "hangs"
			s := newSite(t, o, runs)
			s.cutOff = name == "$disconnect"
			var client errgroup.Group
			url := s.url()
			client.Go(func() error {
				conn, _, err := s.dial(t.Context(), url)
				if err != nil {
					return nil //nolint:nilerr // refused, as the server ends
				}
				defer func() { _ = conn.CloseNow() }()
				if name == "$disconnect" {
					return conn.Close(websocket.StatusNormalClosure, "")
				}
				_, _ = ask(t.Context(), conn, "a message")
				return nil
			})
			s.began(c.group)
			if err := s.server.Close(); err != nil && !s.cutOff {
				t.Error(err)
			}
			mustDo(t, client.Wait())
			if left := pids(s.mark); len(left) > 0 {
				t.Errorf("left are the processes %v", left)
			}
			openSite(t, o).notedOnce("DisconnectLogGroup", "DISCONNECT", c.connections)
		})
	}
}

// An Invoke that waits for a function ends with the server.
func TestCloseWhileInvokeWaits(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{State: t.TempDir()}, map[string]string{"ws_api_default_handler": "hangs"})
	path := "/2015-03-31/functions/" + s.resources(stackName)["DefaultFunction"] + "/invocations"
	var client errgroup.Group
	client.Go(func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.server.URL+path, strings.NewReader("{}"))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/lambda/aws4_request")
		answer, err := s.dialer.Do(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return nil
	})
	s.began("DefaultLogGroup")
	mustDo(t, s.server.Close())
	mustDo(t, client.Wait())
}

// API Gateway waits 29 seconds for a function, however long that may take.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
func TestIntegrationsTimeOut(t *testing.T) {
	leavesNothing(t)
	hand := clock.NewHand(time.Now())
	s := newSite(t, localcloud.Options{Functions: hand}, map[string]string{"ws_api_default_handler": "hangs"},
		lasting("DefaultFunction", 60))
	conn := s.connect(s.url())
	var client errgroup.Group
	var got string
	client.Go(func() (err error) {
		got, err = ask(t.Context(), conn, "a message")
		return err
	})
	s.began("DefaultLogGroup")
	hand.Turn(29 * time.Second)
	mustDo(t, client.Wait())
	if !strings.Contains(got, `"message": "Endpoint request timed out"`) &&
		!strings.Contains(got, `"message":"Endpoint request timed out"`) {
		t.Errorf("the answer is %s", got)
	}
	s.become(map[string]string{"ws_api_default_handler": "good-1"})
	s.answers(conn, "again", "1")
}

// When the stack is deleted its connections end, with the next message at the latest, and so do its processes.
func TestDeleteUnderConnections(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, nil)
	conn := s.connect(s.url())
	s.answers(conn, "anything", "OK")
	_, err := s.DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String(stackName)})
	s.must(err)
	if got, err := ask(t.Context(), conn, "anything"); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("the answer is %q, %v", got, err)
	}
}

// A process that somebody ends between two events is made good for.
func TestAnIdleProcessIsKilled(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells which processes there are")
	}
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, nil)
	conn := s.connect(s.url())
	for range 3 {
		s.answers(conn, "anything", "OK")
		for _, pid := range pids("ws_api_default_handler\x00" + s.mark) {
			process, err := os.FindProcess(pid)
			s.must(err)
			s.must(process.Kill())
		}
		eventually(t, "it is gone", func() bool { return len(pids("ws_api_default_handler\x00"+s.mark)) == 0 })
	}
	s.answers(conn, "anything", "OK")
}

// A process that a function starts and forgets does not outlive the server, nor the function's next version.
func TestChildrenOfFunctions(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "keeps-child"})
	conn := s.connect(s.url())
	s.answers(conn, "anything", "1")
	s.answers(conn, "anything", "1")
	s.become(map[string]string{"ws_api_default_handler": "good-2"})
	s.answers(conn, "anything", "2")
	eventually(t, "the children are gone", func() bool { return len(pids("never-asks\x00"+s.mark)) == 0 })
	s.become(map[string]string{"ws_api_default_handler": "keeps-child"})
	s.answers(conn, "anything", "1")
}

// A function reaches its connection at the local cloud, with the credentials it is given.
func TestAFunctionWritesToItsConnection(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "posts"})
	conn := s.connect(s.url())
	s.answers(conn, "a word", "posted: a word")
	kind, data, err := conn.Read(t.Context())
	if err != nil || kind != websocket.MessageText || string(data) != "200" {
		t.Errorf("the answer is %q, %v", data, err)
	}
}
