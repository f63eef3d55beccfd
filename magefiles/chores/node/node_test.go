package node_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/node"
)

// The test binary stands in for node and npm, so that these tests need neither; that the real ones do what they are
// told is conformance's to show.
func TestMain(m *testing.M) {
	if os.Getenv("STAND_IN") == "" {
		os.Exit(m.Run())
	}
	os.Exit(standIn(filepath.Base(os.Args[0]), os.Args[1:]))
}

func standIn(name string, args []string) int {
	switch {
	case strings.HasPrefix(name, "npm"):
		if os.Getenv("STAND_IN") == "offline" {
			fmt.Fprintln(os.Stderr, "getaddrinfo ENOTFOUND")
			return 1
		}
		fmt.Println(strings.Join(args, " "))
	case args[0] == "--version":
		fmt.Println(strings.Replace(os.Getenv("STAND_IN"), "offline", "v20.1.0", 1))
	default: // the client
		answer()
	}
	return 0
}

// answer gives back each order, dies of a close, and cannot send.
func answer() {
	var line string
	for {
		if _, err := fmt.Scanln(&line); err != nil {
			return
		}
		switch {
		case strings.Contains(line, `"do":"close"`):
			fmt.Fprintln(os.Stderr, "TypeError")
			os.Exit(1)
		case strings.Contains(line, `"do":"send"`):
			fmt.Println(`{"error":"Error: there is no connection a"}`)
		case strings.Contains(line, `"do":"receive"`):
			fmt.Println(`{"answer":{"closed":1009,"reason":"big"}}`)
		default:
			fmt.Println(`{"answer":{"status":403,"body":"{}","opened":3,"refused":{"429":2}}}`)
		}
	}
}

func find(t *testing.T, act string) (*node.Node, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ending := ""
	if runtime.GOOS == "windows" {
		ending = ".exe"
	}
	bin := t.TempDir()
	for _, name := range []string{"node", "npm"} {
		if err := os.Symlink(self, filepath.Join(bin, name+ending)); err != nil {
			t.Skip("no symbolic links here:", err)
		}
	}
	t.Setenv("PATH", bin)
	t.Setenv("STAND_IN", act)
	return node.Find(t.Context(), t.TempDir())
}

func TestWhatIsMissingIsSaidWithTheWayToGetIt(t *testing.T) {
	_, err := find(t, "v18.2.0")
	if err == nil || !strings.Contains(err.Error(), node.Needs) || !strings.Contains(err.Error(), "v18.2.0") {
		t.Errorf("with an old node the error is %v", err)
	}
	t.Setenv("PATH", t.TempDir())
	_, err = node.Find(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), node.Needs) {
		t.Errorf("without node the error is %v", err)
	}
}

func TestAClientAnswersAndFails(t *testing.T) {
	n, err := find(t, "v20.1.0")
	if err != nil {
		t.Fatal(err)
	}
	c, err := n.Client(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := c.Connect("a", "ws://x", node.Options{}); err != nil || opened.Status != 403 {
		t.Errorf("connecting gave %+v, %v", opened, err)
	}
	if heard, err := c.Receive("a"); err != nil || heard.Said() != "(closed with 1009 big)" {
		t.Errorf("receiving gave %+v, %v", heard, err)
	}
	if burst, err := c.Burst("ws://x", 5, 2); err != nil || burst.Opened != 3 || burst.Refused["429"] != 2 {
		t.Errorf("a burst gave %+v, %v", burst, err)
	}
	if err := c.Send("a", "text"); err == nil || !strings.Contains(err.Error(), "there is no connection a") {
		t.Errorf("sending failed with %v", err)
	}
	if _, err := c.Close("a"); err == nil || !strings.Contains(err.Error(), "TypeError") {
		t.Errorf("a client that died failed with %v", err)
	}
}

func TestARegistryThatIsOutOfReachIsSaid(t *testing.T) {
	_, err := find(t, "offline")
	if err == nil || !strings.Contains(err.Error(), "ENOTFOUND") || !strings.Contains(err.Error(), "the npm package ws") {
		t.Errorf("the error is %v", err)
	}
}
