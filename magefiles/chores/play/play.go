// Package play is what conformance and acceptance perform: plldb's main job on an account, from the first setup to the
// purge, and after each act a look at the account with a client that is not plldb's.
package play

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/node"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// Changed is the function that the play changes.
const Changed = "ws_api_default_handler"

// Play is one performance. It prints a line for each check that holds, and ends with the first that does not.
type Play struct {
	Out      io.Writer
	Embedded drive.Plldb // with its functions in it, standing outside any source tree
	Source   drive.Plldb // without, standing in a copy of the source tree, which the play changes
	Reader   *python.Reader
	Python   *python.Python
	Node     *node.Node
	CLI      CLI
	Folder   string // for the rendered template
	Account  string // twelve digits
	Region   string

	Probe Probe
	// Address is where what is said to be at an address of AWS's is to be found; nil where it is there.
	Address func(url string) string

	// Extra is performed on the first finished stack; nil for none.
	Extra func(context.Context, *Play, drive.Outcome) error
	// Last is performed on the last stack, before it is destroyed; nil for none.
	Last func(context.Context, *Play, drive.Outcome) error

	act    string
	checks int
	done   drive.Outcome // of the last setup
	before counts        // what was there before the act
}

// act is one run of plldb and what must be true after it.
type act struct {
	name string
	run  func(*Play, context.Context) error
}

// acts are performed in this order, each on what the one before left. It is a function because a table in a variable
// could be changed.
func acts() []act {
	return []act{
		{"setup", (*Play).firstSetup},
		{"again", (*Play).setupAgain},
		{"status", (*Play).status},
		{"diff", (*Play).diffNothing},
		{"source", (*Play).setupFromSource},
		{"mage", (*Play).deployByMage},
		{"differs", (*Play).diffChanged},
		{"changed", (*Play).setupChanged},
		{"last", (*Play).last},
		{"destroy", (*Play).destroy},
		{"absent", (*Play).destroyAgain},
		{"purge", (*Play).purge},
	}
}

// Run performs the play and returns how many checks held.
func (p *Play) Run(ctx context.Context) (int, error) {
	for _, a := range acts() {
		p.act = a.name
		if err := a.run(p, ctx); err != nil {
			return p.checks, fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return p.checks, nil
}

// firstSetup makes everything (R1, R7–R18).
func (p *Play) firstSetup(ctx context.Context) error {
	outcome, err := p.setup(ctx, p.Embedded, "created")
	if err != nil {
		return err
	}
	for _, check := range []func(drive.Outcome) error{
		p.outcome, p.bucket, p.objects, p.stack, p.tables, p.roles, p.functions,
	} {
		if err := check(outcome); err != nil {
			return err
		}
	}
	if err := p.template(ctx, outcome); err != nil {
		return err
	}
	if p.Extra == nil {
		return nil
	}
	return p.Extra(ctx, p, outcome)
}

// setupAgain changes nothing (R3).
func (p *Play) setupAgain(ctx context.Context) error {
	if _, err := p.setup(ctx, p.Embedded, "unchanged"); err != nil {
		return err
	}
	return p.nothingNew()
}

// setupFromSource compiles the same sources in another folder: the same bytes, so nothing changes.
func (p *Play) setupFromSource(ctx context.Context) error {
	before := p.done
	outcome, err := p.setup(ctx, p.Source, "unchanged")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"compiled in another folder, the zips are the same", digests(before), digests(outcome)},
	); err != nil {
		return err
	}
	return p.nothingNew()
}

// setupChanged sends the one function that changed, and Lambda runs it.
func (p *Play) setupChanged(ctx context.Context) error {
	before := p.done
	outcome, err := p.setup(ctx, p.Source, "updated")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"only the changed function's zip is another", []string{Changed}, changes(before, outcome)},
		is{"only the changed function was sent", []string{Changed}, sent(outcome)},
	); err != nil {
		return err
	}
	if err := p.oneNewZip(); err != nil {
		return err
	}
	return p.functions(outcome)
}

// last performs what Last is.
func (p *Play) last(ctx context.Context) error {
	if p.Last == nil {
		return nil
	}
	return p.Last(ctx, p, p.done)
}

// destroy takes the stack away and keeps the packages (R2).
func (p *Play) destroy(ctx context.Context) error {
	if err := p.count(); err != nil {
		return err
	}
	outcome, err := p.Embedded.Run(ctx, "bootstrap", "destroy")
	if err != nil {
		return err
	}
	if err := p.same(is{"the outcome's status", "deleted", outcome.Status}); err != nil {
		return err
	}
	if err := p.noStack(); err != nil {
		return err
	}
	return p.packagesStay()
}

// destroyAgain finds nothing to destroy (R3).
func (p *Play) destroyAgain(ctx context.Context) error {
	outcome, err := p.Embedded.Run(ctx, "bootstrap", "destroy")
	if err != nil {
		return err
	}
	if err := p.same(is{"the outcome's status", "absent", outcome.Status}); err != nil {
		return err
	}
	return p.packagesStay()
}

// purge sets up once more, on the packages that stayed, and takes all of it away.
func (p *Play) purge(ctx context.Context) error {
	if _, err := p.setup(ctx, p.Embedded, "created"); err != nil {
		return err
	}
	outcome, err := p.Embedded.Run(ctx, "bootstrap", "destroy", "--purge", "--yes")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"the outcome's status", "deleted", outcome.Status},
		is{"the outcome says that the bucket is deleted", true, outcome.BucketDeleted},
	); err != nil {
		return err
	}
	if err := p.noStack(); err != nil {
		return err
	}
	gone := fact{service: "s3", operation: "list_object_versions", params: python.Params{"Bucket": p.Bucket()}}
	return p.refused("the bucket is gone", nil, gone, "NoSuchBucket")
}

// setup counts what is there, runs setup and checks how it ended.
func (p *Play) setup(ctx context.Context, plldb drive.Plldb, want string, flags ...string) (drive.Outcome, error) {
	if err := p.count(); err != nil {
		return drive.Outcome{}, err
	}
	outcome, err := plldb.Run(ctx, append([]string{"bootstrap", "setup"}, flags...)...)
	if err != nil {
		return outcome, err
	}
	p.done = outcome
	return outcome, p.same(is{"the outcome's status", want, outcome.Status})
}

// Bucket is the name that R7 gives the bucket.
func (p *Play) Bucket() string { return "plldb-core-infrastructure-" + p.Region + "-" + p.Account }

// template checks that the bucket's template is the stack's and that cfn-lint has nothing to say of it.
func (p *Play) template(ctx context.Context, outcome drive.Outcome) error {
	key := "plldb/versions/" + outcome.Version + "/template.yaml"
	answer, err := p.Reader.Ask("s3", "get_object", python.Params{"Bucket": p.Bucket(), "Key": key})
	if err != nil {
		return err
	}
	rendered := word(answer, "Body")
	if err := p.hold(fact{
		"the stack's template is the bucket's, byte for byte", "cloudformation", "get_template",
		python.Params{"StackName": outcome.StackID, "TemplateStage": "Original"},
		"TemplateBody", rendered,
	}); err != nil {
		return err
	}

	file := filepath.Join(p.Folder, "template.yaml")
	if err := os.WriteFile(file, []byte(rendered), 0o600); err != nil {
		return err
	}
	if err := p.Python.Lint(ctx, file); err != nil {
		return fmt.Errorf("cfn-lint on the rendered template: %w", err)
	}
	return p.passed("cfn-lint, information included, finds nothing in the rendered template (R12)")
}

// digests are the zips of an outcome, by function.
func digests(o drive.Outcome) map[string]string {
	by := map[string]string{}
	for _, f := range o.Functions {
		by[f.Name] = f.SHA256
	}
	return by
}

// changes names the functions whose zips differ.
func changes(before, after drive.Outcome) []string {
	old, names := digests(before), []string{}
	for _, f := range after.Functions {
		if old[f.Name] != f.SHA256 {
			names = append(names, f.Name)
		}
	}
	return names
}

// sent names the functions that a run uploaded.
func sent(o drive.Outcome) []string {
	names := []string{}
	for _, f := range o.Functions {
		if f.Uploaded {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	return names
}
