package rollout_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

func wantStatus(t *testing.T, o report.Outcome, want report.Status) {
	t.Helper()
	if o.Status != want {
		t.Fatalf("status %s, want %s (%+v)", o.Status, want, o.Problem)
	}
}

// wantProblem checks a failed outcome: its status, its exit code, and words of its message or hint.
func wantProblem(t *testing.T, o report.Outcome, status report.Status, code int, says ...string) {
	t.Helper()
	if o.Problem == nil || o.Status != status || o.Problem.Code != code {
		t.Fatalf("status %s, want %s with exit code %d (%+v)", o.Status, status, code, o.Problem)
	}
	for _, words := range says {
		if !strings.Contains(o.Problem.Message+"\n"+o.Problem.Hint, words) {
			t.Errorf("no %q in: %s\nhint: %s", words, o.Problem.Message, o.Problem.Hint)
		}
	}
}

// holds checks what the account holds against the outcome of a setup: the packages and the template at their versions,
// the stack made of that template, and in Lambda the code of the packages.
func (c *cloud) holds(t *testing.T, o report.Outcome) {
	t.Helper()
	text, version := c.newest(t, artifact.TemplateKey(artifact.Version))
	if want := c.url + "/" + bucket + "/plldb/versions/0.1.0/template.yaml?versionId=" + version; o.TemplateURL != want {
		t.Errorf("template URL %s, want %s", o.TemplateURL, want)
	}
	if c.template(t) != text {
		t.Error("the stack is not made of the template that the bucket holds")
	}
	var sums []string
	for _, f := range o.Functions {
		zip, version := c.newest(t, f.Key)
		if f.VersionID != version || artifact.DigestOf([]byte(zip)).String() != f.Digest {
			t.Errorf("the bucket does not hold %+v", f)
		}
		sums = append(sums, f.Digest)
	}
	slices.Sort(sums)
	if runs := c.code(t); !slices.Equal(runs, sums) {
		t.Errorf("the functions run %v, want %v", runs, sums)
	}
}

func newRun(c *cloud, s rollout.Settings) *rollout.Run {
	return rollout.New(s, c.open, &c.story, c.clock)
}

// packing lets one run at a time compile and pack: tests share a tree, and with it the folder of the binaries.
var packing sync.Mutex

// packedRun is a run that has compiled and packed the functions. What went wrong there it says again.
func packedRun(t *testing.T, c *cloud, s rollout.Settings) *rollout.Run {
	t.Helper()
	r := newRun(c, s)
	packing.Lock()
	defer packing.Unlock()
	_, _ = r.Zip(t.Context())
	return r
}

// setup runs a whole setup and returns its outcome.
func setup(t *testing.T, c *cloud, s rollout.Settings) report.Outcome {
	t.Helper()
	r := packedRun(t, c, s)
	_, err := r.Deploy(t.Context())
	return r.Outcome(t.Context(), rollout.Setup, err)
}

func destroy(t *testing.T, c *cloud, s rollout.Settings) report.Outcome {
	t.Helper()
	r := newRun(c, s)
	_, err := r.Destroy(t.Context())
	return r.Outcome(t.Context(), rollout.Destroy, err)
}

// story keeps what runs told.
type story struct {
	mu     sync.Mutex
	events []report.Event
}

func (s *story) Tell(e report.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events = append(s.events, e)
}

// says tells whether a notice or a warning with these words was told.
func (s *story) says(words string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.events, func(e report.Event) bool {
		notice, _ := e.(report.Notice)
		warning, _ := e.(report.Warning)
		return strings.Contains(notice.Text+warning.Text, words)
	})
}
