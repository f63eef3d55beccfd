package play

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/child"
	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// CLI is AWS's own command line, with the environment that is all it sees.
type CLI struct {
	Path string
	Env  []string
}

// FindCLI looks for the program. Version 1 comes with pip, which version 2 does not.
func FindCLI(env []string) (CLI, error) {
	path, err := exec.LookPath("aws")
	if err != nil {
		return CLI{}, errors.New("there is no aws on the PATH; install AWS's command line with: pip install awscli")
	}
	return CLI{Path: path, Env: env}, nil
}

func (c CLI) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := child.Command(ctx, c.Path, args...)
	cmd.Env = c.Env
	return child.Output(cmd)
}

// byCLI is the stack that AWS's command line makes of plldb's template.
const byCLI = "by-cli"

// ByCLI is an Extra: without plldb, AWS's command line deploys the rendered template, updates the stack, finds nothing
// to do, reads the bucket, and deletes the stack.
func ByCLI(ctx context.Context, p *Play, o drive.Outcome) error {
	c, file := p.CLI, filepath.Join(p.Folder, "template.yaml") // as plldb rendered it
	for _, act := range []func() error{
		func() error { return p.deployedByCLI(ctx, c, file, "CREATE_COMPLETE") },
		func() error { return p.valuesByCLI(ctx, c, file) },
		func() error { return p.changedByCLI(ctx, c, file) },
		func() error { return p.readByCLI(ctx, c, o) },
		func() error { return p.deletedByCLI(ctx, c) },
	} {
		if err := act(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Play) deployedByCLI(ctx context.Context, c CLI, file, want string) error {
	if _, err := c.run(ctx, "cloudformation", "deploy", "--stack-name", byCLI, "--template-file", file,
		"--capabilities", "CAPABILITY_IAM"); err != nil {
		return err
	}
	return p.hold(fact{
		"aws cloudformation deploy: the stack is " + want, "cloudformation", "describe_stacks",
		python.Params{"StackName": byCLI},
		"Stacks.0.StackStatus", want,
	})
}

// changed writes a copy of the template in which a function has another description.
func (p *Play) changed(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	if !strings.Contains(string(text), asDescribed) {
		return "", fmt.Errorf("the template has no %q to be changed", asDescribed)
	}
	other := filepath.Join(p.Folder, "changed.yaml")
	return other, os.WriteFile(other, []byte(strings.Replace(string(text), asDescribed, asChanged, 1)), 0o600)
}

// What the changed template says of ConnectFunction, before and after.
const (
	asDescribed = "plldb: a client connects"
	asChanged   = "changed by hand"
)

// valuesByCLI makes a change set that is never executed, and reads what it would change, with the values.
func (p *Play) valuesByCLI(ctx context.Context, c CLI, file string) error {
	other, err := p.changed(file)
	if err != nil {
		return err
	}
	set := []string{"--stack-name", byCLI, "--change-set-name", "values"}
	var described []byte
	for _, words := range [][]string{
		{"create-change-set", "--template-body", "file://" + other, "--capabilities", "CAPABILITY_IAM"},
		{"wait", "change-set-create-complete"},
		{"describe-change-set", "--include-property-values", "--output", "json"},
		{"delete-change-set"},
	} {
		out, err := c.run(ctx, slices.Concat([]string{"cloudformation"}, words, set)...)
		if err != nil {
			return err
		}
		if words[0] == "describe-change-set" {
			described = out
		}
	}
	return p.values(described)
}

// values checks a change set that changes one description.
func (p *Play) values(described []byte) error {
	var answer any
	if err := json.Unmarshal(described, &answer); err != nil {
		return err
	}
	change := Dig(answer, "Changes.0.ResourceChange")
	var before, after any
	if err := errors.Join(
		json.Unmarshal([]byte(word(change, "BeforeContext")), &before),
		json.Unmarshal([]byte(word(change, "AfterContext")), &after),
	); err != nil {
		return err
	}
	return p.same(
		is{"describe-change-set --include-property-values: one change", 1, len(list(answer, "Changes"))},
		is{"it is the function's", "ConnectFunction", Dig(change, "LogicalResourceId")},
		is{
			"its detail has the path and both values",
			[]any{"/Properties/Description", asDescribed, asChanged, "Never", "Modify"},
			[]any{
				Dig(change, "Details.0.Target.Path"), Dig(change, "Details.0.Target.BeforeValue"),
				Dig(change, "Details.0.Target.AfterValue"), Dig(change, "Details.0.Target.RequiresRecreation"),
				Dig(change, "Details.0.Target.AttributeChangeType"),
			},
		},
		is{
			"its contexts hold them too",
			[]any{asDescribed, asChanged},
			[]any{Dig(before, "Properties.Description"), Dig(after, "Properties.Description")},
		},
	)
}

// changedByCLI deploys a template with another description of a function, and then the same once more.
func (p *Play) changedByCLI(ctx context.Context, c CLI, file string) error {
	other, err := p.changed(file)
	if err != nil {
		return err
	}
	if err := p.deployedByCLI(ctx, c, other, "UPDATE_COMPLETE"); err != nil {
		return err
	}
	said, err := c.run(ctx, "cloudformation", "deploy", "--stack-name", byCLI, "--template-file", other,
		"--capabilities", "CAPABILITY_IAM", "--no-fail-on-empty-changeset")
	if err != nil {
		return err
	}
	return p.same(is{
		"aws cloudformation deploy: once more there is nothing to do", true,
		strings.Contains(string(said), "No changes to deploy"),
	})
}

// readByCLI lists the bucket and fetches a package: its bytes are those of the outcome.
func (p *Play) readByCLI(ctx context.Context, c CLI, o drive.Outcome) error {
	listed, err := c.run(ctx, "s3", "ls", "--recursive", "s3://"+p.Bucket()+"/")
	if err != nil {
		return err
	}
	f := o.Functions[0]
	if err := p.same(is{"aws s3 ls names the package of " + f.Name, true, strings.Contains(string(listed), f.Key)}); err != nil {
		return err
	}
	file := filepath.Join(p.Folder, "fetched.zip")
	if _, err := c.run(ctx, "s3", "cp", "--no-progress", "s3://"+p.Bucket()+"/"+f.Key, file); err != nil {
		return err
	}
	fetched, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(fetched)
	return p.same(is{"aws s3 cp fetches the bytes that were packed", f.SHA256, base64.StdEncoding.EncodeToString(sum[:])})
}

func (p *Play) deletedByCLI(ctx context.Context, c CLI) error {
	for _, words := range [][]string{{"delete-stack"}, {"wait", "stack-delete-complete"}} {
		args := append([]string{"cloudformation"}, append(words, "--stack-name", byCLI)...)
		if _, err := c.run(ctx, args...); err != nil {
			return err
		}
	}
	gone := fact{service: "cloudformation", operation: "describe_stacks", params: python.Params{"StackName": byCLI}}
	return p.refused("aws cloudformation delete-stack: the stack is gone", nil, gone, "ValidationError")
}
