package rollout_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// What diff prints is a patch: applied to the deployed template, by the line numbers in it, it gives the planned one.
func TestTheDifferenceIsAPatch(t *testing.T) {
	c := newCloud(t)
	root := tree(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	text := string(cloudformation.Template())
	write(t, templateIn(root), strings.NewReplacer("RetentionInDays: 14", "RetentionInDays: 30\n      # longer",
		"Timeout: 10", "Timeout: 12").Replace(text))
	c.story.events = nil
	r := packedRun(t, c, rollout.Settings{Dir: root})
	_, err := r.Diff(t.Context())
	mustDo(t, err)
	patch := ""
	for _, e := range c.story.events {
		if d, is := e.(report.TemplateDiff); is {
			patch = d.Text
		}
	}
	if n := strings.Count(patch, "\n@@ "); n < 3 {
		t.Fatalf("%d hunks in\n%s", n, patch)
	}
	deployed := c.template(t)
	lift := c.hurt(localcloud.Fault{Operation: "CreateChangeSet", Drop: true}) // the planned one is in the bucket by then
	setup(t, c, rollout.Settings{Dir: root})
	lift()
	if planned, _ := c.newest(t, "plldb/versions/0.1.0/template.yaml"); applied(t, deployed, patch) != planned {
		t.Errorf("applied it gives something else:\n%s", patch)
	}
}

// applied is a text with a unified diff applied, whose line numbers must be right.
func applied(t *testing.T, text, patch string) string {
	t.Helper()
	old, out := strings.SplitAfter(text, "\n"), []string{}
	at := 0 // lines of old that were passed
	for line := range strings.Lines(patch) {
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		case strings.HasPrefix(line, "@@ "):
			var from, lines, to, others int
			_, err := fmt.Sscanf(line, "@@ -%d,%d +%d,%d @@", &from, &lines, &to, &others)
			mustDo(t, err)
			out = append(out, old[at:from-1]...)
			if at = from - 1; len(out) != to-1 {
				t.Errorf("%q stands at line %d of the new text", strings.TrimSpace(line), len(out)+1)
			}
		case line[0] == '+':
			out = append(out, line[1:])
		default:
			if old[at] != line[1:] {
				t.Fatalf("line %d is %q, not %q", at+1, old[at], line[1:])
			}
			if at++; line[0] == ' ' {
				out = append(out, line[1:])
			}
		}
	}
	return strings.Join(append(out, old[at:]...), "")
}
