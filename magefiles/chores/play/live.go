package play

import (
	"context"
	"fmt"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/node"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// Answers performs only what shows that the stack works: clients that connect, are authorized and answered, and
// functions that are called. It returns how many checks held.
func (p *Play) Answers(ctx context.Context) (int, error) {
	p.act = "websocket"
	outputs, err := p.outputs("plldb")
	if err == nil {
		err = Live(ctx, p, drive.Outcome{Outputs: outputs})
	}
	return p.checks, err
}

// outputs are a stack's.
func (p *Play) outputs(stack string) (map[string]string, error) {
	answer, err := p.Reader.Ask("cloudformation", "describe_stacks", python.Params{"StackName": stack})
	if err != nil {
		return nil, err
	}
	outputs := map[string]string{}
	for _, output := range list(answer, "Stacks.0.Outputs") {
		outputs[word(output, "OutputKey")] = word(output, "OutputValue")
	}
	return outputs, nil
}

// Live is an Extra: the WebSocket API and the functions behind it do what they should, for a client that is not plldb's
// and not Go. It is for an AWS that runs functions.
func Live(ctx context.Context, p *Play, o drive.Outcome) error {
	client, err := p.Node.Client(ctx)
	if err != nil {
		return err
	}
	defer client.Stop()
	l := &live{Play: p, client: client, url: p.address(o.Outputs["WebSocketUrl"])}
	for _, act := range []func(context.Context) error{l.talk, l.limits, l.authorized, l.invoked, l.throttled, l.probed} {
		if err := act(ctx); err != nil {
			return err
		}
	}
	return nil
}

// address is where what is said to be at an address of AWS's is to be found.
func (p *Play) address(url string) string {
	if p.Address == nil {
		return url
	}
	return p.Address(url)
}

// live is what is needed to talk to an API.
type live struct {
	*Play
	client *node.Client
	url    string
	names  int
}

// dial connects, patiently, and gives the connection's name.
func (l *live) dial(ctx context.Context, url string) (string, error) {
	l.names++
	name := fmt.Sprint(l.names)
	err := patiently(ctx, func() error {
		opened, err := l.client.Connect(name, url, node.Options{})
		if err == nil && opened.Status != 101 {
			err = fmt.Errorf("connecting to %s: %d %s", url, opened.Status, opened.Body)
		}
		return err
	})
	return name, err
}

// answer is what comes back for a message.
func (l *live) answer(name, message string) (string, error) {
	if err := l.client.Send(name, message); err != nil {
		return "", err
	}
	heard, err := l.client.Receive(name)
	return heard.Said(), err
}

// answered checks what comes back for a message.
func (l *live) answered(what, name, message, want string) error {
	said, err := l.answer(name, message)
	if err != nil {
		return err
	}
	return l.same(is{what, want, said})
}

// talk checks that a client without credentials connects, and hears what $default answers (trap 53).
func (l *live) talk(ctx context.Context) error {
	name, err := l.dial(ctx, l.url)
	if err != nil {
		return err
	}
	if err := l.passed("ws, which is not Go, connects"); err != nil {
		return err
	}
	for _, message := range []struct{ what, text string }{
		{"JSON is answered", `{"action":"hello"}`},
		{"text that is not JSON is answered", "hello"},
		{"a frame of 32 KB is answered", strings.Repeat("x", 32<<10)},
	} {
		if err := l.answered(message.what, name, message.text, "OK"); err != nil {
			return err
		}
	}
	if err := l.client.SendFrames(name, frames(4, 32<<10)...); err != nil {
		return err
	}
	heard, err := l.client.Receive(name)
	if err != nil {
		return err
	}
	closed, err := l.client.Close(name)
	if err != nil {
		return err
	}
	return l.same(
		is{"a message of 128 KB in four frames is answered", "OK", heard.Said()},
		is{"the server says goodbye", 1000, closed.Closed},
	)
}

// frames are n texts of that size.
func frames(n, size int) []string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.Repeat("x", size)
	}
	return parts
}

// limits checks what connections are closed for (trap 54).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
func (l *live) limits(ctx context.Context) error {
	for _, over := range []struct {
		what string
		send func(name string) error
		code int
	}{
		{
			"a binary message closes the connection with 1003",
			func(name string) error { return l.client.SendBinary(name, []byte{0, 1, 2}) }, 1003,
		},
		{
			"a frame of 33 KB closes it with 1009",
			func(name string) error { return l.client.Send(name, strings.Repeat("x", 33<<10)) }, 1009,
		},
		{
			"a message of 129 KB in frames of 26 KB closes it with 1009",
			func(name string) error { return l.client.SendFrames(name, frames(5, 129<<10/5+1)...) }, 1009,
		},
	} {
		name, err := l.dial(ctx, l.url)
		if err != nil {
			return err
		}
		if err := over.send(name); err != nil {
			return err
		}
		heard, err := l.client.Receive(name)
		if err != nil {
			return err
		}
		if err := l.same(is{over.what, over.code, heard.Closed}); err != nil {
			return err
		}
	}
	return nil
}

// authorized checks that the authorizer was called: its log has the lines that Lambda writes around each call.
func (l *live) authorized(ctx context.Context) error {
	group, err := l.Physical("AuthorizeLogGroup")
	if err != nil {
		return err
	}
	return patiently(ctx, func() error {
		lines, err := l.logged(group, "REPORT RequestId:")
		if err != nil {
			return err
		}
		if len(lines) < 4 { // one for each connection so far
			return fmt.Errorf("the authorizer was called %d times, by its log, not four times", len(lines))
		}
		return l.passed("the authorizer was called for each connection: its log says so")
	})
}

// logged are the lines of a log group that hold the words.
func (p *Play) logged(group, words string) ([]string, error) {
	answer, err := p.Reader.Ask("logs", "filter_log_events", python.Params{"logGroupName": group})
	if err != nil {
		return nil, err
	}
	var lines []string
	for _, event := range list(answer, "events") {
		if line := word(event, "message"); strings.Contains(line, words) {
			lines = append(lines, line)
		}
	}
	return lines, nil
}

// throttled checks that beyond the stage's burst of 100 connections are refused with 429.
func (l *live) throttled(context.Context) error {
	burst, err := l.client.Burst(l.url, 400, 100)
	if err != nil {
		return err
	}
	others := map[string]int{}
	for status, n := range burst.Refused {
		if status != "429" {
			others[status] = n
		}
	}
	return l.same(
		is{
			fmt.Sprintf("beyond the stage's throttle 429 is answered, here after %d connections", burst.Opened), true,
			burst.Opened > 0 && burst.Refused["429"] > 0,
		},
		is{"and nothing else", map[string]int{}, others},
	)
}
