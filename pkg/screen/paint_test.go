package screen_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

var escapes = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Colour adds to the story and takes nothing away: without its escape codes it is the plain one. The answer has none, for
// it may go into a pipe while the story is on a terminal.
func TestColor(t *testing.T) {
	for _, s := range scenarios() {
		plain, painted := show(s, screen.Options{}), show(s, screen.Options{Color: true})
		if strings.Contains(plain.err, "\x1b") {
			t.Errorf("%s: escape codes without colour: %q", s.name, plain.err)
		}
		if !escapes.MatchString(painted.err) {
			t.Errorf("%s: no colour in %q", s.name, painted.err)
		}
		if got := escapes.ReplaceAllString(painted.err, ""); got != plain.err {
			t.Errorf("%s: with colour the story is\n%s\nwant\n%s", s.name, got, plain.err)
		}
		if painted.out != plain.out {
			t.Errorf("%s: with colour the answer is %q", s.name, painted.out)
		}
	}
}

// What is found can be coloured where the answer goes, whatever the story is, and nothing is said by colour alone.
func TestColorOfTheAnswer(t *testing.T) {
	coloured := map[string]bool{}
	for _, s := range scenarios() {
		plain, painted := show(s, screen.Options{}), show(s, screen.Options{OutColor: true})
		if got := escapes.ReplaceAllString(painted.out, ""); got != plain.out {
			t.Errorf("%s: with colour the answer is\n%s\nwant\n%s", s.name, got, plain.out)
		}
		if painted.err != plain.err {
			t.Errorf("%s: the story became %q", s.name, painted.err)
		}
		coloured[s.name] = painted.out != plain.out
	}
	for name, want := range map[string]bool{"diff": true, "status-drifted": true, "created": false, "confirmed": false} {
		if coloured[name] != want {
			t.Errorf("%s: the answer has colour: %t, want %t", name, !want, want)
		}
	}
}

// What agrees is green, what differs is not; the sides of a template's difference and a loss can be told at a glance.
func TestColorOfFindings(t *testing.T) {
	const red, green, yellow, alarm = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[31;1m"
	for _, test := range []struct {
		event report.Event
		want  string
	}{
		{report.Compared{Local: "a", Uploaded: "a", Deployed: "a"}, green + "agrees"},
		{report.Compared{Local: "a", Uploaded: "a", Deployed: "b"}, yellow + "differs"},
		{report.Planned{What: "a", Refused: true}, alarm + "plan:"},
		{report.TemplateDiff{Text: "-a\n"}, red + "-a"},
		{report.TemplateDiff{Text: "+a\n"}, green + "+a"},
		{report.ResourceChange{Action: "Modify", Loses: "replaces"}, alarm + "DATA LOSS: replaces"},
		{report.Drifted{Status: "MODIFIED"}, yellow + "MODIFIED"},
		{report.Drifted{Status: "DELETED"}, alarm + "DELETED"},
	} {
		s := scenario{events: []report.Event{test.event}}
		if got := show(s, screen.Options{Color: true}).err; !strings.Contains(got, test.want) {
			t.Errorf("%+v is shown as %q", test.event, got)
		}
	}
}

// The colour of a status says whether it is good: COMPLETE alone is not, since a rollback completes too.
func TestColorOfAStatus(t *testing.T) {
	const red, green = "\x1b[31;1m", "\x1b[32m"
	for status, want := range map[string]string{
		"CREATE_COMPLETE":          green,
		"DELETE_COMPLETE":          green,
		"CREATE_FAILED":            red,
		"ROLLBACK_IN_PROGRESS":     red,
		"UPDATE_ROLLBACK_COMPLETE": red,
		"UPDATE_IN_PROGRESS":       "",
	} {
		s := scenario{events: []report.Event{report.StackEvent{Status: status}}}
		if got := show(s, screen.Options{Color: true}).err; !strings.Contains(got, "  "+want+status) {
			t.Errorf("%s is shown as %q", status, got)
		}
	}
}

// What AWS and people name is text: a percent sign in it is no verb.
func TestNamesAreNoFormats(t *testing.T) {
	s := scenario{events: []report.Event{
		report.Account{ID: "1%d", Region: "r%s", Caller: "c%v"},
		report.Notice{Text: "100%d"},
		report.StackEvent{Status: "S%s", LogicalID: "L%d", ResourceType: "T%d", Reason: "50%d"},
	}}
	got := show(s, screen.Options{}).err
	for _, want := range []string{"account 1%d, region r%s, as c%v\n", "  100%d\n", "  S%s  L%d  T%d: 50%d\n"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q does not hold %q", got, want)
		}
	}
}

func environment(set map[string]string) func(string) string {
	return func(name string) string { return set[name] }
}

func TestColorDoesNotFitAFile(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if screen.ColorFits(f, environment(map[string]string{"TERM": "xterm-256color"})) {
		t.Error("a file is no terminal")
	}
}
