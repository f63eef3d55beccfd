package targets_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// seen is what shows a setting: the exit code, words of the error, and what AWS was asked or not asked.
type seen struct {
	code             int
	says, asked, not string
}

func (want seen) check(t *testing.T, w *world, got process) {
	t.Helper()
	switch {
	case got.code != want.code, !strings.Contains(got.errors, want.says):
		t.Errorf("exit code %d, want %d with %q: %s", got.code, want.code, want.says, got.errors)
	case want.asked != "" && !w.did(want.asked), want.not != "" && w.did(want.not):
		t.Errorf("AWS was asked %v, want %q and not %q", w.asked, want.asked, want.not)
	}
}

// setting is one variable: what a target does with and without it, other variables and the account being as they are.
type setting struct {
	name, value   string
	target, other string
	account       func(t *testing.T, w *world)
	without, with seen
}

func settings() []setting {
	empty := func(*testing.T, *world) {}
	made := func(template string, ours bool) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.make(t, template, ours) }
	}
	return []setting{
		{
			"PLLDB_ACCOUNT", "999999999999", "Destroy", "", empty,
			seen{},
			seen{code: 2, says: "of account 123456789012, not 999999999999"},
		},
		{
			"PLLDB_PURGE", "true", "Destroy", "", empty,
			seen{},
			seen{code: 2, says: "a purge removes the packages and the bucket for good", not: "GetCallerIdentity"},
		},
		{
			"PLLDB_YES", "true", "Bootstrap.Destroy", "PLLDB_PURGE=1", empty,
			seen{code: 2, says: "hint: say PLLDB_YES=true"},
			seen{asked: "ListObjectVersions"},
		},
		{
			"PLLDB_DRIFT", "true", "Bootstrap.Status", "", made(logGroup, true),
			seen{not: "DetectStackDrift"},
			seen{asked: "DetectStackDrift"},
		},
	}
}

// consents are the variables by which more is allowed than the safe way.
func consents() []setting {
	made := func(template string, ours bool) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { w.make(t, template, ours) }
	}
	return []setting{
		{
			"PLLDB_ADOPT", "true", "Destroy", "", made(logGroup, false),
			seen{code: 1, says: "with PLLDB_ADOPT=true", not: "DeleteStack"},
			seen{asked: "DeleteStack"},
		},
		{
			"PLLDB_FORCE", "1", "Destroy", "", held,
			seen{code: 3, says: "it is held", asked: "DeleteStack"},
			seen{asked: "DeleteStack"},
		},
		{
			"PLLDB_ALLOW_DATA_LOSS", "true", "Deploy", "", made(table, true),
			seen{code: 1, says: "with PLLDB_ALLOW_DATA_LOSS=true", not: "CreateBucket"},
			seen{asked: "ExecuteChangeSet"},
		},
		{
			"PLLDB_ALLOW_DOWNGRADE", "t", "Deploy", "", made(logGroup+"Outputs:\n  Version:\n    Value: 9.9.9\n", true),
			seen{code: 1, says: "with PLLDB_ALLOW_DOWNGRADE=true", not: "CreateBucket"},
			seen{asked: "ExecuteChangeSet"},
		},
		{
			"PLLDB_FORCE_ROLLBACK", "true", "Deploy", "", wedged,
			seen{code: 3, says: "no way back", asked: "ContinueUpdateRollback", not: "ExecuteChangeSet"},
			seen{asked: "ExecuteChangeSet"},
		},
	}
}

// "Under mage the settings are variables." Each is shown by what it changes.
func TestVariables(t *testing.T) {
	t.Parallel()
	for _, s := range append(settings(), consents()...) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			root := tree(t, compiles)
			w := newWorld(t)
			s.account(t, w)
			s.without.check(t, w, runMage(t, w, root, s.target, s.other))
			w = newWorld(t)
			s.account(t, w)
			s.with.check(t, w, runMage(t, w, root, s.target, s.other, s.name+"="+s.value))
		})
	}
}

// Every one of them that is a yes or a no says so when it is neither, before anything is done.
func TestAWrongVariable(t *testing.T) {
	t.Parallel()
	for _, s := range append(settings(), consents()...) {
		if s.name == "PLLDB_ACCOUNT" {
			continue
		}
		w := newWorld(t)
		says := `Error: ` + s.name + `="perhaps" is neither true nor false` + "\nhint: "
		want := seen{code: 2, says: says, not: "GetCallerIdentity"}
		want.check(t, w, runMage(t, w, t.TempDir(), "Destroy", s.name+"=perhaps"))
	}
}

// A variable that is no yes or no says what it is instead.
func TestAVariableOfItsOwnKind(t *testing.T) {
	t.Parallel()
	for set, says := range map[string]string{
		"PLLDB_ACCOUNT=123":    `Error: PLLDB_ACCOUNT="123" is not an account: that is twelve digits`,
		"PLLDB_TIMEOUT=soon":   `Error: PLLDB_TIMEOUT="soon" is no length of time` + "\nhint: write it like 30m",
		"PLLDB_TIMEOUT=-1s":    `Error: PLLDB_TIMEOUT="-1s" is no length of time`,
		"PLLDB_TAGS=a=b,team":  `Error: the tag "team" is not of the form KEY=VALUE` + "\nhint: correct PLLDB_TAGS",
		"PLLDB_TAGS=aws:x=y":   `Error: the tag "aws:x=y" is AWS's own`,
		"PLLDB_TAGS=a=b,,c=d ": `Error: the tag "" is not of the form KEY=VALUE`,
	} {
		w := newWorld(t)
		seen{code: 2, says: says, not: "GetCallerIdentity"}.check(t, w, runMage(t, w, t.TempDir(), "Destroy", set))
	}
}

// PLLDB_TAGS are put on the stack.
func TestTagsUnderMage(t *testing.T) {
	t.Parallel()
	root, w := tree(t, compiles), newWorld(t)
	got := runMage(t, w, root, "Deploy", "PLLDB_TAGS=team=debug,stage=a/b")
	out, err := w.formation().DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("plldb")})
	mustDo(t, err)
	tags := map[string]string{}
	for _, tag := range out.Stacks[0].Tags {
		tags[*tag.Key] = *tag.Value
	}
	if got.code != 0 || len(tags) != 3 || tags["team"] != "debug" || tags["stage"] != "a/b" {
		t.Errorf("exit code %d, tags %v, story %s", got.code, tags, got.errors)
	}
}

// PLLDB_TIMEOUT ends a run that waits for AWS.
func TestATimeoutUnderMage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Faults().Call(localcloud.Fault{Operation: "DescribeStacks", Stall: true, Drop: true, Match: func(in *wire.Call) bool {
		return in.AccessKey == runsKey
	}})
	want := seen{code: 1, says: "Error: not done within 1s, and the stack is not touched\nhint: ", not: "DeleteStack"}
	got := runMage(t, w, t.TempDir(), "Destroy", "PLLDB_TIMEOUT=1s")
	want.check(t, w, got)
	if !strings.Contains(got.errors, "a longer PLLDB_TIMEOUT") {
		t.Errorf("story %s", got.errors)
	}
}

// A variable that nobody reads is an error: misspelt, it would be a guard that is not there.
func TestAnUnknownVariable(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"PLLDB_ACCONT":  "Error: PLLDB_ACCONT is no setting of plldb's under mage\nhint: ",
		"PLLDB_CONFIRM": "mage never asks, and mage bootstrap:diff shows the plan",
	} {
		w := newWorld(t)
		want := seen{code: 2, says: says, not: "GetCallerIdentity"}
		want.check(t, w, runMage(t, w, t.TempDir(), "Destroy", name+"=1"))
	}
}
