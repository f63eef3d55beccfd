package node

import (
	"bufio"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Offline names what is measured beside plldb. serverless-offline 14 is a plugin of version 4 of the Serverless
// Framework, which runs for those alone who log in. osls is the free fork of the framework's version 3, and takes the
// plugin too.
const Offline = "serverless-offline 14.8.2 under osls 4.3.1"

//go:embed equal
var equal embed.FS

// Server is a serverless-offline that serves functions equal to plldb's.
type Server struct {
	WebSocket string // ws://127.0.0.1:PORT

	cmd   *exec.Cmd
	stop  context.CancelFunc
	heard chan struct{} // closed when all that it writes was read
}

// InstallOffline installs it into the folder, with npm's registry.
func (n *Node) InstallOffline(ctx context.Context, folder string) error {
	files, err := equal.ReadDir("equal")
	if err != nil {
		return err
	}
	for _, file := range files {
		text, err := equal.ReadFile(path.Join("equal", file.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(folder, file.Name()), text, 0o600); err != nil {
			return err
		}
	}
	// The plugin asks for serverless as its peer, which osls is not by name.
	return n.install(ctx, folder, "install", "--no-save", "--legacy-peer-deps")
}

// Offline starts it from the folder, on three free ports, and returns once it answers.
func (n *Node) Offline(ctx context.Context, folder string, ports [3]string) (*Server, error) {
	ctx, stop := context.WithCancel(ctx)
	framework := filepath.Join(folder, "node_modules", "osls", "bin", "serverless.js")
	cmd := child.Command(ctx, n.interpreter, framework, "offline", "--host", "127.0.0.1",
		"--httpPort", ports[0], "--websocketPort", ports[1], "--lambdaPort", ports[2])
	cmd.Dir, cmd.Env = folder, child.Without([]string{"NODE_", "AWS_", "SLS_"}, "SLS_NOTIFICATIONS_MODE=off", "CI=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		stop()
		return nil, err
	}
	cmd.Stderr = cmd.Stdout
	if err := cmd.Start(); err != nil {
		stop()
		return nil, err
	}
	s := &Server{WebSocket: "ws://127.0.0.1:" + ports[1], cmd: cmd, stop: stop, heard: make(chan struct{})}
	ready, said := make(chan struct{}), make(chan string, 1)
	go s.hear(stdout, ready, said)
	select {
	case <-ready:
		return s, nil
	case <-s.heard:
		s.Stop()
		return nil, errors.New("serverless-offline ended before it answered:\n" + <-said)
	}
}

// hear reads what it writes: a line for each call. Before it answers that is kept, to tell why it does not.
func (s *Server) hear(stdout io.Reader, ready chan<- struct{}, said chan<- string) {
	defer close(s.heard)
	var story strings.Builder
	lines := bufio.NewReader(stdout)
	for {
		line, err := lines.ReadString('\n')
		story.WriteString(line)
		if err != nil {
			said <- child.Tail(story.String(), 20)
			return
		}
		if strings.Contains(line, "[http for websocket] listening") {
			close(ready)
			break
		}
	}
	_, _ = io.Copy(io.Discard, lines) // it ends with the process
}

// PID is the process.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Stop ends it and waits until it is gone.
func (s *Server) Stop() {
	s.stop()
	<-s.heard
	_ = s.cmd.Wait()
}

// String names what it is.
func (s *Server) String() string { return fmt.Sprintf("%s at %s", Offline, s.WebSocket) }
