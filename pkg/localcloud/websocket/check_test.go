package websocket_test

import (
	"net/http"
	"testing"

	client "github.com/coder/websocket"

	"github.com/plldb/plldb/pkg/localcloud/websocket"
)

func TestCheck(t *testing.T) {
	key := func(values ...string) func(r *http.Request) {
		return func(r *http.Request) { r.Header["Sec-Websocket-Key"] = values }
	}
	lines := func(values ...string) func(r *http.Request) {
		return func(r *http.Request) { r.Header["Connection"] = values }
	}
	cases := map[string]struct {
		change   func(r *http.Request)
		status   int
		upgrades bool
	}{
		"proper":                {func(*http.Request) {}, 0, true},
		"as browsers write it":  {lines("keep-alive, Upgrade"), 0, true},
		"in two lines":          {lines("keep-alive", "UPGRADE"), 0, true},
		"HTTP/1.0":              {func(r *http.Request) { r.ProtoMinor = 0 }, 426, true},
		"HTTP/2":                {func(r *http.Request) { r.ProtoMajor, r.ProtoMinor = 2, 0 }, 426, true},
		"no connection header":  {func(r *http.Request) { r.Header.Del("Connection") }, 426, false},
		"no upgrade header":     {func(r *http.Request) { r.Header.Del("Upgrade") }, 426, false},
		"another upgrade":       {func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, 426, false},
		"POST":                  {func(r *http.Request) { r.Method = http.MethodPost }, 405, true},
		"no version":            {func(r *http.Request) { r.Header.Del("Sec-WebSocket-Version") }, 426, true},
		"version 8":             {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") }, 426, true},
		"no key":                {key(), 400, true},
		"two keys":              {key("AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAA=="), 400, true},
		"a key that is no such": {key("?"), 400, true},
		"a key of 15 bytes":     {key("AAAAAAAAAAAAAAAAAAAA"), 400, true},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			r := request(t)
			test.change(r)
			status, err := websocket.Check(r)
			if status != test.status || (err == nil) != (test.status == 0) || websocket.Upgrades(r) != test.upgrades {
				t.Errorf("got %d, %v, %v", status, err, websocket.Upgrades(r))
			}
		})
	}
}

func TestDropRefusesWhatNoFrameCarries(t *testing.T) {
	hub := websocket.NewHub(websocket.Config{})
	r := newRecord()
	conn := dial(t, listen(t, hub, r.opening), "a")
	long := string(make([]byte, 124))
	for _, e := range []websocket.Ending{
		{Code: 999},
		{Code: 1004},
		{Code: 1005},
		{Code: 1006},
		{Code: 1015},
		{Code: 2999},
		{Code: 5000},
		{Code: 1000, Reason: long},
		{Code: 1000, Reason: "\xff"},
	} {
		if err := hub.Drop("a", e.Code, e.Reason); err == nil {
			t.Errorf("%v was sent", e)
		}
	}
	if hub.Len() != 1 {
		t.Error("it has ended")
	}
	if err := hub.Drop("a", 1011, long[:123]); err != nil {
		t.Error(err)
	}
	if _, _, err := conn.Read(t.Context()); client.CloseStatus(err) != 1011 {
		t.Errorf("the client saw %v", err)
	}
	if e := r.ending(t); e.Code != 1011 || e.Reason != long[:123] {
		t.Errorf("got %v", e)
	}
}
