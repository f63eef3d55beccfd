package localcloud_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// logGroups are those of plldb's four functions.
func logGroups() []string {
	return []string{"AuthorizeLogGroup", "ConnectLogGroup", "DefaultLogGroup", "DisconnectLogGroup"}
}

// What bootstrap deploys answers: the authorizer and the four functions run as they are.
func TestPlldbsOwnStackAnswers(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, nil)
	conn := s.connect(s.url())
	s.answers(conn, "anything", "OK")
	s.answers(conn, `{"action": "anything"}`, "OK")
	mustDo(t, conn.Close(websocket.StatusNormalClosure, "done"))

	eventually(t, "the end is told", func() bool { return len(s.watched.of(traffic.Disconnected)) == 1 })
	for _, group := range logGroups() {
		eventually(t, "all is logged in "+group, func() bool { return complete(s.logged(group)) })
	}
	checkStory(t, s.watched.of(traffic.Connected, traffic.Received, traffic.Sent, traffic.Disconnected, traffic.Refused,
		traffic.Warned))
	if len(s.watched.of(traffic.Logged)) < 3*4 {
		t.Errorf("logged lines that were told: %v", s.watched.of(traffic.Logged))
	}
}

// complete tells whether each call that began has ended, with its report, and there was one.
func complete(lines []string) bool {
	count := map[string]int{}
	for _, line := range lines {
		first, _, _ := strings.Cut(line, " ")
		count[first]++
	}
	return count["START"] > 0 && count["START"] == count["END"] && count["END"] == count["REPORT"]
}

// checkStory sees that a watcher is told of a connection with two messages in an order that makes sense.
func checkStory(t *testing.T, told []traffic.Event) {
	t.Helper()
	var kinds []string
	for i, e := range told {
		kinds = append(kinds, string(e.Kind))
		if e.Connection == "" || e.Connection != told[0].Connection || e.Time.IsZero() {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	story := strings.Join(kinds, " ")
	answered := map[string]bool{"received sent": true, "sent received": true}
	if len(kinds) != 6 || kinds[0] != "connected" || !answered[kinds[1]+" "+kinds[2]] ||
		!answered[kinds[3]+" "+kinds[4]] || kinds[5] != "disconnected" {
		t.Fatalf("the story is %s", story)
	}
	if told[5].Status != int(websocket.StatusNormalClosure) {
		t.Errorf("the end is %+v", told[5])
	}
	for _, e := range told[1:5] {
		if e.Kind == traffic.Received && (e.Route != "$default" || e.Bytes == 0) || e.Kind == traffic.Sent && e.Bytes != 2 {
			t.Errorf("told %+v", e)
		}
	}
}

// What a function prints is in its log group, told to who watches, and at the end of the log that Invoke gives.
func TestWhatFunctionsPrint(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{"ws_api_default_handler": "talks"})
	s.answers(s.connect(s.url()), "a word", "heard")
	eventually(t, "the group holds it", func() bool {
		text := strings.Join(s.logged("DefaultLogGroup"), "\n")
		return strings.Contains(text, "it was said: a word") && strings.Contains(text, "and heard")
	})
	told := ""
	for _, e := range s.watched.of(traffic.Logged) {
		told += e.Function + " " + e.Text + "\n"
	}
	name := s.resources(stackName)["DefaultFunction"]
	if !strings.Contains(told, name+" it was said: a word\n") {
		t.Errorf("told was %s", told)
	}

	answer, data := s.send("lambda", "/2015-03-31/functions/"+name+"/invocations", http.Header{"X-Amz-Log-Type": {"Tail"}},
		`{"body": "by hand"}`)
	var out struct {
		StatusCode int
		Body       string
	}
	mustDo(t, json.Unmarshal(data, &out))
	if answer.StatusCode != http.StatusOK || out.StatusCode != 200 || out.Body != "heard" {
		t.Errorf("Invoke: %d %s", answer.StatusCode, data)
	}
	tail, err := base64.StdEncoding.DecodeString(answer.Header.Get("X-Amz-Log-Result"))
	printed := strings.Contains(string(tail), "it was said: by hand\n")
	if err != nil || !complete(strings.Split(string(tail), "\n")) || !printed {
		t.Errorf("the log's end: %q, %v", tail, err)
	}
}

// A function's failure is Invoke's answer, with the header that says so.
func TestInvokeOfWhatFails(t *testing.T) {
	leavesNothing(t)
	s := newSite(t, localcloud.Options{}, map[string]string{
		"ws_api_default_handler": "fails", "ws_api_connect_handler": "panics", "ws_api_disconnect_handler": "exits-3",
		"ws_api_authorize_handler": "garbage",
	})
	names := s.resources(stackName)
	for function, want := range map[string]string{
		"DefaultFunction": `"it went wrong"`, "ConnectFunction": `for no reason`, "DisconnectFunction": `exit status 3`,
		"AuthorizeFunction": "",
	} {
		answer, data := s.send("lambda", "/2015-03-31/functions/"+names[function]+"/invocations", nil, `{}`)
		if answer.StatusCode != http.StatusOK || answer.Header.Get("X-Amz-Function-Error") != "Unhandled" && want != "" ||
			!strings.Contains(string(data), want) {
			t.Errorf("%s: %d %v %s", function, answer.StatusCode, answer.Header, data)
		}
	}
}
