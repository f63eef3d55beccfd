package cloudformation_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// deletes removes a stack and waits.
func (c *cloud) deletes(id string) {
	c.t.Helper()
	_, err := c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: &id})
	must(c.t, 0, err)
	c.rests(id, types.StackStatusDeleteComplete)
	if left := c.left(); len(left) != 0 {
		c.t.Errorf("left: %v", left)
	}
}

// failsBack lets the stack's running update fail, and the rollback of the resource.
func (c *cloud) failsBack(name, id string) *string {
	c.t.Helper()
	for c.stack(name).StackStatus == types.StackStatusUpdateInProgress {
		c.pass(time.Second)
	}
	c.faults.fail("UPDATE "+id, "no way back")
	return c.rests(name, types.StackStatusUpdateRollbackFailed).StackId
}

// A resource that a rollback skips is needed, and needs, as in the template of before.
func TestSkippedResourcesCloseNoCircle(t *testing.T) {
	c := open(t)
	c.create("circle", `
Resources:
  X: {Type: AWS::Test::Thing, Properties: {Text: x}}
  Y: {Type: AWS::Test::Thing, Properties: {Text: !Ref X}}
  Z: {Type: AWS::Test::Thing, Properties: {Text: z}, DependsOn: [X, Y]}
`)
	c.update("circle", "second", `
Resources:
  X: {Type: AWS::Test::Thing, Properties: {Text: !Ref Y}}
  Y: {Type: AWS::Test::Thing, Properties: {Text: y}}
  Z: {Type: AWS::Test::Thing, Properties: {Text: refused}, DependsOn: [X, Y]}
`)
	id := c.failsBack("circle", "X")
	_, err := c.ContinueUpdateRollback(c.ctx(), &cfn.ContinueUpdateRollbackInput{
		StackName: id, ResourcesToSkip: []string{"X"},
	})
	must(t, 0, err)
	c.rests("circle", types.StackStatusUpdateRollbackComplete)
	c.deletes(*id)
}

// A deletion that finds a circle in the state begins somewhere.
func TestCirclesAreBroken(t *testing.T) {
	c := open(t)
	id := *c.create("circle", `
Resources:
  X: {Type: AWS::Test::Thing, Properties: {Text: x}}
  Y: {Type: AWS::Test::Thing, Properties: {Text: !Ref X}}
`).StackId
	err := c.store.Update(c.ctx(), func(tx *store.Tx) error {
		const table = "cloudformation.stacks"
		key := account + "/" + region + "/" + id[strings.LastIndex(id, "/")+1:]
		st, _ := store.Get[map[string]any](tx, table, key)
		st["Resources"].(map[string]any)["X"].(map[string]any)["Needs"] = []string{"Y"}
		store.Put(tx, table, key, st)
		return nil
	})
	must(t, 0, err)
	c.deletes(id)
}

// times are those of the events, the oldest first.
func (c *cloud) times(name string) []time.Time {
	c.t.Helper()
	out, err := c.DescribeStackEvents(c.ctx(), &cfn.DescribeStackEventsInput{StackName: &name})
	var all []time.Time
	for _, e := range slices.Backward(must(c.t, out, err).StackEvents) {
		all = append(all, *e.Timestamp)
	}
	return all
}

// A call takes effect when it is served, which may be later than it came; and no clock sends a story backwards.
func TestStoriesGoForwards(t *testing.T) {
	for name, turn := range map[string]time.Duration{"late": 15 * time.Second, "clock goes back": -5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			c.execute(c.propose("late", "first", types.ChangeSetTypeCreate, two))
			c.pass(6 * time.Second)
			id := *c.stack("late").StackId
			c.router.Before = func(call *wire.Call) wire.Intercept {
				if call.Operation == "DeleteStack" {
					c.hand.Turn(turn)
				}
				return wire.Intercept{}
			}
			c.deletes(id)
			if all := c.times(id); !slices.IsSortedFunc(all, time.Time.Compare) {
				t.Errorf("%v", strings.Join(c.story(id), "\n"))
			}
		})
	}
}

// At top speed, too, what takes longer is what a failure cancels.
func TestTopSpeedKeepsTheOrder(t *testing.T) {
	const template = `
Resources:
  Quick: {Type: AWS::Test::Thing, Properties: {Takes: 1}}
  Slow: {Type: AWS::Test::Thing, Properties: {Takes: 50}}
  Wrong: {Type: AWS::Test::Thing, Properties: {Text: refused}, DependsOn: Quick}
`
	c := open(t)
	c.execute(c.propose("order", "first", types.ChangeSetTypeCreate, template))
	c.rests("order", types.StackStatusRollbackComplete)
	top := openAt(t, store.Memory(), clock.Real(clock.Top))
	out, err := top.CreateChangeSet(top.ctx(), proposal("order", "first", types.ChangeSetTypeCreate, template))
	top.execute(*must(t, out, err).Id)
	top.status("order", types.StackStatusRollbackComplete)
	untimed := func(c *cloud) string {
		ids := regexp.MustCompile(`(?m)^ *-?\d+s |RequestToken: [-0-9a-f]+`)
		return ids.ReplaceAllString(strings.Join(c.story("order"), "\n"), "")
	}
	if got, want := untimed(top), untimed(c); got != want || !strings.Contains(got, "Slow CREATE_FAILED Slow-2: ") {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A cleanup removes what is no longer in the template and what was replaced in one order.
func TestCleanupOrder(t *testing.T) {
	cases := map[string]struct{ before, after, first, second string }{
		"a removed resource needs a replaced one": {
			`
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Kind: a}}
  User: {Type: AWS::Test::Thing, Properties: {Text: !Ref Base}}
`, `
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Kind: b}}
`, "User", "Base",
		},
		"a replaced resource needs a removed one": {
			`
Resources:
  Old: {Type: AWS::Test::Thing}
  New: {Type: AWS::Test::Thing}
  User: {Type: AWS::Test::Thing, Properties: {Kind: !Ref Old}}
`, `
Resources:
  New: {Type: AWS::Test::Thing}
  User: {Type: AWS::Test::Thing, Properties: {Kind: !Ref New}}
`, "User", "Old",
		},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			c.create("order", test.before)
			c.update("order", "second", test.after)
			c.rests("order", types.StackStatusUpdateComplete)
			story := strings.Join(c.story("order"), "\n")
			done := strings.Index(story, test.first+" DELETE_COMPLETE")
			if begun := strings.Index(story, test.second+" DELETE_IN_PROGRESS"); done < 0 || begun < done {
				t.Error(story)
			}
		})
	}
}

// A template that is mended after a failure that was not rolled back is an update, and leaves no resource failed.
func TestMendedTemplate(t *testing.T) {
	const before = `
Resources:
  A: {Type: AWS::Test::Thing, Properties: {Text: a}}
  B: {Type: AWS::Test::Thing, Properties: {Text: b}}
`
	// A is cancelled, but was told its new text; B is refused.
	failing := strings.NewReplacer("Text: a", "Text: new", "Text: b", "Text: refused").Replace(before)
	c := open(t)
	c.create("mended", before)
	_, err := c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{
		StackName: aws.String("mended"), TemplateBody: &failing, DisableRollback: aws.Bool(true),
	})
	must(t, 0, err)
	c.rests("mended", types.StackStatusUpdateFailed)
	mended := strings.Replace(failing, "Text: refused", "Text: b", 1)
	c.update("mended", "third", mended)
	c.rests("mended", types.StackStatusUpdateComplete)
	out, err := c.ListStackResources(c.ctx(), &cfn.ListStackResourcesInput{StackName: aws.String("mended")})
	for _, r := range must(t, out, err).StackResourceSummaries {
		if r.ResourceStatus != types.ResourceStatusUpdateComplete {
			t.Errorf("%s is %s", *r.LogicalResourceId, r.ResourceStatus)
		}
	}
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: aws.String("mended"), TemplateBody: &mended})
	refused(t, err, "ValidationError", "No updates are to be performed.")
}
