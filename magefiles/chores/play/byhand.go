package play

import (
	"context"
	"strings"

	"github.com/plldb/plldb/magefiles/chores/drive"
	"github.com/plldb/plldb/magefiles/chores/python"
)

// ByHand checks what plldb says of a stack that somebody has put a hand to: protected it, or changed it. It is a Last,
// for an AWS that knows termination protection and drift.
func ByHand(ctx context.Context, p *Play, _ drive.Outcome) error {
	if err := p.protected(ctx); err != nil {
		return err
	}
	return p.drifted(ctx)
}

// protected checks that destroy names termination protection, and takes nothing away.
func (p *Play) protected(ctx context.Context) error {
	if err := p.protect(true); err != nil {
		return err
	}
	if err := p.count(); err != nil {
		return err
	}
	said, err := p.Embedded.RunTo(ctx, 1, "bootstrap", "destroy")
	if err != nil {
		return err
	}
	if err := p.same(
		is{"destroy of a protected stack fails", "failed", said.Status},
		is{"it names the protection", true, strings.Contains(said.Error.Message, "protected against termination")},
	); err != nil {
		return err
	}
	if err := p.nothingNew(); err != nil {
		return err
	}
	return p.protect(false)
}

func (p *Play) protect(yes bool) error {
	return p.walk(step{"cloudformation", "update_termination_protection", false, python.Params{
		"StackName": "plldb", "EnableTerminationProtection": yes,
	}})
}

// The log group whose retention somebody changes, and the days: the template's, and the other ones.
const (
	handled  = "DefaultLogGroup"
	asMade   = 14
	asSet    = 30
	property = "/RetentionInDays"
)

// drifted checks that status --drift names what somebody changed, that setup does not repair it, and that nothing is
// named once it is as it was.
func (p *Play) drifted(ctx context.Context) error {
	group, err := p.Physical(handled)
	if err != nil {
		return err
	}
	if err := p.retain(group, asSet); err != nil {
		return err
	}
	differs := []drive.Drift{{
		LogicalID: handled, ResourceType: "AWS::Logs::LogGroup", Status: "MODIFIED",
		Properties: []drive.PropertyDrift{{Path: property, Kind: "NOT_EQUAL", Expected: "14", Actual: "30"}},
	}}
	if err := p.drift(ctx, "status --drift names what was changed, and nothing else", "DRIFTED", differs); err != nil {
		return err
	}
	if _, err := p.setup(ctx, p.Source, "unchanged"); err != nil {
		return err
	}
	if err := p.nothingNew(); err != nil {
		return err
	}
	if err := p.hold(fact{
		"setup repairs nothing unasked", "logs", "describe_log_groups",
		python.Params{"logGroupNamePrefix": group},
		"logGroups.0.retentionInDays", asSet,
	}); err != nil {
		return err
	}
	if err := p.retain(group, asMade); err != nil {
		return err
	}
	return p.drift(ctx, "put back by hand, nothing is named", "IN_SYNC", nil)
}

func (p *Play) retain(group string, days int) error {
	return p.walk(step{"logs", "put_retention_policy", false, python.Params{
		"logGroupName": group, "retentionInDays": days,
	}})
}

func (p *Play) drift(ctx context.Context, what, sum string, differs []drive.Drift) error {
	said, err := p.Embedded.Run(ctx, "bootstrap", "status", "--drift")
	if err != nil {
		return err
	}
	return p.same(is{"the stack's drift", sum, said.Drift}, is{what, differs, said.Drifts})
}
