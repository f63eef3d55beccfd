package cloudformation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// values are the changes of a change set by logical id, with values; changes are those without.
func (c *cloud) values(id string) map[string]*types.ResourceChange {
	c.t.Helper()
	return c.described(id, true)
}

func (c *cloud) changes(id string) map[string]*types.ResourceChange {
	c.t.Helper()
	return c.described(id, false)
}

func (c *cloud) described(id string, values bool) map[string]*types.ResourceChange {
	c.t.Helper()
	out, err := c.DescribeChangeSet(c.ctx(), &cfn.DescribeChangeSetInput{
		ChangeSetName: &id, IncludePropertyValues: &values,
	})
	changes := map[string]*types.ResourceChange{}
	for _, change := range must(c.t, out, err).Changes {
		changes[*change.ResourceChange.LogicalResourceId] = change.ResourceChange
	}
	return changes
}

// What a change set says of an update: see changed.
func TestChangesOfAnUpdate(t *testing.T) {
	c := open(t)
	c.create("see", two)
	id := c.propose("see", "second", types.ChangeSetTypeUpdate, changed)
	for _, change := range c.set(id).Changes {
		if r := change.ResourceChange; r.BeforeContext != nil || len(r.Details) > 0 && r.Details[0].Target.Path != nil {
			t.Errorf("values of %s that nobody asked for", *r.LogicalResourceId)
		}
	}
	all := c.values(id)
	if len(all) != 4 {
		t.Fatalf("%d changes", len(all))
	}
	base := all["Base"]
	if base.Action != types.ChangeActionModify || base.Replacement != types.ReplacementTrue ||
		base.PolicyAction != types.PolicyActionReplaceAndDelete || *base.PhysicalResourceId != "Base-1" {
		t.Errorf("Base: %+v", base)
	}
	if d := base.Details[0]; len(base.Details) != 1 || *d.Target.BeforeValue != "a" || *d.Target.AfterValue != "b" ||
		*d.Target.Path != "/Properties/Kind" || d.Target.RequiresRecreation != types.RequiresRecreationAlways ||
		d.Evaluation != types.EvaluationTypeStatic || d.ChangeSource != types.ChangeSourceDirectModification {
		t.Errorf("Base: %+v", d)
	}
	if want := `{"Properties":{"Kind":"a","Text":"base"}}`; *base.BeforeContext != want {
		t.Errorf("before %s", *base.BeforeContext)
	}
	top := all["Top"]
	if got := told(top); got != "False Text=Dynamic DirectModification, Text=Static ResourceAttribute Base.Arn" ||
		*top.Details[0].Target.AfterValue != "{{changeSet:KNOWN_AFTER_APPLY}}" {
		t.Errorf("Top: %s", got)
	}
	if r := all["Beside"]; r.Action != types.ChangeActionRemove || r.PolicyAction != types.PolicyActionDelete ||
		r.AfterContext != nil {
		t.Errorf("Beside: %+v", r)
	}
	if r := all["New"]; r.Action != types.ChangeActionAdd || r.Replacement != "" || r.BeforeContext != nil {
		t.Errorf("New: %+v", r)
	}
}

const one = `
Resources:
  One:
    Type: AWS::Test::Role
    %s
    Properties: {%s}
`

func resourceOne(attributes, properties string) string {
	return fmt.Sprintf(one, attributes, properties)
}

// A property that may or may not replace is Conditional; the service decides.
func TestConditionalReplacement(t *testing.T) {
	c := open(t)
	c.create("may", resourceOne("", "Maybe: a"))
	id := c.propose("may", "second", types.ChangeSetTypeUpdate, resourceOne("", "Maybe: b"))
	if r := c.values(id)["One"]; r.Replacement != types.ReplacementConditional ||
		r.Details[0].Target.RequiresRecreation != types.RequiresRecreationConditionally {
		t.Errorf("%+v", r)
	}
	c.execute(id)
	c.rests("may", types.StackStatusUpdateComplete)
	if c.left()["One-1"] == nil {
		t.Error("it was replaced")
	}
	c.update("may", "third", resourceOne("", "Maybe: replace"))
	c.rests("may", types.StackStatusUpdateComplete)
	if left := c.left(); len(left) != 1 || left["One-1"] != nil {
		t.Errorf("left: %v", left)
	}
}

// A resource with a name of its own cannot be replaced under it.
func TestTrap10ANamedResourceIsNotReplaced(t *testing.T) {
	c := open(t)
	c.create("named", resourceOne("", "Name: mine, Kind: a"))
	c.update("named", "second", resourceOne("", "Name: mine, Kind: b"))
	c.rests("named", types.StackStatusUpdateRollbackComplete)
	if story := strings.Join(c.story("named"), "\n"); !strings.Contains(story, "One UPDATE_FAILED mine: CloudFormation "+
		"cannot update a stack when a custom-named resource requires replacing. Rename mine and update the stack again.") {
		t.Error(story)
	}
}

func TestMetadataAndTagsAlone(t *testing.T) {
	c := open(t)
	c.create("alone", resourceOne("", "Text: a"))
	id := c.propose("alone", "second", types.ChangeSetTypeUpdate, resourceOne("Metadata: {sum: 2}", "Text: a"))
	r := c.values(id)["One"]
	if r.Scope[0] != types.ResourceAttributeMetadata || r.Replacement != types.ReplacementFalse || len(r.Details) != 1 {
		t.Errorf("%+v", r)
	}
	if want := `{"Metadata":{"sum":2},"Properties":{"Text":"a"}}`; *r.AfterContext != want {
		t.Errorf("after %s", *r.AfterContext)
	}
	c.execute(id)
	c.rests("alone", types.StackStatusUpdateComplete)
	in := proposal("alone", "third", types.ChangeSetTypeUpdate, resourceOne("Metadata: {sum: 2}", "Text: a"))
	in.Tags = []types.Tag{{Key: aws.String("who"), Value: aws.String("me")}}
	out, err := c.CreateChangeSet(c.ctx(), in)
	id = *must(t, out, err).Id
	c.pass(10 * time.Second)
	if r := c.values(id)["One"]; r == nil || r.Scope[0] != types.ResourceAttributeTags {
		t.Fatalf("%+v", c.set(id))
	}
	c.execute(id)
	st := c.rests("alone", types.StackStatusUpdateComplete)
	if tags := c.things.tags["One"]; tags["who"] != "me" || tags["aws:cloudformation:stack-name"] != "alone" ||
		tags["aws:cloudformation:logical-id"] != "One" || tags["aws:cloudformation:stack-id"] != *st.StackId {
		t.Errorf("tags %v", tags)
	}
	if len(st.Tags) != 1 || *st.Tags[0].Value != "me" {
		t.Errorf("tags %v", st.Tags)
	}
}

// The context is JSON that can be read.
func TestContextIsJSON(t *testing.T) {
	c := open(t)
	id := c.propose("json", "first", types.ChangeSetTypeCreate, resourceOne("", `Text: "a \"b\" <c>", Part: {Inner: x}`))
	var context struct{ Properties map[string]any }
	if err := json.Unmarshal([]byte(*c.values(id)["One"].AfterContext), &context); err != nil {
		t.Fatal(err)
	}
	if context.Properties["Text"] != `a "b" <c>` {
		t.Errorf("%v", context)
	}
}

// Changes come in pages (trap 62).
func TestTrap62PagesOfChanges(t *testing.T) {
	c := open(t)
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range 120 {
		fmt.Fprintf(&b, "  R%03d: {Type: AWS::Test::Thing}\n", i)
	}
	id := c.propose("pages", "first", types.ChangeSetTypeCreate, b.String())
	pages, seen := 0, map[string]bool{}
	in := &cfn.DescribeChangeSetInput{ChangeSetName: &id}
	for {
		out, err := c.DescribeChangeSet(c.ctx(), in)
		for _, change := range must(t, out, err).Changes {
			seen[*change.ResourceChange.LogicalResourceId] = true
		}
		pages++
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	if pages != 3 || len(seen) != 120 {
		t.Errorf("%d pages, %d changes", pages, len(seen))
	}
	in.NextToken = aws.String("nonsense")
	_, err := c.DescribeChangeSet(c.ctx(), in)
	refused(t, err, "ValidationError", "Token")
	c.execute(id)
	c.rests("pages", types.StackStatusCreateComplete)
	if n := len(c.story("pages")); n != 363 {
		t.Errorf("%d events", n)
	}
}
