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
// it goes into pipes.
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
