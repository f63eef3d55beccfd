package stack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// A repair that ends where it began is the end of the run: doing the same again would not help. The local cloud has no
// rollback that ends in UPDATE_FAILED, and none by force that fails.
func TestRepairsInVain(t *testing.T) {
	for name, c := range map[string]struct {
		operation string
		status    string
		consents  stack.Consents
	}{
		"UPDATE_FAILED": {"RollbackStack", "UPDATE_FAILED", stack.Consents{AllowDataLoss: true}},
		"UPDATE_ROLLBACK_FAILED, by force": {
			"ContinueUpdateRollback", "UPDATE_ROLLBACK_FAILED", stack.Consents{ForceRollback: true},
		},
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having(c.status).play(c.operation, []scene{at("UPDATE_ROLLBACK_IN_PROGRESS"), at(c.status)})
			res, err := w.open().deploy(t, c.consents)
			ending{c.operation, report.Failed, report.ExitStack}.check(t, w, res, err)
		})
	}
}

// ending is how a run should end: what it wrote, in order, the status, and the code of its problem, 0 for none.
type ending struct {
	writes string
	status report.Status
	code   int
}

func (e ending) check(t *testing.T, w interface{ writes() string }, res stack.Result, err error) {
	t.Helper()
	if e.code == 0 && err != nil {
		t.Fatal(err)
	}
	if e.code != 0 {
		mustProblem(t, err, e.code)
	}
	mustStatus(t, res, e.status)
	if writes := w.writes(); writes != e.writes {
		t.Errorf("writes %q, want %q", writes, e.writes)
	}
}

// writes names the calls that changed something, in order.
func (w *world) writes() string { return writesAmong(w.after(0)) }

func writesAmong(names []string) string {
	return strings.Join(slices.DeleteFunc(names, func(name string) bool {
		return strings.HasPrefix(name, "Describe") || strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Get")
	}), " ")
}
