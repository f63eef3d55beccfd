package stack_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/stack"
)

var update = flag.Bool("update", false, "write the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it):\n%s", path, got)
	}
}

// seenIn is a stack of this plldb in a status, with a template that differs from wanted.
func seenIn(status string, change ...func(*stack.Seen)) stack.Seen {
	seen := stack.Seen{
		Name: "plldb", Exists: true, ID: "arn:stack", Status: status, Template: "old",
		Tags:    map[string]string{stack.TagKey: stack.TagValue},
		Outputs: map[string]string{stack.VersionOutput: "0.1.0"},
	}
	for _, c := range change {
		c(&seen)
	}
	return seen
}

func foreign(s *stack.Seen)   { s.Tags = map[string]string{"team": "other"} }
func same(s *stack.Seen)      { s.Template = "new" }
func without(s *stack.Seen)   { s.Template = "" }
func protected(s *stack.Seen) { s.Protected = true }
func stable(s *stack.Seen)    { s.EverStable = true }
func newer(s *stack.Seen)     { version("0.2.0")(s) }

func withTag(s *stack.Seen)       { s.Tags["team"] = "x" }
func withParameter(s *stack.Seen) { s.Parameters = map[string]string{"A": "b"} }

func version(v string) func(*stack.Seen) {
	return func(s *stack.Seen) { s.Outputs = map[string]string{stack.VersionOutput: v} }
}

func withTable(s *stack.Seen) {
	s.Resources = []stack.Resource{
		{LogicalID: "PLLDBSessions", PhysicalID: "t-1", Type: "AWS::DynamoDB::Table", Status: "CREATE_COMPLETE"},
		{LogicalID: "PLLDBDebugger", Type: "AWS::DynamoDB::Table", Status: "CREATE_FAILED"},
	}
}

func withAnother(s *stack.Seen) {
	s.Resources = append(s.Resources, stack.Resource{
		LogicalID: "Another", PhysicalID: "t-2", Type: "AWS::DynamoDB::GlobalTable", Status: "DELETE_FAILED",
	})
}

func withFunction(s *stack.Seen) {
	s.Resources = []stack.Resource{
		{
			LogicalID: "Handler", PhysicalID: "f-1", Type: "AWS::Lambda::Function", Status: "DELETE_FAILED",
			Reason: "it is in use",
		},
		{LogicalID: "Kept", PhysicalID: "t-1", Type: "AWS::DynamoDB::Table", Status: "DELETE_SKIPPED"},
	}
}

func tagged(key, value string) stack.Wanted {
	w := wanted()
	w.Tags = map[string]string{key: value}
	return w
}

func losing() stack.Wanted {
	w := wanted()
	w.Lost = func(deployed string) []string { return []string{"PLLDBSessions of " + deployed} }
	return w
}

// The whole table, to read: every status that CloudFormation knows, and one that it does not, for each verb.
func TestDecideTable(t *testing.T) {
	var b strings.Builder
	seens := []stack.Seen{{Name: "plldb"}}
	for _, s := range types.StackStatus("").Values() {
		seens = append(seens, seenIn(string(s)))
	}
	seens = append(seens, seenIn("SOMETHING_NEW"))
	for _, verb := range []stack.Verb{stack.Setup, stack.Destroy, stack.Watch} {
		fmt.Fprintf(&b, "%s\n", verb)
		for _, seen := range seens {
			d := stack.Decide(verb, seen, wanted(), stack.Consents{})
			fmt.Fprintf(&b, "  %-46s %s\n      %s\n", seen.Status, d.Action, d.Reason)
			if (d.Problem != nil) != (d.Action == stack.Refuse) {
				t.Errorf("%s %s: %s with the problem %v", verb, seen.Status, d.Action, d.Problem)
			}
		}
	}
	golden(t, "table.txt", b.String())
}

// decision is what the table should say of what was seen.
type decision struct {
	verb     stack.Verb
	seen     stack.Seen
	action   stack.Action
	consents stack.Consents
	want     stack.Wanted
}

func setup(seen stack.Seen, a stack.Action) decision {
	return decision{verb: stack.Setup, seen: seen, action: a, want: wanted()}
}

func destroy(seen stack.Seen, a stack.Action) decision {
	return decision{verb: stack.Destroy, seen: seen, action: a, want: wanted()}
}

func (d decision) with(c stack.Consents) decision {
	d.consents = c
	return d
}

func (d decision) wanting(w stack.Wanted) decision {
	d.want = w
	return d
}

func TestDecideRows(t *testing.T) {
	loss, adopt := stack.Consents{AllowDataLoss: true}, stack.Consents{Adopt: true}
	force := stack.Consents{Force: true}
	for name, c := range map[string]decision{
		"a foreign stack":          setup(seenIn("CREATE_COMPLETE", foreign), stack.Refuse),
		"a foreign stack, adopted": setup(seenIn("CREATE_COMPLETE", foreign), stack.Update).with(adopt),
		"a foreign stack, adopted, of the same text": setup(seenIn("CREATE_COMPLETE", foreign, same), stack.Update).
			with(adopt),
		"a foreign stack at work":  setup(seenIn("UPDATE_IN_PROGRESS", foreign), stack.Refuse),
		"a foreign stack going":    setup(seenIn("DELETE_IN_PROGRESS", foreign), stack.Follow),
		"a foreign stack, held":    setup(seenIn("DELETE_FAILED", foreign), stack.Refuse),
		"a foreign stack, destroy": destroy(seenIn("CREATE_COMPLETE", foreign), stack.Refuse),
		"a foreign stack, adopted, destroy": destroy(seenIn("CREATE_COMPLETE", foreign), stack.Delete).
			with(adopt),
		"a foreign stack, watch":   {verb: stack.Watch, seen: seenIn("CREATE_COMPLETE", foreign), action: stack.Settled},
		"equal":                    setup(seenIn("UPDATE_COMPLETE", same), stack.Unchanged),
		"equal after a rollback":   setup(seenIn("UPDATE_ROLLBACK_COMPLETE", same), stack.Check),
		"another after a rollback": setup(seenIn("UPDATE_ROLLBACK_COMPLETE"), stack.Update),
		"equal but a parameter":    setup(seenIn("UPDATE_COMPLETE", same, withParameter), stack.Update),
		"equal, with other tags":   setup(seenIn("UPDATE_COMPLETE", same, withTag), stack.Unchanged),
		"equal, and tagged":        setup(seenIn("UPDATE_COMPLETE", same, withTag), stack.Unchanged).wanting(tagged("team", "x")),
		"equal, tagged otherwise": setup(seenIn("UPDATE_COMPLETE", same, withTag), stack.Update).
			wanting(tagged("team", "y")),
		"equal, but not tagged": setup(seenIn("UPDATE_COMPLETE", same), stack.Update).wanting(tagged("team", "")),
		"plldb's tag is its own": setup(seenIn("UPDATE_COMPLETE", same), stack.Unchanged).
			wanting(tagged(stack.TagKey, "mine")),
		"a text not known yet": setup(seenIn("UPDATE_COMPLETE", without), stack.Update).
			wanting(stack.Wanted{Version: "0.1.0"}),
		"an import that was done": setup(seenIn("IMPORT_COMPLETE"), stack.Update),
		"a newer plldb":           setup(seenIn("UPDATE_COMPLETE", newer), stack.Refuse),
		"a newer plldb, allowed": setup(seenIn("UPDATE_COMPLETE", newer), stack.Update).
			with(stack.Consents{AllowDowngrade: true}),
		"a newer plldb, half-way": setup(seenIn("UPDATE_FAILED", newer, stable), stack.Refuse),
		"a newer plldb, destroy":  destroy(seenIn("UPDATE_COMPLETE", newer), stack.Delete),
		"a version that is none":  setup(seenIn("UPDATE_COMPLETE", version("x")), stack.Update),
		"0.10 is newer than 0.9": setup(seenIn("UPDATE_COMPLETE", version("0.10.0")), stack.Refuse).
			wanting(stack.Wanted{Version: "0.9.0"}),
		"a table that the text drops": setup(seenIn("UPDATE_COMPLETE"), stack.Refuse).wanting(losing()),
		"a dropped table, allowed":    setup(seenIn("UPDATE_COMPLETE"), stack.Update).wanting(losing()).with(loss),
		"a dropped table, before repairs": setup(seenIn("UPDATE_ROLLBACK_FAILED"), stack.Refuse).
			wanting(losing()),
		"a dropped table that never lived": setup(seenIn("ROLLBACK_COMPLETE"), stack.DeleteThenCreate).
			wanting(losing()),
		"not rolled back, a table there": setup(seenIn("ROLLBACK_FAILED", withTable), stack.Refuse),
		"not rolled back, loss allowed": setup(seenIn("ROLLBACK_FAILED", withTable), stack.DeleteThenCreate).
			with(loss),
		"not rolled back, no table":       setup(seenIn("ROLLBACK_FAILED", withFunction), stack.DeleteThenCreate),
		"not created, a table there":      setup(seenIn("CREATE_FAILED", withTable), stack.Refuse),
		"not created, no table":           setup(seenIn("CREATE_FAILED"), stack.DeleteThenCreate),
		"half-way, stable before":         setup(seenIn("UPDATE_FAILED", stable, withTable), stack.RollBack),
		"trap 51: half-way, never stable": setup(seenIn("UPDATE_FAILED", withTable), stack.Refuse),
		"trap 51: loss allowed":           setup(seenIn("UPDATE_FAILED", withTable), stack.RollBack).with(loss),
		"trap 51: no table":               setup(seenIn("UPDATE_FAILED", withFunction), stack.RollBack),
		"the rollback failed":             setup(seenIn("UPDATE_ROLLBACK_FAILED"), stack.ContinueRollback),
		"the rollback failed, forced": setup(seenIn("UPDATE_ROLLBACK_FAILED"), stack.ForceContinue).
			with(stack.Consents{ForceRollback: true}),
		"protected, to be deleted first": setup(seenIn("ROLLBACK_COMPLETE", protected), stack.Refuse),
		"protected, never stable":        setup(seenIn("UPDATE_FAILED", protected), stack.Refuse),
		"protected, stable":              setup(seenIn("UPDATE_FAILED", protected, stable), stack.RollBack),
		"protected, to be updated":       setup(seenIn("UPDATE_COMPLETE", protected), stack.Update),
		"protected, destroy":             destroy(seenIn("UPDATE_COMPLETE", protected), stack.Refuse),
		"protected at work, destroy":     destroy(seenIn("UPDATE_IN_PROGRESS", protected), stack.Refuse),
		"not deleted, destroy":           destroy(seenIn("DELETE_FAILED", withFunction), stack.Delete),
		"not deleted, destroy by force": destroy(seenIn("DELETE_FAILED", withFunction), stack.ForceDelete).
			with(force),
		"force is for DELETE_FAILED alone": destroy(seenIn("UPDATE_COMPLETE"), stack.Delete).with(force),
		"not deleted, setup":               setup(seenIn("DELETE_FAILED", withFunction), stack.Refuse).with(force),
	} {
		t.Run(name, func(t *testing.T) {
			if d := stack.Decide(c.verb, c.seen, c.want, c.consents); d.Action != c.action {
				t.Errorf("%s (%s), want %s", d.Action, d.Reason, c.action)
			}
		})
	}
}

// What tags a stack in REVIEW_IN_PROGRESS shows is not known: the row about owners does not apply to it.
func TestTrap60OwnerUnderReview(t *testing.T) {
	seen := seenIn("REVIEW_IN_PROGRESS", foreign)
	for verb, want := range map[stack.Verb]stack.Action{
		stack.Setup: stack.Create, stack.Destroy: stack.Delete, stack.Watch: stack.Absent,
	} {
		if d := stack.Decide(verb, seen, wanted(), stack.Consents{}); d.Action != want {
			t.Errorf("%s: %s, want %s", verb, d.Action, want)
		}
	}
}

// Setup never deletes a stack that once worked, whatever it is allowed.
func TestTrap34WhatWorkedIsNotDeleted(t *testing.T) {
	everything := stack.Consents{Adopt: true, AllowDataLoss: true, AllowDowngrade: true, ForceRollback: true, Force: true}
	for _, status := range []string{
		"CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_FAILED", "UPDATE_ROLLBACK_FAILED", "UPDATE_ROLLBACK_COMPLETE",
		"DELETE_FAILED", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_FAILED", "IMPORT_ROLLBACK_COMPLETE", "SOMETHING_NEW",
	} {
		switch d := stack.Decide(stack.Setup, seenIn(status, stable, withTable), wanted(), everything); d.Action {
		case stack.Delete, stack.ForceDelete, stack.DeleteThenCreate:
			t.Errorf("%s: %s", status, d.Action)
		}
	}
}

// What a refusal says: one sentence that names the thing, what to do, and the exit code.
func TestRefusals(t *testing.T) {
	var b strings.Builder
	for _, c := range []struct {
		verb stack.Verb
		seen stack.Seen
		want stack.Wanted
	}{
		{stack.Setup, seenIn("CREATE_COMPLETE", foreign), wanted()},
		{stack.Setup, seenIn("CREATE_COMPLETE", newer), wanted()},
		{stack.Setup, seenIn("CREATE_COMPLETE"), losing()},
		{stack.Setup, seenIn("ROLLBACK_FAILED", withTable), wanted()},
		{stack.Setup, seenIn("ROLLBACK_FAILED", withTable, withAnother), wanted()},
		{stack.Setup, seenIn("UPDATE_FAILED", withTable), wanted()},
		{stack.Setup, seenIn("DELETE_FAILED", withFunction), wanted()},
		{stack.Setup, seenIn("DELETE_FAILED"), wanted()},
		{stack.Setup, seenIn("IMPORT_ROLLBACK_FAILED"), wanted()},
		{stack.Destroy, seenIn("SOMETHING_NEW"), wanted()},
		{stack.Destroy, seenIn("CREATE_COMPLETE", protected), wanted()},
	} {
		d := stack.Decide(c.verb, c.seen, c.want, stack.Consents{})
		if d.Problem == nil {
			t.Fatalf("%s %s: %s", c.verb, c.seen.Status, d.Action)
		}
		fmt.Fprintf(&b, "error: %s\nhint: %s\nexit: %d\n\n", d.Problem.Message, d.Problem.Hint, d.Problem.Code)
	}
	golden(t, "refusals.txt", b.String())
	d := stack.Decide(stack.Setup, seenIn("ROLLBACK_FAILED", withFunction), wanted(), stack.Consents{})
	if !strings.Contains(d.Reason, "still there: Handler (AWS::Lambda::Function)") || strings.Contains(d.Reason, "Kept") {
		t.Errorf("what is still there is not said: %s", d.Reason)
	}
}
