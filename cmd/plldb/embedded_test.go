package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/plldb/plldb/magefiles/chores/source"
)

// largest is how big plldb may be: with its functions in it, those for Lambda and those that are linked.
const largest = 30 << 20

// A plldb that brings its functions along serves them away from any source tree and without Go, on whatever machine:
// where the zips are for another, by those that are linked into it.
func TestAPlldbWithFunctionsServesThem(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds plldb with its functions")
	}
	plldb := embedded(t)
	info, err := os.Stat(plldb)
	check(t, err)
	if info.Size() > largest {
		t.Errorf("plldb has %d bytes, and may have %d", info.Size(), largest)
	}

	cmd := away(t, plldb, "local", "--state", filepath.Join(t.TempDir(), "state"), "--addr", "127.0.0.1:0")
	pipe, err := cmd.StderrPipe()
	check(t, err)
	check(t, cmd.Start())
	story, address := until(t, bufio.NewReader(pipe), "ws://")
	const notice = "functions run as the handlers linked into plldb, not from the zip (which is for linux/arm64)"
	if itself := runtime.GOOS+"/"+runtime.GOARCH == "linux/arm64"; strings.Contains(story, notice) == itself {
		t.Errorf("the story is\n%s", story)
	}
	answers(t, address)

	check(t, cmd.Process.Signal(os.Interrupt))
	rest, err := io.ReadAll(pipe)
	check(t, err)
	if err := cmd.Wait(); err != nil || !strings.Contains(string(rest), "served for") {
		t.Errorf("it ended with %v and\n%s", err, rest)
	}
}

// embedded is a plldb as it is installed.
func embedded(t *testing.T) string {
	t.Helper()
	tree, err := filepath.Abs(filepath.Join("..", ".."))
	check(t, err)
	archives, err := source.Pack(t.Context(), tree, t.TempDir())
	check(t, err)
	path := filepath.Join(t.TempDir(), "plldb.exe")
	check(t, source.Plldb{Tree: tree, Archives: archives}.Build(t.Context(), path))
	return path
}

// away is a command far from the source tree, with nothing to compile by.
func away(t *testing.T, path string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Dir, cmd.WaitDelay = t.TempDir(), 10*time.Second
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=", "SYSTEMROOT=" + os.Getenv("SYSTEMROOT")}
	return cmd
}

// until reads lines to the first that begins so.
func until(t *testing.T, r *bufio.Reader, beginning string) (before, line string) {
	t.Helper()
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			t.Fatalf("after\n%s: %v", before, err)
		}
		if strings.HasPrefix(line, beginning) {
			return before, strings.TrimSpace(line)
		}
		before += line
	}
}

// answers holds a conversation with the WebSocket API at an address.
func answers(t *testing.T, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), answerTakes)
	defer cancel()
	client, response, err := websocket.Dial(ctx, address, nil)
	check(t, err)
	if response.Body != nil {
		check(t, response.Body.Close())
	}
	defer client.CloseNow() //nolint:errcheck // the test is over
	check(t, client.Write(ctx, websocket.MessageText, []byte("hello")))
	_, answer, err := client.Read(ctx)
	if err != nil || string(answer) != "OK" {
		t.Errorf("answered %q, %v", answer, err)
	}
}

// Only Lambda's runtime interface makes it a function, and a source tree of which nothing is deployed is not watched.
func TestAPlldbWithFunctionsIsStillPlldb(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds plldb with its functions")
	}
	plldb := embedded(t)
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"plldb-function", "ws_api_default_handler"}, `"plldb-function" is no command of plldb`},
		{[]string{"local", "--watch"}, "--watch follows a source tree, and this plldb has its functions built in"},
	} {
		out, err := away(t, plldb, test.args...).CombinedOutput()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != 2 || !strings.Contains(string(out), test.want) {
			t.Errorf("%v: %v\n%s", test.args, err, out)
		}
	}
}
