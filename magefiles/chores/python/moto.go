package python

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Moto is a running server that has given its first answers.
type Moto struct {
	URL     string // http://localhost:PORT; by the name, since moto takes a TemplateURL with 127.0.0.1 for a bucket's
	Version string

	cmd   *exec.Cmd
	stdin io.Closer
}

// Moto starts the server and returns when it is warm.
func (p *Python) Moto(ctx context.Context) (*Moto, error) {
	cmd := p.program(ctx, "moto_server.py")
	var story bytes.Buffer
	cmd.Stderr = &story
	stdin, stdout, err := pipes(cmd)
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting moto: %w", err)
	}

	m := &Moto{cmd: cmd, stdin: stdin}
	if err := m.greet(stdout); err != nil {
		m.Stop()
		return nil, fmt.Errorf("starting moto: %w\n%s", err, child.Tail(story.String(), 20))
	}
	return m, nil
}

// greet reads the one line that the server writes.
func (m *Moto) greet(stdout io.Reader) error {
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("it ended before it answered: %w", err)
	}
	var greeting struct {
		Port int
		Moto string
	}
	if err := json.Unmarshal(line, &greeting); err != nil {
		return err
	}
	m.URL, m.Version = fmt.Sprintf("http://localhost:%d", greeting.Port), greeting.Moto

	return nil
}

// Stop ends the server and waits until it is gone.
func (m *Moto) Stop() {
	_ = m.stdin.Close()
	_ = m.cmd.Wait()
}

func pipes(cmd *exec.Cmd) (io.WriteCloser, io.ReadCloser, error) {
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, nil, err
	}
	stdout, err := cmd.StdoutPipe()
	return stdin, stdout, err
}
