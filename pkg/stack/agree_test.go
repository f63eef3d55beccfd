package stack_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// person answers each question in turn, and remembers it.
type person struct {
	answers []bool
	asked   []string
}

func (p *person) answer(question string) (bool, error) {
	p.asked = append(p.asked, question)
	if len(p.asked) > len(p.answers) {
		return false, fmt.Errorf("nobody expected to be asked: %s", question)
	}
	return p.answers[len(p.asked)-1], nil
}

// asking has the person asked about each decision and each change set.
func (p *person) asking(w stack.Wanted, planned stack.Action) stack.Wanted {
	w.Planned = planned
	w.Agree = func(_ context.Context, d stack.Decision) (bool, error) { return p.answer(string(d.Action)) }
	w.Review = func(context.Context, []report.ResourceChange) (bool, error) { return p.answer("review") }
	return w
}

// No stack is deleted, rolled back or gone on with but by plan or by agreement, and a plan is for the first step alone.
func TestAgreeInTheCloud(t *testing.T) {
	const (
		anew  = "delete, then create"
		left  = "the stack plldb was left as it is ("
		more  = "nothing more was done to the stack plldb"
		half  = "; the stack was changed, and is not yet what it should be"
		unset = "its change set was not agreed to"
	)
	alone := simple + roleAfter("Group")
	falling := works(failing(nothing, "CREATE", "Table", 1), types.ChangeSetTypeCreate, first)
	for name, k := range map[string]struct {
		prepare func(c *cloud)
		text    string
		planned stack.Action
		answers []bool
		asked   string
		writes  string
		message string // of the refusal
	}{
		"planned": {
			rolledBack, first, stack.DeleteThenCreate, []bool{true}, "review", "DeleteStack CreateChangeSet ExecuteChangeSet", "",
		},
		"planned, and no to what comes of it": {
			rolledBack, first, stack.DeleteThenCreate,
			[]bool{false},
			"review",
			"DeleteStack CreateChangeSet DeleteChangeSet DeleteStack", more + ": " + unset + half,
		},
		"not planned": {
			rolledBack, first, stack.Update,
			[]bool{true, true},
			anew + ", review",
			"DeleteStack CreateChangeSet ExecuteChangeSet", "",
		},
		"not planned, no": {
			rolledBack, first, stack.Update,
			[]bool{false},
			anew, "",
			left + `ROLLBACK_COMPLETE): "delete, then create" was not agreed to`,
		},
		"after what was followed": {
			falling, first, stack.Follow,
			[]bool{false},
			anew, "",
			left + `ROLLBACK_COMPLETE): "delete, then create" was not agreed to`,
		},
		"a rollback": {
			updateFailed, second, "", []bool{true, true}, "roll back, review", "RollbackStack CreateChangeSet ExecuteChangeSet", "",
		},
		"a rollback, no": {
			updateFailed, second, "", []bool{false}, "roll back", "", left + `UPDATE_FAILED): "roll back" was not agreed to`,
		},
		"another after the planned": {
			failing(updateFailed, "UPDATE", "Group", 1), second, stack.RollBack,
			[]bool{false},
			"continue the rollback", "RollbackStack",
			more + ` (UPDATE_ROLLBACK_FAILED): "continue the rollback" was not agreed to` + half,
		},
		"the planned, after another": {
			failing(updateFailed, "UPDATE", "Group", 1), second, stack.ContinueRollback,
			[]bool{true, false},
			"roll back, continue the rollback", "RollbackStack",
			more + ` (UPDATE_ROLLBACK_FAILED): "continue the rollback" was not agreed to` + half,
		},
		"half made": {
			createFailed("Role", alone), alone, "",
			[]bool{false},
			anew, "",
			left + `CREATE_FAILED): "delete, then create" was not agreed to`,
		},
		"an update, no": {
			complete, second, stack.Update,
			[]bool{false},
			"review", "CreateChangeSet DeleteChangeSet",
			"the stack plldb was left as it is: " + unset,
		},
	} {
		inCloud(name, t, func(t *testing.T, c *cloud) {
			k.prepare(c)
			c.begin()
			seen := c.look()
			c.calls = nil
			p := &person{answers: k.answers}
			res, err := c.stack.Deploy(t.Context(), seen, p.asking(c.wanted(k.text), k.planned), stack.Consents{})
			if got := strings.Join(p.asked, ", "); got != k.asked {
				t.Errorf("asked %q, want %q", got, k.asked)
			}
			if got := c.writes(); got != k.writes {
				t.Errorf("wrote %q, want %q", got, k.writes)
			}
			if k.message == "" {
				if err != nil || res.Status == report.Failed {
					t.Errorf("%s, %v", res.Status, err)
				}
				return
			}
			mustStatus(t, res, report.Failed)
			if p := mustProblem(t, err, report.ExitFailed); p.Message != k.message {
				t.Errorf("message %q, want %q", p.Message, k.message)
			}
		})
	}
}

// Why something is to be done is told before anybody is asked about it.
func TestAgreeKnowsWhy(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		rolledBack(c)
		c.begin()
		want := c.wanted(first)
		want.Agree = func(_ context.Context, d stack.Decision) (bool, error) {
			c.says("notice: " + d.Reason + ": delete, then create")
			return false, nil
		}
		_, err := c.stack.Deploy(t.Context(), c.look(), want, stack.Consents{})
		mustProblem(t, err, report.ExitFailed)
	})
}

// While somebody thinks about it a signal ends the run, and so does an error, which stays what it is.
func TestAgreeEndsEarly(t *testing.T) {
	problem := &report.Problem{Message: "there is no terminal to ask on", Code: report.ExitUsage}
	for name, signal := range map[string]bool{"by a signal": true, "by an error": false} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("ROLLBACK_COMPLETE")
			p := w.open()
			ctx, cancel := context.WithCancelCause(t.Context())
			want := wanted()
			want.Agree = func(ctx context.Context, _ stack.Decision) (bool, error) {
				if !signal {
					return true, problem
				}
				time.AfterFunc(time.Hour, func() { cancel(errSignal) })
				<-ctx.Done()
				return false, nil
			}
			res, err := p.Deploy(ctx, p.look(t), want, stack.Consents{})
			if signal {
				mustStatus(t, res, report.Stopped)
			}
			if signal && !errors.Is(err, errSignal) || !signal && err != error(problem) {
				t.Errorf("error %v", err)
			}
			if got := w.after(2); len(got) != 0 {
				t.Errorf("asked AWS %v", got)
			}
		})
	}
}
