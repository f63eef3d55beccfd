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

// Reader asks AWS through boto3. It is for one goroutine.
type Reader struct {
	region string
	cmd    *exec.Cmd
	story  *bytes.Buffer
	stdin  io.WriteCloser
	stdout *bufio.Reader
}

// Params are an operation's parameters as boto3 names them.
type Params map[string]any

// Credentials are what AssumeRole answers; nil for the process's own.
type Credentials map[string]any

// Refusal is an error that AWS answered.
type Refusal struct{ Service, Operation, Code, Message string }

// Error says what was asked and what came back.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s %s: %s: %s", r.Service, r.Operation, r.Code, r.Message)
}

// Reader starts boto3 for a region. The settings are AWS variables ("AWS_ENDPOINT_URL=…"); of the caller's own it sees
// none.
func (p *Python) Reader(ctx context.Context, region string, settings ...string) (*Reader, error) {
	cmd := p.program(ctx, "reader.py", settings...)
	r := &Reader{region: region, cmd: cmd, story: &bytes.Buffer{}}
	cmd.Stderr = r.story
	stdin, stdout, err := pipes(cmd)
	if err != nil {
		return nil, err
	}
	r.stdin, r.stdout = stdin, bufio.NewReader(stdout)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting boto3: %w", err)
	}
	return r, nil
}

// Ask calls an operation and returns its answer, all pages in one, as JSON. What AWS refuses is a *Refusal.
func (r *Reader) Ask(service, operation string, params Params) (any, error) {
	return r.AskAs(nil, service, operation, params)
}

// Wait lets one of boto3's own waiters wait, asking every second.
func (r *Reader) Wait(service, waiter string, params Params) (any, error) {
	return r.put(map[string]any{
		"service": service, "operation": waiter, "params": params, "region": r.region, "waits": true,
	})
}

// File is a parameter that is the bytes of a file.
func File(path string) any { return map[string]string{"$file": path} }

// AskAt asks a service that has no address of its own, such as apigatewaymanagementapi.
func (r *Reader) AskAt(endpoint, service, operation string, params Params) (any, error) {
	return r.put(map[string]any{
		"service": service, "operation": operation, "params": params, "region": r.region, "endpoint": endpoint,
	})
}

// AskAs asks with other credentials.
func (r *Reader) AskAs(who Credentials, service, operation string, params Params) (any, error) {
	question := map[string]any{
		"service": service, "operation": operation, "params": params, "region": r.region, "credentials": who,
	}
	if params == nil {
		question["params"] = Params{}
	}
	return r.put(question)
}

func (r *Reader) put(question map[string]any) (any, error) {
	service, operation := question["service"].(string), question["operation"].(string)
	line, err := r.exchange(question)
	if err != nil {
		r.Stop() // and with it whatever writes the story
		return nil, fmt.Errorf("asking %s %s with boto3: %w\n%s", service, operation, err, child.Tail(r.story.String(), 20))
	}

	var reply struct {
		Answer        any
		Code, Message string
	}
	if err := json.Unmarshal(line, &reply); err != nil {
		return nil, fmt.Errorf("reading the answer of %s %s: %w", service, operation, err)
	}
	if reply.Code != "" {
		return nil, &Refusal{Service: service, Operation: operation, Code: reply.Code, Message: reply.Message}
	}
	return reply.Answer, nil
}

func (r *Reader) exchange(question any) ([]byte, error) {
	line, err := json.Marshal(question)
	if err != nil {
		return nil, err
	}
	if _, err := r.stdin.Write(append(line, '\n')); err != nil {
		return nil, err
	}
	return r.stdout.ReadBytes('\n')
}

// Stop ends the reader.
func (r *Reader) Stop() {
	_ = r.stdin.Close()
	_ = r.cmd.Wait()
}
