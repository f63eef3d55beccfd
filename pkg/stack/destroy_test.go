package stack_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// The stack is deleted and followed by its id: once it is gone its name finds nothing. An endpoint that forgets the id
// too has deleted it all the same.
func TestTrap19DeleteIsFollowedByID(t *testing.T) {
	bubble("AWS", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("DeleteStack", append(during(3, "DELETE_IN_PROGRESS"), deletes()...))
		res, err := w.open().destroy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Deleted)
		in := input[*cloudformation.DeleteStackInput](w)
		if !strings.HasPrefix(*in.StackName, "arn:") || aws.ToString(in.ClientRequestToken) == "" ||
			in.DeletionMode != "" || in.RoleARN != nil {
			t.Errorf("request %+v", in)
		}
		for _, call := range w.Calls()[2:] {
			if in, ok := call.Input.(*cloudformation.DescribeStacksInput); ok && !strings.HasPrefix(*in.StackName, "arn:") {
				t.Errorf("followed by %s", *in.StackName)
			}
		}
		if res.Seen.Exists || res.Seen.Status != "DELETE_COMPLETE" {
			t.Errorf("seen %+v", res.Seen)
		}
	})
	bubble("forgotten", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("DeleteStack", during(2, "DELETE_IN_PROGRESS"))
		p := w.open()
		seen := p.look(t)
		gone := fakeaws.Fails("ValidationError", "Stack with id arn does not exist")
		w.On("CloudFormation.DescribeStacks", fakeaws.InTurn(w.usual("DescribeStacks"), w.usual("DescribeStacks"), gone))
		res, err := p.Destroy(t.Context(), seen, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Deleted)
		if n := w.count("DescribeStacks"); n != 4 {
			t.Errorf("polled %d times", n-1)
		}
	})
}

func TestDestroyWalks(t *testing.T) {
	held := []scene{at("DELETE_IN_PROGRESS", told("Role DELETE_FAILED it is in use")), at("DELETE_FAILED")}
	having := func(status string, plays ...[]scene) *world {
		return newWorld().having(status).play("DeleteStack", plays...)
	}
	gone := ending{writes: "DeleteStack", status: report.Deleted}
	stays := ending{writes: "DeleteStack", status: report.Failed, code: report.ExitStack}
	refused := ending{status: report.Failed, code: report.ExitFailed}
	force := stack.Consents{Force: true}
	for name, c := range map[string]struct {
		world    *world
		consents stack.Consents
		ending   ending
	}{
		"complete":           {having("UPDATE_COMPLETE", deletes()), stack.Consents{}, gone},
		"empty":              {having("REVIEW_IN_PROGRESS", deletes()), stack.Consents{}, gone},
		"rolled back":        {having("ROLLBACK_COMPLETE", deletes()), stack.Consents{}, gone},
		"half-way":           {having("UPDATE_FAILED", deletes()), stack.Consents{}, gone},
		"not rolled back":    {having("UPDATE_ROLLBACK_FAILED", deletes()), stack.Consents{}, gone},
		"not deleted before": {having("DELETE_FAILED", deletes()), stack.Consents{}, gone},
		"held":               {having("UPDATE_COMPLETE", held), stack.Consents{}, stays},
		"held again":         {having("DELETE_FAILED", held), stack.Consents{}, stays},
		"held even by force": {having("DELETE_FAILED", held), force, stays},
		"held, by force": {
			having("UPDATE_COMPLETE", held, deletes()), force,
			ending{writes: "DeleteStack DeleteStack", status: report.Deleted},
		},
		"being deleted": {
			having("DELETE_IN_PROGRESS").showing(deletes()...), stack.Consents{}, ending{status: report.Absent},
		},
		"being updated":          {having("UPDATE_IN_PROGRESS", deletes()).showing(updates()...), stack.Consents{}, gone},
		"being deleted, in vain": {having("DELETE_IN_PROGRESS", deletes()).showing(held...), stack.Consents{}, gone},
		"an import was undone":   {having("IMPORT_ROLLBACK_COMPLETE"), stack.Consents{}, refused},
		"nothing":                {newWorld(), stack.Consents{}, ending{status: report.Absent}},
		"protected": {
			newWorld().having("UPDATE_COMPLETE", func(st *fakeStack) { st.EnableTerminationProtection = aws.Bool(true) }),
			stack.Consents{},
			refused,
		},
		"somebody else's, adopted": {
			newWorld().having("UPDATE_COMPLETE", untagged).play("DeleteStack", deletes()), stack.Consents{Adopt: true}, gone,
		},
	} {
		bubble(name, t, func(t *testing.T) {
			res, err := c.world.open().destroy(t, c.consents)
			c.ending.check(t, c.world, res, err)
		})
	}
}

// What holds a stack is said, with the way out; by force the second deletion leaves it behind.
func TestDestroyIsHeld(t *testing.T) {
	held := []scene{
		at("DELETE_IN_PROGRESS", told("Other DELETE_FAILED at first"), told("Role DELETE_FAILED it is in use")),
		at("DELETE_FAILED", told("Other DELETE_COMPLETE")),
	}
	bubble("said", t, func(t *testing.T) {
		_, err := newWorld().having("UPDATE_COMPLETE").play("DeleteStack", held).open().destroy(t, stack.Consents{})
		p := mustProblem(t, err, report.ExitStack)
		want := "the stack plldb could not be deleted: Role (AWS::Lambda::Function) could not be deleted: it is in use"
		if p.Message != want || !strings.Contains(p.Hint, "--force") {
			t.Errorf("problem %+v", *p)
		}
	})
	bubble("by force", t, func(t *testing.T) {
		left := []scene{at("DELETE_COMPLETE", told("Role DELETE_SKIPPED"))}
		w := newWorld().having("UPDATE_COMPLETE").play("DeleteStack", held, left)
		p := w.open()
		if _, err := p.destroy(t, stack.Consents{Force: true}); err != nil {
			t.Fatal(err)
		}
		if mode := input[*cloudformation.DeleteStackInput](w).DeletionMode; mode != types.DeletionModeForceDeleteStack {
			t.Errorf("mode %q", mode)
		}
		if lines := p.story.lines(); !slices.Contains(lines, "notice: Role (AWS::Lambda::Function) is kept: Role-1") {
			t.Errorf("story %q", lines)
		}
	})
}

func TestDestroyOfABusyStack(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("DeleteStack", deletes())
		busy := "Stack [x] cannot be deleted while in status UPDATE_IN_PROGRESS"
		w.once("DeleteStack", fakeaws.Fails("ValidationError", busy))
		res, err := w.open().destroy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Deleted)
	})
}

// Without the events there is no mark, and nothing is begun.
func TestNoMarkNoWrite(t *testing.T) {
	for _, verb := range []string{"setup", "destroy"} {
		bubble(verb, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			w.On("CloudFormation.DescribeStackEvents", fakeaws.Fails("AccessDenied", "no"))
			p := w.open()
			var err error
			if verb == "setup" {
				_, err = p.deploy(t, stack.Consents{})
			} else {
				_, err = p.destroy(t, stack.Consents{})
			}
			if err == nil || w.count("ExecuteChangeSet")+w.count("DeleteStack") != 0 || len(w.sets) != 0 {
				t.Errorf("%v after %v", err, w.after(2))
			}
		})
	}
}
