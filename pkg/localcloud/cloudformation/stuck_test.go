package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// A replacement may fail to be taken back, too.
func TestReplacementsThatAreStuck(t *testing.T) {
	c := open(t)
	c.create("stuck", two)
	c.update("stuck", "second", strings.Replace(changed, "Text: new", "Text: refused", 1))
	id := c.failsBack("stuck", "Base")
	if left := c.left(); left["Base-4"] == nil || left["Base-1"] == nil {
		t.Errorf("left: %v", left)
	}
	c.faults.fail("UPDATE Base", "")
	c.faults.stall("UPDATE Base", true)
	_, err := c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{StackName: id})
	must(t, 0, err)
	c.pass(time.Hour)
	c.status("stuck", types.StackStatusUpdateRollbackInProgress)
	c.faults.stall("UPDATE Base", false)
	c.rests("stuck", types.StackStatusUpdateRollbackComplete)
	if left := c.left(); len(left) != 3 || left["Base-1"] == nil {
		t.Errorf("left: %v", left)
	}
}

// What a rollback cancels cannot be skipped after it, even if it failed in the one before.
func TestCancelledResourcesAreNotSkipped(t *testing.T) {
	const before = `
Resources:
  A: {Type: AWS::Test::Thing, Properties: {Text: a}}
  B: {Type: AWS::Test::Thing, Properties: {Text: b}}
  C: {Type: AWS::Test::Thing, Properties: {Text: c}, DependsOn: [A, B]}
`
	c := open(t)
	c.create("both", before)
	c.update("both", "second", strings.NewReplacer("Text: a", "Text: x", "Text: b", "Text: y", "Text: c", "Text: refused").
		Replace(before))
	c.pass(3 * time.Second)
	c.faults.fail("UPDATE B", "no way back")
	id := c.failsBack("both", "A")
	c.faults.fail("UPDATE B", "")
	c.faults.stall("UPDATE B", true)
	_, err := c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{StackName: id})
	must(t, 0, err)
	c.rests("both", types.StackStatusUpdateRollbackFailed)
	_, err = c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
		StackName: id, ResourcesToSkip: []string{"A", "B"},
	})
	refused(t, err, "ValidationError", "Resource B cannot be skipped")
}
