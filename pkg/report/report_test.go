package report_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/plldb/plldb/pkg/report"
)

func TestAsProblem(t *testing.T) {
	behind := errors.New("behind")
	known := &report.Problem{Message: "no region", Hint: "name one", Code: report.ExitUsage, Err: behind}
	for name, err := range map[string]error{
		"a problem":            known,
		"a wrapped problem":    fmt.Errorf("looking: %w", fmt.Errorf("asking: %w", known)),
		"one of joined errors": errors.Join(behind, known),
	} {
		if got := report.AsProblem(err); got != known {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestAsProblemOfAnyOtherError(t *testing.T) {
	err := errors.New("reading the manifest: no space left on device")
	got := report.AsProblem(err)
	if got.Message != err.Error() || got.Hint != "" || got.Code != report.ExitFailed || !errors.Is(got, err) {
		t.Errorf("got %+v", got)
	}
}

// A problem is an error whose text is its sentence, behind which the cause can be found, with the exit code that mage asks
// for.
func TestProblem(t *testing.T) {
	behind := errors.New("behind")
	p := &report.Problem{Message: "no region", Hint: "name one", Code: report.ExitUsage, Err: behind}
	if p.Error() != "no region" || !errors.Is(p, behind) {
		t.Errorf("%v hides %v", p, behind)
	}
	var status interface{ ExitStatus() int }
	if !errors.As(error(p), &status) || status.ExitStatus() != report.ExitUsage {
		t.Errorf("%v has no exit status", p)
	}
	if errors.Unwrap(&report.Problem{Message: "no"}) != nil {
		t.Error("a problem without a cause has one")
	}
}
