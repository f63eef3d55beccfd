package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/rogpeppe/go-internal/testscript"
)

// answerTakes is how long a client waits at most for what another process says.
const answerTakes = time.Minute

// clone makes plldb's own source tree in $WORK/tree, as far as it is deployed, and goes there.
func clone(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: clone")
	}
	from, root := filepath.Join(testFolder(ts), "..", ".."), ts.MkAbs("tree")
	for _, name := range []string{"functions", "cloudformation", "go.mod", "go.sum"} {
		ts.Check(copyTree(filepath.Join(from, name), filepath.Join(root, name)))
	}
	ts.Check(ts.Chdir(root))
}

func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, text, 0o600)
	})
}

var webSocketAddress = regexp.MustCompile(`ws://[^\s"]+`)

// dial NAME FILE connects a client to the address that a file tells, once it does.
func dial(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: dial name file")
	}
	var address string
	waitUntil(ts, func() bool {
		address = webSocketAddress.FindString(ts.ReadFile(args[1]))
		return address != "" || gone(ts.BackgroundCmds()[0])
	})
	ctx, cancel := context.WithTimeout(context.Background(), answerTakes)
	defer cancel()
	client, answer, err := websocket.Dial(ctx, address, nil)
	if err != nil && answer != nil {
		ts.Fatalf("dialling %s: %s", address, answer.Status)
	}
	ts.Check(err)
	if answer.Body != nil {
		ts.Check(answer.Body.Close())
	}
	s := stageOf(ts)
	if s.clients == nil {
		s.clients = map[string]*websocket.Conn{}
	}
	s.clients[args[0]] = client
	ts.Defer(func() { _ = client.CloseNow() })
}

// say NAME TEXT ANSWER sends a message on a client's connection, and waits for the answer.
func say(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: say name text answer")
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTakes)
	defer cancel()
	client := stageOf(ts).clients[args[0]]
	ts.Check(client.Write(ctx, websocket.MessageText, []byte(args[1])))
	_, answer, err := client.Read(ctx)
	ts.Check(err)
	if string(answer) != args[2] {
		ts.Fatalf("%s is answered %q", args[1], answer)
	}
}

// hungup NAME CODE [TEXT] waits until the server has closed a client's connection, with that code; until then it goes
// on to say the text.
func hungup(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || len(args) > 3 {
		ts.Fatalf("usage: hungup name code [text]")
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTakes)
	defer cancel()
	client, err := stageOf(ts).clients[args[0]], error(nil)
	for err == nil {
		if len(args) > 2 { // that it cannot be written any more, reading tells
			_ = client.Write(ctx, websocket.MessageText, []byte(args[2]))
		}
		_, _, err = client.Read(ctx)
	}
	if got := fmt.Sprint(int(websocket.CloseStatus(err))); got != args[1] {
		ts.Fatalf("closed with %s: %v", got, err)
	}
}

// edit FILE OLD NEW changes a file as an editor does: another takes its place.
func edit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: edit file old new")
	}
	text := ts.ReadFile(args[0])
	changed := strings.ReplaceAll(text, args[1], args[2])
	if text == changed {
		ts.Fatalf("%s has no %q", args[0], args[1])
	}
	path := ts.MkAbs(args[0])
	ts.Check(os.WriteFile(path+"~", []byte(changed), 0o600))
	ts.Check(os.Rename(path+"~", path))
}

// lines FILE KIND… holds JSON lines to the schema and to the kinds of traffic that must be among them.
func linesOf(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: lines file [kind...]")
	}
	text := ts.ReadFile(args[0])
	ts.Check(linesFit(text, 0))
	var kinds []string
	for line := range strings.Lines(text) {
		var fields struct{ Kind string }
		ts.Check(json.Unmarshal([]byte(line), &fields))
		kinds = append(kinds, fields.Kind)
	}
	for _, kind := range args[1:] {
		if !slices.Contains(kinds, kind) {
			ts.Fatalf("no line is of the kind %s", kind)
		}
	}
}
