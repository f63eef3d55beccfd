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
	StackStatus   string `json:"stackStatus"`
	TemplateURL   string `json:"templateUrl"`
	Functions     []Function
	Outputs       map[string]string
	Drift         string
	Error         Problem

	Drifts  []Drift       `json:"-"` // told before it
	Plans   []string      `json:"-"` // what diff says would be written
	Remarks []string      `json:"-"` // the texts of the notices and warnings before it
	Took    time.Duration `json:"-"` // of the whole process, by this side's clock
	Ended   time.Time     `json:"-"` // the process
}

// Problem is what went wrong in a run, with the exit code.
type Problem struct {
	Message, Hint string
	Code          int
}

// Drift is a resource that somebody has changed.
type Drift struct {
	LogicalID    string `json:"logicalId"`
	ResourceType string `json:"resourceType"`
	Status       string
	Properties   []PropertyDrift
}

// PropertyDrift is one property of it.
type PropertyDrift struct{ Path, Kind, Expected, Actual string }

// Run runs plldb with --output json. A run that fails, or whose lines are not what they should be, is an error that
// holds the last lines of its story.
func (p Plldb) Run(ctx context.Context, args ...string) (Outcome, error) {
	return p.RunTo(ctx, 0, args...)
}

// RunTo is Run for a run that is to end with the exit code. Any other is an error.
func (p Plldb) RunTo(ctx context.Context, code int, args ...string) (Outcome, error) {
	cmd := p.command(ctx, append(slices.Clone(args), "--output", "json")...)
	began := time.Now()
	out, err := child.Output(cmd)
	end := time.Now()
	if err = ended(err, code); err != nil {
		return Outcome{}, fmt.Errorf("%w\n%s", err, child.Tail(string(out), 1))
	}

	outcome, err := parse(out)
	outcome.Took, outcome.Ended = end.Sub(began), end
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

// ended is the error of a run that was to end with the code.
func ended(err error, code int) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == code {
		return nil
	}
	if err == nil && code != 0 {
		return fmt.Errorf("plldb ended with exit code 0, not %d", code)
	}
	return err
}

// parse reads the lines: each is one JSON object with a type, the last and only the last an outcome.
func parse(out []byte) (Outcome, error) {
	var story, outcome Outcome
	for line := range bytes.Lines(out) {
		if outcome.Type == "outcome" {
			return outcome, errors.New("there is a line after the outcome")
		}
		outcome = Outcome{}
		if err := errors.Join(json.Unmarshal(line, &outcome), story.hear(line)); err != nil {
			return outcome, err
		}
		if outcome.Type == "" {
			return outcome, fmt.Errorf("a line has no type: %s", line)
		}
	}
	outcome.Drifts, outcome.Plans, outcome.Remarks = story.Drifts, story.Plans, story.Remarks
	if outcome.Type != "outcome" {
		return outcome, errors.New("the last line is no outcome")
	}
	return outcome, nil
}

// hear keeps what a line says that is not the outcome.
func (o *Outcome) hear(line []byte) error {
	var said struct{ Type, Text, What string }
	if err := json.Unmarshal(line, &said); err != nil {
		return err
	}
	switch said.Type {
	case "notice", "warning":
		o.Remarks = append(o.Remarks, said.Text)
	case "plan":
		o.Plans = append(o.Plans, said.What)
	case "drift":
		var d Drift
		if err := json.Unmarshal(line, &d); err != nil {
			return err
		}
		o.Drifts = append(o.Drifts, d)
	}
	return nil
}
