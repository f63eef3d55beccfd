package stack_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

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

// What the local cloud does not come to: a deletion by force that fails, one of somebody else's that does, an import.
func TestDestroyWalks(t *testing.T) {
	held := []scene{at("DELETE_IN_PROGRESS", told("Role DELETE_FAILED it is in use")), at("DELETE_FAILED")}
	for name, c := range map[string]struct {
		world  *world
		ending ending
	}{
		"held even by force": {
			newWorld().having("DELETE_FAILED").play("DeleteStack", held),
			ending{"DeleteStack", report.Failed, report.ExitStack},
		},
		"being deleted, in vain": {
			newWorld().having("DELETE_IN_PROGRESS").play("DeleteStack", deletes()).showing(held...),
			ending{"DeleteStack", report.Deleted, 0},
		},
		"an import was undone": {
			newWorld().having("IMPORT_ROLLBACK_COMPLETE"), ending{"", report.Failed, report.ExitFailed},
		},
	} {
		bubble(name, t, func(t *testing.T) {
			res, err := c.world.open().destroy(t, stack.Consents{Force: true})
			c.ending.check(t, c.world, res, err)
		})
	}
}

// What holds a stack is said, with the way out, and not what went at a second try.
func TestDestroyIsHeld(t *testing.T) {
	held := []scene{
		at("DELETE_IN_PROGRESS", told("Other DELETE_FAILED at first"), told("Role DELETE_FAILED it is in use")),
		at("DELETE_FAILED", told("Other DELETE_COMPLETE")),
	}
	bubble("", t, func(t *testing.T) {
		_, err := newWorld().having("UPDATE_COMPLETE").play("DeleteStack", held).open().destroy(t, stack.Consents{})
		p := mustProblem(t, err, report.ExitStack)
		want := "the stack plldb could not be deleted: Role (AWS::IAM::Role) could not be deleted: it is in use"
		if p.Message != want || !strings.Contains(p.Hint, "--force") {
			t.Errorf("problem %+v", *p)
		}
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
