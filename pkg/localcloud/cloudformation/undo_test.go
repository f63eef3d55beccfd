package cloudformation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// updated changes Base in place, replaces Top, adds New and fails in Beside.
const updated = `
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Text: base2, Kind: a, Takes: 1}}
  Beside: {Type: AWS::Test::Thing, Properties: {Text: refused, Takes: 3}, DependsOn: [New, Top]}
  Top: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Arn, Kind: c, Takes: 1}}
  New: {Type: AWS::Test::Thing, Properties: {Text: new, Takes: 1}}
`

func TestUpdateFails(t *testing.T) {
	c := open(t)
	c.create("up", two)
	before := c.left()
	c.update("up", "second", updated)
	st := c.rests("up", types.StackStatusUpdateRollbackComplete)
	golden(t, "update-fails.txt", c.story("up"))
	if left := c.left(); len(left) != 3 || left["Base-1"]["Text"] != before["Base-1"]["Text"] || left["Top-3"] == nil {
		t.Errorf("left: %v", left)
	}
	if len(st.Outputs) != 1 || *st.Outputs[0].OutputValue != "Top-3" {
		t.Errorf("outputs %v", st.Outputs)
	}
	out, err := c.GetTemplate(c.ctx(), &cfn.GetTemplateInput{StackName: aws.String("up")})
	if got := *must(t, out, err).TemplateBody; got != two {
		t.Errorf("the template is %s", got)
	}
	if left := c.left(); left["Beside-2"]["Text"] != "beside" {
		t.Errorf("left: %v", left)
	}
	c.update("up", "third", changed) // it may be updated again
	c.rests("up", types.StackStatusUpdateComplete)
}

func TestUpdateRollbackFails(t *testing.T) {
	for name, in := range map[string]*cfn.ContinueUpdateRollbackInput{
		"mended": {},
		"skip":   {ResourcesToSkip: []string{"Base"}},
		"force":  {ForceRollback: aws.Bool(true)},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			c.create("up", two)
			c.update("up", "second", updated)
			c.pass(3 * time.Second) // Base was begun, and goes well
			c.faults.fail("UPDATE Base", "no way back")
			st := c.rests("up", types.StackStatusUpdateRollbackFailed)
			if *st.StackStatusReason != "The following resource(s) failed to update: [Base]. " {
				t.Errorf("reason %q", *st.StackStatusReason)
			}
			_, err := c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
				StackName: st.StackId, ResourcesToSkip: []string{"Base"}, ForceRollback: aws.Bool(true),
			})
			refused(t, err, "ValidationError", "ForceRollback and ResourcesToSkip")
			_, err = c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
				StackName: st.StackId, ResourcesToSkip: []string{"New"},
			})
			refused(t, err, "ValidationError", "UPDATE_FAILED")
			_, err = c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{StackName: st.StackId})
			must(t, 0, err)
			c.rests("up", types.StackStatusUpdateRollbackFailed) // still broken
			if name == "mended" {
				c.faults.fail("UPDATE Base", "")
			}
			in.StackName = st.StackId
			_, err = c.ContinueUpdateRollback(c.ctx(), in)
			must(t, 0, err)
			c.rests("up", types.StackStatusUpdateRollbackComplete)
			want := map[string]string{"mended": "base", "skip": "base2", "force": "base2"}[name]
			if left := c.left(); len(left) != 3 || left["Base-1"]["Text"] != want || left["Top-3"] == nil {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	c := open(t)
	_, err := c.CancelUpdateStack(c.ctx(), &cfn.CancelUpdateStackInput{StackName: aws.String("up")})
	refused(t, err, "ValidationError", "Stack [up] does not exist")
	c.create("up", two)
	_, err = c.CancelUpdateStack(c.ctx(), &cfn.CancelUpdateStackInput{StackName: aws.String("up")})
	refused(t, err, "ValidationError", "CancelUpdateStack cannot be called from current stack status")
	c.update("up", "second", changed)
	c.pass(5 * time.Second)
	_, err = c.CancelUpdateStack(c.ctx(), &cfn.CancelUpdateStackInput{StackName: aws.String("up")})
	must(t, 0, err)
	c.rests("up", types.StackStatusUpdateRollbackComplete)
	golden(t, "cancel.txt", c.story("up"))
	if left := c.left(); len(left) != 3 || left["Base-1"] == nil {
		t.Errorf("left: %v", left)
	}
}

// Without rollback a failed update stands half-way, does not replace anything, and is rolled back or gone on with by
// hand.
func TestTrap28DisableRollback(t *testing.T) {
	c := open(t)
	c.create("half", two)
	id := c.propose("half", "second", types.ChangeSetTypeUpdate, updated)
	_, err := c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id, DisableRollback: aws.Bool(true)})
	must(t, 0, err)
	st := c.rests("half", types.StackStatusUpdateFailed)
	if !slices.ContainsFunc(c.story("half"), func(l string) bool {
		return strings.Contains(l, "Top UPDATE_FAILED Top-3: Replacement type updates not supported on stack with "+
			"disable-rollback.")
	}) {
		t.Errorf("%v", strings.Join(c.story("half"), "\n"))
	}
	if c.left()["Base-1"]["Text"] != "base2" {
		t.Errorf("left: %v", c.left())
	}
	for range 2 { // the second repeats the first, whose answer may have been lost
		out, err := c.RollbackStack(c.ctx(), &cfn.RollbackStackInput{
			StackName: st.StackId, ClientRequestToken: aws.String("once"),
		})
		if must(t, out, err); aws.ToString(out.StackId) != *st.StackId {
			t.Errorf("answered %+v", out)
		}
	}
	c.rests("half", types.StackStatusUpdateRollbackComplete)
	if left := c.left(); left["Base-1"]["Text"] != "base" || len(left) != 3 {
		t.Errorf("left: %v", left)
	}
	_, err = c.RollbackStack(c.ctx(), &cfn.RollbackStackInput{StackName: st.StackId})
	refused(t, err, "ValidationError", "is in UPDATE_ROLLBACK_COMPLETE state and can not be rolled back")
}

// RollbackStack deletes a stack that never was complete, also after an update that failed.
func TestTrap51RollbackDeletes(t *testing.T) {
	c := open(t)
	id := c.propose("never", "first", types.ChangeSetTypeCreate, bad)
	_, err := c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id, DisableRollback: aws.Bool(true)})
	must(t, 0, err)
	st := c.rests("never", types.StackStatusCreateFailed)
	c.update("never", "second", strings.Replace(bad, "Text: good", "Text: better", 1))
	c.rests("never", types.StackStatusUpdateFailed)
	_, err = c.RollbackStack(c.ctx(), &cfn.RollbackStackInput{StackName: aws.String("never")})
	must(t, 0, err)
	c.rests(*st.StackId, types.StackStatusDeleteComplete)
	if len(c.left()) != 0 {
		t.Errorf("left: %v", c.left())
	}
}

// A creation that failed without rollback is gone on with by an update.
func TestUpdateOfAFailedCreation(t *testing.T) {
	c := open(t)
	id := c.propose("again", "first", types.ChangeSetTypeCreate, bad)
	_, err := c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id, DisableRollback: aws.Bool(true)})
	must(t, 0, err)
	c.rests("again", types.StackStatusCreateFailed)
	c.update("again", "second", strings.Replace(bad, "Text: refused", "Text: fine", 1))
	c.rests("again", types.StackStatusUpdateComplete)
	if left := c.left(); len(left) != 3 {
		t.Errorf("left: %v", left)
	}
}
