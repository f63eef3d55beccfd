package screen_test

import (
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

// Long values are cut to where they differ, and never within a letter.
func TestValuesOfAChange(t *testing.T) {
	long := strings.Repeat("ä", 60)
	for name, test := range map[string]struct{ before, after, want string }{
		"short":               {"7", "14", "7 → 14"},
		"just short enough":   {long, "ä", long + " → ä"},
		"both just short":     {long[:118] + "a", long[:118] + "b", long[:118] + "a → " + long[:118] + "b"},
		"one letter too long": {long + "ö", "x", long + "… → x"},
		"alike at first":      {long + long + "a", long + long + "b", "…" + long[:24] + "a → …" + long[:24] + "b"},
		"one goes on":         {long, long + "ö", "…" + long[:24] + " → …" + long[:24] + "ö"},
		"cut at both ends":    {long + "a" + long, long + "b", "…" + long[:24] + "a" + long[:94] + "… → …" + long[:24] + "b"},
		"new":                 {"", "14", "nothing → 14"},
		"gone":                {"7", "", "7 → nothing"},
		"what terminals obey": {"a\x1b[2J\u009bb", "c\x00\x7f", "a[2Jb → c"},
		"more than one line":  {"a\n\tb\r\n", "c", "a b → c"},
	} {
		s := scenario{events: []report.Event{report.ResourceChange{
			Action: "Modify", Properties: []report.PropertyChange{{Path: "/P", Before: test.before, After: test.after}},
		}}}
		if got := show(s, screen.Options{}).err; !strings.HasSuffix(got, "\n      /P: "+test.want+"\n") {
			t.Errorf("%s: got %s, want %s", name, got, test.want)
		}
	}
}

// The state of a stack is said in words where it is not simply one of success.
func TestMeaningOfAState(t *testing.T) {
	for state, want := range map[string]string{
		"CREATE_COMPLETE":                     "CREATE_COMPLETE, plldb",
		"REVIEW_IN_PROGRESS":                  "(it is empty: its first change set was never executed)",
		"CREATE_IN_PROGRESS":                  "(it is being created)",
		"UPDATE_IN_PROGRESS":                  "(it is being updated)",
		"DELETE_IN_PROGRESS":                  "(it is being deleted)",
		"IMPORT_IN_PROGRESS":                  "(it is being changed)",
		"UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": "(it is being tidied up)",
		"ROLLBACK_IN_PROGRESS":                "(it is being rolled back)",
		"UPDATE_ROLLBACK_IN_PROGRESS":         "(it is being rolled back)",
		"UPDATE_ROLLBACK_FAILED":              "(its last change failed, and so did taking it back)",
		"DELETE_FAILED":                       "(its last change failed)",
		"UPDATE_ROLLBACK_COMPLETE":            "(its last change failed and was taken back)",
	} {
		s := scenario{answer: true, events: []report.Event{present(state, "")}}
		if got := show(s, screen.Options{}).out; !strings.Contains(got, ": "+state) || !strings.Contains(got, want) {
			t.Errorf("%s is told as %q, want %s", state, got, want)
		}
	}
}

// With JSON the findings are lines of the answer, and do not come to the story a second time.
func TestFindingsAreToldOnce(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		for _, s := range findings() {
			s.answer = true
			if got := show(s, screen.Options{JSON: asJSON}).err; strings.Contains(got, "differs  ") {
				t.Errorf("%s, JSON %t: the story holds what is the answer: %s", s.name, asJSON, got)
			}
		}
	}
}
