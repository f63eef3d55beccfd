package stack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Each broken state, walked to its end: what is called, in order, and how it ends.
func TestRepairs(t *testing.T) {
	rolledBack := []scene{at("UPDATE_ROLLBACK_IN_PROGRESS"), at("UPDATE_ROLLBACK_COMPLETE")}
	stableOnce := func(st *fakeStack) {
		st.events = slices.Insert(st.events, 0, types.StackEvent{
			EventId: aws.String("first"), StackId: st.StackId, PhysicalResourceId: st.StackId,
			ResourceStatus: "CREATE_COMPLETE", Timestamp: aws.Time(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)),
		})
	}
	stuck := []scene{at("UPDATE_ROLLBACK_IN_PROGRESS", told("Role UPDATE_FAILED broken")), at("UPDATE_ROLLBACK_FAILED")}
	held := []scene{at("DELETE_FAILED", told("Function DELETE_FAILED in use"))}
	anew := func(status string) *world {
		return newWorld().having(status).play("DeleteStack", deletes()).play("ExecuteChangeSet", creates())
	}
	halfWay := func(plays ...[]scene) *world {
		return newWorld().having("UPDATE_FAILED", stableOnce).play("RollbackStack", plays...).
			play("ExecuteChangeSet", updates())
	}
	unrolled := func(plays ...[]scene) *world {
		return newWorld().having("UPDATE_ROLLBACK_FAILED").play("ContinueUpdateRollback", plays...).
			play("ExecuteChangeSet", updates())
	}
	failed := func(writes string) ending { return ending{writes, report.Failed, report.ExitStack} }
	for name, c := range map[string]struct {
		world    *world
		consents stack.Consents
		ending   ending
	}{
		"ROLLBACK_COMPLETE": {
			anew("ROLLBACK_COMPLETE"),
			stack.Consents{},
			ending{"DeleteStack CreateChangeSet ExecuteChangeSet", report.Created, 0},
		},
		"CREATE_FAILED": {
			anew("CREATE_FAILED"),
			stack.Consents{},
			ending{"DeleteStack CreateChangeSet ExecuteChangeSet", report.Created, 0},
		},
		"ROLLBACK_FAILED, not deleted": {
			newWorld().having("ROLLBACK_FAILED").play("DeleteStack", held), stack.Consents{Force: true}, failed("DeleteStack"),
		},
		"UPDATE_FAILED": {
			halfWay(rolledBack),
			stack.Consents{},
			ending{"RollbackStack CreateChangeSet ExecuteChangeSet", report.Updated, 0},
		},
		"UPDATE_FAILED, never stable": {
			newWorld().having("UPDATE_FAILED").play("RollbackStack", deletes()).play("ExecuteChangeSet", creates()),
			stack.Consents{},
			ending{"RollbackStack CreateChangeSet ExecuteChangeSet", report.Created, 0},
		},
		"UPDATE_FAILED, not rolled back at first": {
			halfWay([]scene{at("UPDATE_ROLLBACK_FAILED")}).play("ContinueUpdateRollback", rolledBack),
			stack.Consents{},
			ending{"RollbackStack ContinueUpdateRollback CreateChangeSet ExecuteChangeSet", report.Updated, 0},
		},
		"UPDATE_FAILED again": {halfWay([]scene{at("UPDATE_FAILED")}), stack.Consents{}, failed("RollbackStack")},
		"UPDATE_ROLLBACK_FAILED": {
			unrolled(rolledBack),
			stack.Consents{},
			ending{"ContinueUpdateRollback CreateChangeSet ExecuteChangeSet", report.Updated, 0},
		},
		"UPDATE_ROLLBACK_FAILED again": {unrolled(stuck), stack.Consents{}, failed("ContinueUpdateRollback")},
		"UPDATE_ROLLBACK_FAILED by force, again": {
			unrolled(stuck), stack.Consents{ForceRollback: true}, failed("ContinueUpdateRollback"),
		},
		"at work": {
			newWorld().having("UPDATE_IN_PROGRESS").showing(at("UPDATE_IN_PROGRESS"), at("UPDATE_COMPLETE")).
				play("ExecuteChangeSet", updates()),
			stack.Consents{},
			ending{"CreateChangeSet ExecuteChangeSet", report.Updated, 0},
		},
		"being deleted": {
			newWorld().having("DELETE_IN_PROGRESS").showing(deletes()...).play("ExecuteChangeSet", creates()),
			stack.Consents{},
			ending{"CreateChangeSet ExecuteChangeSet", report.Created, 0},
		},
	} {
		bubble(name, t, func(t *testing.T) {
			res, err := c.world.open().deploy(t, c.consents)
			c.ending.check(t, c.world, res, err)
		})
	}
}

// ending is how a run should end: what it wrote, in order, the status, and the code of its problem, 0 for none.
type ending struct {
	writes string
	status report.Status
	code   int
}

func (e ending) check(t *testing.T, w *world, res stack.Result, err error) {
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
func (w *world) writes() string {
	var names []string
	for _, name := range w.after(0) {
		if !strings.HasPrefix(name, "Describe") && !strings.HasPrefix(name, "List") && !strings.HasPrefix(name, "Get") {
			names = append(names, name)
		}
	}
	return strings.Join(names, " ")
}

func TestForceRollback(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_ROLLBACK_FAILED").
			play("ContinueUpdateRollback", []scene{at("UPDATE_ROLLBACK_COMPLETE")}).play("ExecuteChangeSet", updates())
		if _, err := w.open().deploy(t, stack.Consents{ForceRollback: true}); err != nil {
			t.Fatal(err)
		}
		in := input[*cloudformation.ContinueUpdateRollbackInput](w)
		if !aws.ToBool(in.ForceRollback) || in.ResourcesToSkip != nil || aws.ToString(in.ClientRequestToken) == "" {
			t.Errorf("request %+v", in)
		}
	})
	bubble("the way there is said", t, func(t *testing.T) {
		stuck := []scene{at("UPDATE_ROLLBACK_IN_PROGRESS"), at("UPDATE_ROLLBACK_FAILED")}
		w := newWorld().having("UPDATE_ROLLBACK_FAILED").play("ContinueUpdateRollback", stuck)
		_, err := w.open().deploy(t, stack.Consents{})
		if p := mustProblem(t, err, report.ExitStack); !strings.Contains(p.Hint, "--force-rollback") {
			t.Errorf("hint %q", p.Hint)
		}
		if aws.ToBool(input[*cloudformation.ContinueUpdateRollbackInput](w).ForceRollback) {
			t.Error("forced without consent")
		}
	})
	// A repair that leaves nothing to update is not "unchanged".
	bubble("nothing to update after it", t, func(t *testing.T) {
		mended := []scene{at("UPDATE_ROLLBACK_COMPLETE")}
		w := newWorld().having("UPDATE_ROLLBACK_FAILED").play("ContinueUpdateRollback", mended)
		w.changeSet = failedSet("No updates are to be performed.")
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Updated)
	})
}
