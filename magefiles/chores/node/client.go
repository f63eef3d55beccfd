package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Client is a process with WebSocket connections, each with a name. It is for one goroutine.
type Client struct {
	cmd    *exec.Cmd
	story  *bytes.Buffer
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// Client starts one.
func (n *Node) Client(ctx context.Context) (*Client, error) {
	c := &Client{cmd: child.Command(ctx, n.interpreter, filepath.Join(n.folder, "client.js")), story: &bytes.Buffer{}}
	c.cmd.Env = child.Without([]string{"NODE_", "AWS_"})
	c.cmd.Stderr = c.story
	stdin, err := c.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.stdin, c.stdout = stdin, bufio.NewReader(stdout)
	if err := c.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the WebSocket client: %w", err)
	}
	return c, nil
}

// Opened is how an attempt to connect ended: with 101 and a connection, or with another status.
type Opened struct {
	Status   int
	Protocol string
	Headers  map[string]any
	Body     string
}

// Heard is what came on a connection: a text, its end with a code, or nothing within the time.
type Heard struct {
	Text    *string
	Binary  *string // base64
	Closed  int
	Reason  string
	Nothing bool
}

// Said is the text that was heard, or a word for what came instead.
func (h Heard) Said() string {
	switch {
	case h.Text != nil:
		return *h.Text
	case h.Closed != 0:
		return fmt.Sprintf("(closed with %d %s)", h.Closed, h.Reason)
	case h.Binary != nil:
		return "(binary)"
	}
	return "(nothing)"
}

// Options of a connection.
type Options struct {
	Headers   map[string]string `json:"headers,omitempty"`
	Protocols []string          `json:"protocols,omitempty"`
}

// Connect opens a connection of that name.
func (c *Client) Connect(name, url string, o Options) (Opened, error) {
	var opened Opened
	err := c.order(&opened, map[string]any{
		"do": "connect", "name": name, "url": url, "headers": o.Headers, "protocols": o.Protocols,
	})
	return opened, err
}

// Send sends a text message in one frame.
func (c *Client) Send(name, text string) error {
	return c.order(nil, map[string]any{"do": "send", "name": name, "text": text})
}

// SendBinary sends a binary message.
func (c *Client) SendBinary(name string, payload []byte) error {
	return c.order(nil, map[string]any{"do": "send", "name": name, "binary": payload})
}

// SendFrames sends a text message, each part in a frame of its own.
func (c *Client) SendFrames(name string, parts ...string) error {
	return c.order(nil, map[string]any{"do": "send", "name": name, "fragments": parts})
}

// Receive waits for what comes next, up to half a minute.
func (c *Client) Receive(name string) (Heard, error) {
	var heard Heard
	err := c.order(&heard, map[string]any{"do": "receive", "name": name})
	return heard, err
}

// Close says goodbye with 1000 and waits for the server's.
func (c *Client) Close(name string) (Heard, error) {
	var heard Heard
	err := c.order(&heard, map[string]any{"do": "close", "name": name})
	return heard, err
}

// Burst is what opening connections together came to.
type Burst struct {
	Opened  int
	Refused map[string]int // by status
}

// Burst opens connections, so many at a time, until one is refused or there are most, and closes them again.
func (c *Client) Burst(url string, most, together int) (Burst, error) {
	var b Burst
	err := c.order(&b, map[string]any{"do": "burst", "url": url, "most": most, "together": together})
	return b, err
}

// Load is what many connections came to.
type Load struct {
	Opened, Open int            // how many came to be, and how many there were when all had
	Refused      map[string]int // by status
	Answers      int
	Lost         int            // messages without an answer
	Foreign      int            // answers that are no message's of that connection, or one's a second time
	Disordered   int            // answers that came after a later message's
	Instead      map[string]int // what came in the place of answers
}

// Load opens connections, then sends on all of them numbered messages that the server is to give back, without waiting
// between them.
func (c *Client) Load(url string, connections, messages int) (Load, error) {
	var l Load
	err := c.order(&l, map[string]any{"do": "load", "url": url, "connections": connections, "messages": messages})
	return l, err
}

func (c *Client) order(into any, order map[string]any) error {
	line, err := c.exchange(order)
	if err != nil {
		c.Stop() // and with it whatever writes the story
		return fmt.Errorf("letting ws %v: %w\n%s", order["do"], err, child.Tail(c.story.String(), 20))
	}
	var reply struct {
		Answer json.RawMessage
		Error  string
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		return fmt.Errorf("reading what ws answered to %v: %w", order["do"], err)
	}
	if reply.Error != "" {
		return fmt.Errorf("letting ws %v: %w", order["do"], errors.New(reply.Error))
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(reply.Answer, into)
}

func (c *Client) exchange(order any) ([]byte, error) {
	line, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	if _, err := c.stdin.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	return c.stdout.ReadBytes('\n')
}

// Stop ends the process, and with it the connections that are still open.
func (c *Client) Stop() {
	_ = c.stdin.Close()
	_ = c.cmd.Wait()
}
