// Package drive runs the plldb binary as another program would, by its JSON.
package drive

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// Plldb is a binary, where it stands, and the environment that is all it sees.
type Plldb struct {
	Path string
	Dir  string
	Env  []string
}

// Function is what the outcome says of one function.
type Function struct {
	Name      string
	Key       string
	VersionID string `json:"versionId"`
	SHA256    string `json:"sha256"` // base64, as Lambda's CodeSha256
	Uploaded  bool
}

// Outcome is the last line that plldb writes.
type Outcome struct {
	Type          string
	Command       string
	Status        string
	Account       string
	Region        string
	Bucket        string
	BucketDeleted bool
	Version       string
	StackID       string `json:"stackId"`
	TemplateURL   string `json:"templateUrl"`
	Functions     []Function
	Outputs       map[string]string

	Remarks []string      `json:"-"` // the texts of the notices and warnings before it
	Took    time.Duration `json:"-"` // of the whole process, by this side's clock
}

// Run runs plldb with --output json. A run that fails, or whose lines are not what they should be, is an error that
// holds the last lines of its story.
func (p Plldb) Run(ctx context.Context, args ...string) (Outcome, error) {
	cmd := p.command(ctx, append(slices.Clone(args), "--output", "json")...)
	began := time.Now()
	out, err := child.Output(cmd)
	took := time.Since(began)
	if err != nil {
		return Outcome{}, fmt.Errorf("%w\n%s", err, child.Tail(string(out), 1))
	}

	outcome, err := parse(out)
	outcome.Took = took
	if err != nil {
		return outcome, fmt.Errorf("reading the output of plldb: %w\n%s", err, child.Tail(string(out), 5))
	}
	return outcome, nil
}

// Outlive runs plldb so that it goes on even if this process is stopped: it writes to this process's own streams, which
// do not close with it, and ctx's end does not reach it.
func (p Plldb) Outlive(ctx context.Context, args ...string) error {
	cmd := p.command(context.WithoutCancel(ctx), args...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr

	return cmd.Run()
}

// Time runs plldb for the time it takes, its output thrown away.
func (p Plldb) Time(ctx context.Context, args ...string) (time.Duration, error) {
	cmd := p.command(ctx, args...)
	var story bytes.Buffer
	cmd.Stderr = &story
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("plldb %v: %w\n%s", args, err, child.Tail(story.String(), 20))
	}
	return time.Since(began), nil
}

// With returns p with more settings ("NAME=value"), which win over those it has.
func (p Plldb) With(settings ...string) Plldb {
	p.Env = slices.Concat(p.Env, settings)
	return p
}

func (p Plldb) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := child.Command(ctx, p.Path, args...)
	cmd.Dir, cmd.Env = p.Dir, p.Env

	return cmd
}

// parse reads the lines: each is one JSON object with a type, the last and only the last an outcome.
func parse(out []byte) (Outcome, error) {
	var outcome Outcome
	var remarks []string
	for line := range bytes.Lines(out) {
		if outcome.Type == "outcome" {
			return outcome, errors.New("there is a line after the outcome")
		}
		outcome = Outcome{}
		var said struct{ Text string }
		if err := errors.Join(json.Unmarshal(line, &outcome), json.Unmarshal(line, &said)); err != nil {
			return outcome, err
		}
		if outcome.Type == "" {
			return outcome, fmt.Errorf("a line has no type: %s", line)
		}
		if said.Text != "" {
			remarks = append(remarks, said.Text)
		}
	}
	outcome.Remarks = remarks
	if outcome.Type != "outcome" {
		return outcome, errors.New("the last line is no outcome")
	}
	return outcome, nil
}
