package main

import (
	"testing"

	"github.com/plldb/plldb/pkg/report"
)

// Who watches runs nothing again, but for what must be asked for by a flag.
func TestHintsWhileWatching(t *testing.T) {
	for hint, want := range map[string]string{
		"correct these lines and run this again; nothing was packaged or sent": "correct these lines; nothing was packaged or sent",
		"mend the template, then run this again":                               "mend the template",
		"remove what still uses it, then try again\nread on":                   "remove what still uses it\nread on",
		"update plldb, or run this again with --allow-downgrade":               "update plldb, or run this again with --allow-downgrade",
		"save its data, then run this again with --allow-data-loss":            "save its data, then run this again with --allow-data-loss",
		"nothing goes on at AWS; run the same command again to finish it":      "nothing goes on at AWS",
		"": "",
	} {
		p := &report.Problem{Message: "wrong", Hint: hint, Code: report.ExitStack}
		if got := whileWatching(p); got.Hint != want || got.Message != p.Message || got.Code != p.Code || p.Hint != hint {
			t.Errorf("%q: got %q, want %q", hint, got.Hint, want)
		}
	}
	if got := whileWatching(&report.Problem{Hint: "plldb local", Code: report.ExitRunning}); got.Hint != "" {
		t.Errorf("it goes on with %q", got.Hint)
	}
	if whileWatching(nil) != nil {
		t.Error("something is wrong where nothing is")
	}
}

// What this process deployed is kept of a stack that is still the same, and of no other.
func TestWhatIsKnownOfAStack(t *testing.T) {
	stack := func(version string, uploaded bool) report.Outcome {
		return report.Outcome{
			StackID: "id", Outputs: map[string]string{"Version": "1"},
			Functions: []report.Function{{Name: "f", VersionID: version, Uploaded: uploaded}},
		}
	}
	before := stack("1", true)
	before.TemplateURL = "https://template"
	if got := since(before, stack("1", false)); got.TemplateURL != before.TemplateURL || !got.Functions[0].Uploaded {
		t.Errorf("of the same stack %+v is known", got)
	}
	if got := since(before, stack("2", false)); got.TemplateURL != "" || got.Functions[0].Uploaded {
		t.Errorf("of another stack %+v is known", got)
	}
	if got := since(before, report.Outcome{}); got.TemplateURL != "" || got.StackID != "" || got.Outputs != nil {
		t.Errorf("of none %+v is known", got)
	}
}

// The command that goes on leads to the same cloud, and forgets nothing.
func TestTheCommandThatGoesOn(t *testing.T) {
	o := &served{options: &options{}, addr: localAddr, reset: true}
	o.local.on, o.local.state = true, "/tmp/my state"
	if got, want := o.onward(), "plldb local --state '/tmp/my state'"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	o.addr, o.region, o.watch, o.pairs, o.local.speed = "127.0.0.1:0", "eu-west-1", true, []string{"a=b c"}, 10
	o.consents.Adopt, o.consents.AllowDataLoss, o.consents.AllowDowngrade, o.consents.ForceRollback = true, true, true, true
	want := "plldb local --state '/tmp/my state' --speed 10 --addr 127.0.0.1:0 --region eu-west-1 --tag 'a=b c' --watch --adopt " +
		"--allow-data-loss --allow-downgrade --force-rollback"
	if got := o.onward(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
