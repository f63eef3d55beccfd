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

// On an endpoint that finishes at once a create is five requests after the look, an update six, a deletion four, and
// nothing to do is none.
func TestRequests(t *testing.T) {
	bubble("create", t, func(t *testing.T) {
		w := newWorld().play("ExecuteChangeSet", creates())
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Created)
		want := []string{"CreateChangeSet", "DescribeChangeSet", "ExecuteChangeSet", "DescribeStacks", "DescribeStackEvents"}
		if calls := w.after(2); !slices.Equal(calls, want) {
			t.Errorf("calls %v", calls)
		}
	})
	bubble("update", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Updated)
		calls := w.after(2)
		slices.Sort(calls[1:3]) // these two are made side by side
		want := []string{
			"CreateChangeSet", "DescribeChangeSet", "DescribeStackEvents", "ExecuteChangeSet", "DescribeStacks",
			"DescribeStackEvents",
		}
		if !slices.Equal(calls, want) {
			t.Errorf("calls %v", calls)
		}
	})
	bubble("unchanged", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_COMPLETE", func(st *fakeStack) { st.template = "new" })
		res, err := w.open().deploy(t, stack.Consents{})
		if err != nil || len(w.Calls()) != 2 {
			t.Fatalf("%v after %v", err, w.Operations())
		}
		mustStatus(t, res, report.Unchanged)
	})
	bubble("destroy", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_COMPLETE").play("DeleteStack", deletes())
		res, err := w.open().destroy(t, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Deleted)
		want := []string{"DescribeStackEvents", "DeleteStack", "DescribeStacks", "DescribeStackEvents"}
		if calls := w.after(2); !slices.Equal(calls, want) {
			t.Errorf("calls %v", calls)
		}
	})
	bubble("destroy nothing", t, func(t *testing.T) {
		w := newWorld()
		res, err := w.open().destroy(t, stack.Consents{})
		if err != nil || len(w.Calls()) != 2 {
			t.Fatalf("%v after %v", err, w.Operations())
		}
		mustStatus(t, res, report.Absent)
	})
}

// sent returns what a create and an update of a stack send.
func sent(t *testing.T, w *world) (*cloudformation.CreateChangeSetInput, *cloudformation.ExecuteChangeSetInput) {
	t.Helper()
	w.play("ExecuteChangeSet", []scene{at("CREATE_COMPLETE")})
	if _, err := w.open().deploy(t, stack.Consents{}); err != nil {
		t.Fatal(err)
	}
	return input[*cloudformation.CreateChangeSetInput](w), input[*cloudformation.ExecuteChangeSetInput](w)
}

func TestTrap13Capability(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		made, _ := sent(t, newWorld())
		if !slices.Equal(made.Capabilities, []types.Capability{"CAPABILITY_IAM"}) {
			t.Errorf("capabilities %v", made.Capabilities)
		}
	})
}

func TestTrap24ATokenForEachIntent(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		tokens := map[string]bool{}
		for range 2 {
			made, executed := sent(t, newWorld())
			tokens[aws.ToString(made.ClientToken)] = true
			tokens[aws.ToString(executed.ClientRequestToken)] = true
			if aws.ToString(made.ClientToken) != aws.ToString(made.ChangeSetName) {
				t.Errorf("the change set %s has the token %s", *made.ChangeSetName, aws.ToString(made.ClientToken))
			}
		}
		if len(tokens) != 4 || tokens[""] {
			t.Errorf("tokens %v", tokens)
		}
	})
	// A retry of the SDK repeats the token.
	bubble("repeated", t, func(t *testing.T) {
		w := newWorld()
		w.once("ExecuteChangeSet", fakeaws.Fails("Throttling", "Rate exceeded"))
		_, executed := sent(t, w)
		for _, call := range w.Calls() {
			in, ok := call.Input.(*cloudformation.ExecuteChangeSetInput)
			if ok && *in.ClientRequestToken != *executed.ClientRequestToken {
				t.Error("the second attempt has another token")
			}
		}
		if w.count("ExecuteChangeSet") != 2 {
			t.Errorf("%d attempts", w.count("ExecuteChangeSet"))
		}
	})
}

// Rollback is said to be on: the default is told in two ways (trap 37), and without it a stack may get stuck (trap 28).
func TestTrap37RollbackIsStated(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		made, executed := sent(t, newWorld())
		if executed.DisableRollback == nil || *executed.DisableRollback || made.OnStackFailure != "" {
			t.Errorf("DisableRollback %v, OnStackFailure %q", executed.DisableRollback, made.OnStackFailure)
		}
	})
}

func TestTrap39TemplateByURL(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		made, _ := sent(t, newWorld())
		if *made.TemplateURL != "https://bucket/key?versionId=1" || made.TemplateBody != nil {
			t.Errorf("URL %q, body %v", *made.TemplateURL, made.TemplateBody)
		}
	})
}

// One tag that never changes; those of others are passed on, since leaving them out would take them away.
func TestTrap65ConstantTag(t *testing.T) {
	for name, c := range map[string]struct {
		world *world
		want  []string
	}{
		"create": {newWorld(), []string{"plldb:stack=bootstrap"}},
		"update": {
			newWorld().having("CREATE_COMPLETE", func(st *fakeStack) {
				st.Tags = append(st.Tags, types.Tag{Key: aws.String("team"), Value: aws.String("x")},
					types.Tag{Key: aws.String("aws:servicecatalog:x"), Value: aws.String("y")})
			}), []string{"plldb:stack=bootstrap", "team=x"},
		},
		"adopted": {newWorld().having("REVIEW_IN_PROGRESS", untagged), []string{"plldb:stack=bootstrap"}},
	} {
		bubble(name, t, func(t *testing.T) {
			made, _ := sent(t, c.world)
			var tags []string
			for _, tag := range made.Tags {
				tags = append(tags, *tag.Key+"="+*tag.Value)
			}
			if !slices.Equal(tags, c.want) {
				t.Errorf("tags %v", tags)
			}
		})
	}
}

// The role that a stack was once given is used for ever: none is given, and one that is there is said before a write.
func TestTrap29RoleIsSaid(t *testing.T) {
	bubble("none is given", t, func(t *testing.T) {
		if made, _ := sent(t, newWorld()); made.RoleARN != nil {
			t.Errorf("role %s", *made.RoleARN)
		}
	})
	bubble("", t, func(t *testing.T) {
		p := newWorld().having("CREATE_COMPLETE", func(st *fakeStack) { st.RoleARN = aws.String("arn:aws:iam::1:role/cfn") }).
			play("ExecuteChangeSet", updates()).open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		want := "notice: CloudFormation works on the stack plldb with its role arn:aws:iam::1:role/cfn"
		if lines := p.story.lines(); lines[0] != want {
			t.Errorf("story %q", lines)
		}
	})
	bubble("once", t, func(t *testing.T) {
		p := newWorld().having("UPDATE_ROLLBACK_FAILED", func(st *fakeStack) { st.RoleARN = aws.String("arn:role") }).
			play("ContinueUpdateRollback", []scene{at("UPDATE_ROLLBACK_COMPLETE")}).play("ExecuteChangeSet", updates()).open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if said := strings.Count(strings.Join(p.story.lines(), "\n"), "with its role"); said != 1 {
			t.Errorf("said %d times", said)
		}
	})
}
