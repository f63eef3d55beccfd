package localcloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/coder/websocket"

	template "github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
)

// TestMain runs the tests, or is what they start: a function, or a server that will be killed.
func TestMain(m *testing.M) {
	switch {
	case len(os.Args) > 2 && os.Args[1] == "function":
		runnable()[os.Args[2]]()
	case len(os.Args) > 3 && os.Args[1] == "serve":
		serveUntilKilled(os.Args[2], os.Args[3])
	default:
		os.Exit(m.Run())
	}
}

// site is plldb's stack in a cloud whose functions are processes of the test's program.
type site struct {
	*account
	mark    string // in the arguments of each process
	watched *watched
	dialer  *http.Client
	edits   []edit
	cutOff  bool // its functions do not come to an end in time, and Close may say so
}

// edit changes a template.
type edit func(text string) string

// stackName is the stack's.
const stackName = "plldb"

// newSite serves a cloud and deploys the template, edited, in which functions run the programs that are given, and
// their own where none is.
func newSite(t testing.TB, o localcloud.Options, runs map[string]string, edits ...edit) *site {
	t.Helper()
	s := openSite(t, o)
	s.prepare()
	s.runs, s.edits = runs, edits
	s.deploy(stackName, s.template())
	return s
}

// openSite serves a cloud. In the end no process of it is left.
func openSite(t testing.TB, o localcloud.Options) *site {
	t.Helper()
	s := &site{mark: markOf(t), watched: &watched{}, dialer: dialer(t)}
	t.Cleanup(func() { noneLeft(t, s.mark) })
	o.Watch, o.Linked = s.watched.tell, linkedHere(s.mark)
	if o.Clock == nil {
		o.Clock = clock.Real(clock.Top)
	}
	server, err := localcloud.Serve(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil && !s.cutOff {
			t.Error(err)
		}
	})
	s.account = accountAt(t, server, client(t, server))
	return s
}

// markOf is in the arguments of no process that another server started, also of other tests that run at the same time.
func markOf(t testing.TB) string {
	return fmt.Sprintf("mark=%d-%s-%s=", os.Getpid(), filepath.Base(t.TempDir()), t.Name())
}

func dialer(t testing.TB) *http.Client {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

func (s *site) template() []byte {
	s.Helper()
	text := string(template.Template())
	for _, e := range s.edits {
		text = e(text)
	}
	return s.render([]byte(text))
}

// become updates the stack: some functions run other programs, and the template is edited otherwise.
func (s *site) become(runs map[string]string, edits ...edit) {
	s.Helper()
	s.runs, s.edits = runs, edits
	s.redeploy(stackName, s.template())
}

// lasting sets the timeout of a function, in seconds.
func lasting(function string, seconds int) edit {
	return swapped(function, "Timeout: 10\n", "Timeout: "+strconv.Itoa(seconds)+"\n")
}

// throttled sets the stage's limits.
func throttled(rate, burst int) edit {
	return strings.NewReplacer("ThrottlingRateLimit: 50\n", "ThrottlingRateLimit: "+strconv.Itoa(rate)+"\n",
		"ThrottlingBurstLimit: 100\n", "ThrottlingBurstLimit: "+strconv.Itoa(burst)+"\n").Replace
}

// wide is a stage that throttles nobody.
func wide() edit { return throttled(10000, 5000) }

// without leaves a resource out.
func without(name string) edit {
	return func(text string) string {
		before, own, ok := strings.Cut(text, "\n  "+name+":\n")
		_, after, ended := strings.Cut(own, "\n\n")
		if !ok || !ended {
			panic(name)
		}
		return before + "\n" + after
	}
}

// url is where clients connect.
func (s *site) url() string {
	s.Helper()
	return localcloud.WebSocketURL(s.server.URL, s.resources(stackName)["PLLDBAPI"], "plldb")
}

// connect opens a connection that ends with the test, if not before.
func (s *site) connect(url string) *websocket.Conn {
	s.Helper()
	conn, status, err := s.dial(s.Context(), url)
	if err != nil {
		s.Fatalf("connecting: %d, %v", status, err)
	}
	s.Cleanup(func() { _ = conn.CloseNow() })
	return conn
}

// dial opens a connection, or gives the status that it was refused with: 0 if there was no answer.
func (s *site) dial(ctx context.Context, url string) (*websocket.Conn, int, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	conn, answer, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: s.dialer})
	if err == nil {
		conn.SetReadLimit(1 << 20)
	}
	if answer == nil {
		return conn, 0, err
	}
	return conn, answer.StatusCode, err
}

// ask sends a text, and gives what comes next.
func ask(ctx context.Context, conn *websocket.Conn, text string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if err := conn.Write(ctx, websocket.MessageText, []byte(text)); err != nil {
		return "", err
	}
	kind, data, err := conn.Read(ctx)
	if err == nil && kind != websocket.MessageText {
		err = errors.New("a binary answer")
	}
	return string(data), err
}

func (s *site) answers(conn *websocket.Conn, text, want string) {
	s.Helper()
	if got, err := ask(s.Context(), conn, text); err != nil || got != want {
		s.Fatalf("%q was answered %q, %v, not %q", text, got, err, want)
	}
}

// ending is the code with which a connection ends on which nothing more comes; -1 where it ends without.
func ending(ctx context.Context, conn *websocket.Conn) websocket.StatusCode {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, _, err := conn.Read(ctx)
	if err == nil {
		return -2 // none: there was more
	}
	return websocket.CloseStatus(err)
}

// send is a request to a service, as a client of AWS signs it.
func (s *site) send(service, path string, header http.Header, body string) (*http.Response, []byte) {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), http.MethodPost, s.server.URL+path, strings.NewReader(body))
	s.must(err)
	for name, values := range header {
		r.Header[name] = values
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260102/us-east-1/"+service+"/aws4_request")
	answer, err := s.dialer.Do(r)
	s.must(err)
	data, err := io.ReadAll(answer.Body)
	s.must(errors.Join(err, answer.Body.Close()))
	return answer, data
}

// logged is what the log group of a function holds, line by line.
func (s *site) logged(group string) (lines []string) {
	s.Helper()
	name := s.resources(stackName)[group]
	header := http.Header{
		"X-Amz-Target": {"Logs_20140328.FilterLogEvents"}, "Content-Type": {"application/x-amz-json-1.1"},
	}
	for in, more := map[string]string{"logGroupName": name}, true; more; more = in["nextToken"] != "" {
		body, err := json.Marshal(in)
		s.must(err)
		answer, data := s.send("logs", "/", header, string(body))
		var out struct {
			Events    []struct{ Message string }
			NextToken string
		}
		if err := json.Unmarshal(data, &out); err != nil || answer.StatusCode != http.StatusOK {
			s.Fatalf("FilterLogEvents: %d %s, %v", answer.StatusCode, data, err)
		}
		for _, e := range out.Events {
			lines = append(lines, e.Message)
		}
		in["nextToken"] = out.NextToken
	}
	return lines
}

// noted is how often the program "notes" noted an event in a log group, by the connections' ids, and with which codes.
func (s *site) noted(group, event string) (times map[string]int, codes map[string]string) {
	s.Helper()
	times, codes = map[string]int{}, map[string]string{}
	for _, line := range s.logged(group) {
		if f := strings.Fields(line); len(f) == 4 && f[0] == "noted" && f[1] == event {
			times[f[2]]++
			codes[f[2]] = f[3]
		}
	}
	return times, codes
}
