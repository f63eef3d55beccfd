package play

import (
	"context"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
	"github.com/plldb/plldb/magefiles/chores/source"
)

// exitDiffers is the exit code of diff --exit-code when setup would change something.
const exitDiffers = 6

// status checks that what plldb says of the stack is what boto3 sees.
func (p *Play) status(ctx context.Context) error {
	if err := p.count(); err != nil {
		return err
	}
	said, err := p.Embedded.Run(ctx, "bootstrap", "status")
	if err != nil {
		return err
	}
	answer, err := p.Reader.Ask("cloudformation", "describe_stacks", python.Params{"StackName": "plldb"})
	if err != nil {
		return err
	}
	outputs := map[string]string{}
	for _, output := range list(answer, "Stacks.0.Outputs") {
		outputs[word(output, "OutputKey")] = word(output, "OutputValue")
	}
	if err := p.same(
		is{"status: the stack is there", "present", said.Status},
		is{"status names the stack", word(answer, "Stacks.0.StackId"), said.StackID},
		is{"status says its state", word(answer, "Stacks.0.StackStatus"), said.StackStatus},
		is{"status says its outputs", outputs, said.Outputs},
		is{"status says which code was deployed", digests(p.done), digests(said)},
	); err != nil {
		return err
	}
	if err := p.functions(said); err != nil {
		return err
	}
	return p.nothingNew()
}

// diffNothing finds no difference after a setup.
func (p *Play) diffNothing(ctx context.Context) error {
	if err := p.count(); err != nil {
		return err
	}
	said, err := p.Embedded.Run(ctx, "bootstrap", "diff", "--exit-code")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"diff --exit-code: 0, nothing differs", "unchanged", said.Status},
		is{"diff plans nothing", 0, len(said.Plans)},
	); err != nil {
		return err
	}
	return p.nothingNew()
}

// diffChanged changes a function, and diff says so, and writes nothing.
func (p *Play) diffChanged(ctx context.Context) error {
	if err := source.Change(p.Source.Dir, Changed, "changed"); err != nil {
		return err
	}
	if err := p.count(); err != nil {
		return err
	}
	said, err := p.Source.RunTo(ctx, exitDiffers, "bootstrap", "diff", "--exit-code")
	if err != nil {
		return err
	}
	plain, err := p.Source.Run(ctx, "bootstrap", "diff")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"diff --exit-code: 6, it differs", "differs", said.Status},
		is{"diff would send the changed function alone", []string{Changed}, planned(said)},
		is{"diff without --exit-code: 0, with the same plan", said.Plans, plain.Plans},
	); err != nil {
		return err
	}
	return p.nothingNew()
}

// planned names the functions that a diff would send.
func planned(o drive.Outcome) []string {
	names := []string{}
	for _, what := range o.Plans {
		if name, zip := strings.CutSuffix(what, ".zip"); zip {
			names = append(names, name[strings.LastIndex(name, "/")+1:])
		}
	}
	return names
}

// Tagged puts a tag on the stack, which a later setup without it leaves there. It is a Last, for an AWS that makes a
// change set for a tag: moto compares template and parameters alone.
func Tagged(ctx context.Context, p *Play, _ drive.Outcome) error {
	if _, err := p.setup(ctx, p.Source, "updated", "--tag", "team=x"); err != nil {
		return err
	}
	if err := p.tagged("the stack has the tag that was asked for"); err != nil {
		return err
	}
	if _, err := p.setup(ctx, p.Source, "unchanged"); err != nil {
		return err
	}
	if err := p.tagged("a setup without --tag leaves it there"); err != nil {
		return err
	}
	return p.nothingNew()
}

func (p *Play) tagged(what string) error {
	answer, err := p.Reader.Ask("cloudformation", "describe_stacks", python.Params{"StackName": "plldb"})
	if err != nil {
		return err
	}
	want := []map[string]string{{"Key": "plldb:stack", "Value": "bootstrap"}, {"Key": "team", "Value": "x"}}
	return p.same(is{what, want, sorted(list(answer, "Stacks.0.Tags"), "Key")})
}
