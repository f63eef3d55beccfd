package cloudformation_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// shown are the details of a change: attribute, name, kind, path, before, after.
func shown(r *types.ResourceChange) []string {
	var lines []string
	for _, d := range r.Details {
		t := d.Target
		lines = append(lines, strings.Join([]string{
			string(t.Attribute), aws.ToString(t.Name), string(t.AttributeChangeType), aws.ToString(t.Path),
			aws.ToString(t.BeforeValue), aws.ToString(t.AfterValue),
		}, "|"))
	}
	return lines
}

// As in AWS's examples of change sets with values: what is added has no value before, what is removed none after; tags
// are an attribute of their own; the contexts have the resource's policies.
func TestValuesOfChanges(t *testing.T) {
	c := open(t)
	c.create("see", resourceOne("DeletionPolicy: Retain", "Text: a, Tags: [{Key: k, Value: v}], Part: {Inner: x}, List: [a]"))
	id := c.propose("see", "second", types.ChangeSetTypeUpdate, resourceOne(
		"DeletionPolicy: Retain\n    UpdateReplacePolicy: Delete",
		"Kind: new, Tags: [{Key: k, Value: w}, {Key: l, Value: m}], Part: {Inner: y}, List: []"))
	r := c.values(id)["One"]
	want := `Properties|Kind|Add|/Properties/Kind||new
Properties|List|Remove|/Properties/List/0|a|
Properties|Part|Modify|/Properties/Part/Inner|x|y
Tags||Modify|/Properties/Tags/0/Value|v|w
Tags||Add|/Properties/Tags/1||{"Key":"l","Value":"m"}
Properties|Text|Remove|/Properties/Text|a|`
	if got := strings.Join(shown(r), "\n"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if len(r.Scope) != 2 || r.Scope[0] != types.ResourceAttributeProperties || r.Scope[1] != types.ResourceAttributeTags {
		t.Errorf("scope %v", r.Scope)
	}
	before := `{"DeletionPolicy":"Retain","Properties":{"List":["a"],"Part":{"Inner":"x"},` +
		`"Tags":[{"Key":"k","Value":"v"}],"Text":"a"}}`
	after := `{"DeletionPolicy":"Retain","Properties":{"Kind":"new","List":[],"Part":{"Inner":"y"},` +
		`"Tags":[{"Key":"k","Value":"w"},{"Key":"l","Value":"m"}]},"UpdateReplacePolicy":"Delete"}`
	if *r.BeforeContext != before || *r.AfterContext != after {
		t.Errorf("before %s\nafter %s", *r.BeforeContext, *r.AfterContext)
	}
	if r.Replacement != types.ReplacementTrue || r.PolicyAction != types.PolicyActionReplaceAndDelete {
		t.Errorf("%s, %s", r.Replacement, r.PolicyAction)
	}
}

// What may change, but of which nothing is known, is listed without values only. The reason of a change set that failed
// is told without values only, too.
func TestWhatValuesHide(t *testing.T) {
	c := open(t)
	const before = `
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Text: base}}
  Text: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Arn}}
`
	c.create("hide", before)
	id := c.propose("hide", "second", types.ChangeSetTypeUpdate, strings.Replace(before, "base", "new", 1))
	if with, without := c.values(id), c.changes(id); len(with) != 1 || len(without) != 2 || without["Text"] == nil {
		t.Errorf("with values %v, without %v", with, without)
	}
	out, err := c.CreateChangeSet(c.ctx(), proposal("hide", "third", types.ChangeSetTypeUpdate, before))
	id = *must(t, out, err).Id
	c.pass(10 * time.Second)
	for _, values := range []bool{false, true} {
		in := &cfn.DescribeChangeSetInput{ChangeSetName: &id, IncludePropertyValues: &values}
		d, err := c.DescribeChangeSet(c.ctx(), in)
		if must(t, d, err).Status != types.ChangeSetStatusFailed || (d.StatusReason == nil) != values {
			t.Errorf("values %v: %s, %q", values, d.Status, aws.ToString(d.StatusReason))
		}
	}
}
