package stack_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
)

// reason is a failure as CloudFormation tells it, and where it was seen.
type reason struct{ what, source, event string }

// reasons are the cases of testdata/reasons.txt, whose lines "error" and "hint" are what comes of them.
func reasons(t *testing.T) []reason {
	t.Helper()
	text, err := os.ReadFile("testdata/reasons.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all []reason
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		var r reason
		for line := range strings.Lines(block) {
			line = strings.TrimSuffix(line, "\n")
			for prefix, to := range map[string]*string{"# ": &r.what, "source: ": &r.source, "event: ": &r.event} {
				if rest, is := strings.CutPrefix(line, prefix); is {
					*to = rest
				}
			}
		}
		if r.what == "" || r.source == "" || r.event == "" {
			t.Fatalf("no case: %s", block)
		}
		all = append(all, r)
	}
	return all
}

// The reasons for which stacks like this one fail, in AWS's own words, and what a person is told: without the noise of the
// SDKs, and what to do.
func TestReasonsInWords(t *testing.T) {
	var b strings.Builder
	for _, r := range reasons(t) {
		w := newWorld().having("ROLLBACK_COMPLETE", func(st *fakeStack) { st.events = nil })
		for _, e := range []string{"plldb CREATE_IN_PROGRESS", r.event, "plldb ROLLBACK_COMPLETE"} {
			w.happen(w.stacks[0], told(e))
		}
		_, err := w.open().Watch(t.Context())
		p := mustProblem(t, err, report.ExitStack)
		begin := "the stack plldb could not be created and was rolled back: "
		words, is := strings.CutPrefix(p.Message, begin)
		if !is || p.Chain != nil {
			t.Errorf("%s: %q, %q", r.what, p.Message, p.Chain)
		}
		for _, noise := range []string{"Service:", "RequestToken", "Request ID", "HandlerErrorCode", "returned message", "null"} {
			if strings.Contains(p.Message, noise) || strings.HasSuffix(p.Message, ".") {
				t.Errorf("%s: %q is left in %q", r.what, noise, p.Message)
			}
		}
		fmt.Fprintf(&b, "# %s\nsource: %s\nevent: %s\nerror: … %s\nhint: %s\n\n", r.what, r.source, r.event, words, p.Hint)
	}
	golden(t, "reasons.txt", b.String())
}
