package cloudformation_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// told is what a change set says of one resource: whether it is replaced, and of each detail the property, whether its
// value is known, and what causes it.
func told(r *types.ResourceChange) string {
	var details []string
	for _, d := range r.Details {
		details = append(details, strings.TrimSpace(fmt.Sprintf("%s=%s %s %s", aws.ToString(d.Target.Name), d.Evaluation,
			d.ChangeSource, aws.ToString(d.CausingEntity))))
	}
	return string(r.Replacement) + " " + strings.Join(details, ", ")
}

// What is said of resources that change because another one does.
func TestChangesThatFollow(t *testing.T) {
	const before = `
Resources:
  Base: {Type: AWS::Test::Role, Properties: {Text: base, Kind: a, Maybe: stays}}
  Name: {Type: AWS::Test::Thing, Properties: {Kind: !Ref Base, Text: !Ref AWS::StackName}}
  Arn: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Arn}}
  Bound: {Type: AWS::Test::Thing, Properties: {Kind: !Sub "to ${Base.Arn} of ${AWS::Region}"}}
  Open: {Type: AWS::Test::Thing, Properties: {Maybe: !GetAtt Base.Arn}}
  Two: {Type: AWS::Test::Thing, Properties: {Text: !Join ["", [!Ref Aside, !GetAtt Base.Arn, !GetAtt Aside.Arn]]}}
  Far: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Arn.Arn}}
  Aside: {Type: AWS::Test::Thing}
`
	cases := map[string]struct {
		old, replacement string
		want             map[string]string
	}{
		"in place": {"Text: base", "Text: new", map[string]string{
			"Base":  "False Text=Static DirectModification",
			"Arn":   "False Text=Dynamic ResourceAttribute Base.Arn",
			"Bound": "Conditional Kind=Dynamic ResourceAttribute Base.Arn",
			"Open":  "Conditional Maybe=Dynamic ResourceAttribute Base.Arn",
			"Two":   "False Text=Dynamic ResourceAttribute Base.Arn",
			"Far":   "False Text=Dynamic ResourceAttribute Arn.Arn",
		}},
		"replaced": {"Kind: a", "Kind: b", map[string]string{
			"Base":  "True Kind=Static DirectModification",
			"Name":  "True Kind=Dynamic DirectModification, Kind=Static ResourceReference Base",
			"Arn":   "False Text=Dynamic DirectModification, Text=Static ResourceAttribute Base.Arn",
			"Bound": "True Kind=Dynamic DirectModification, Kind=Static ResourceAttribute Base.Arn",
			"Open":  "Conditional Maybe=Dynamic DirectModification, Maybe=Static ResourceAttribute Base.Arn",
			"Two":   "False Text=Dynamic DirectModification, Text=Static ResourceAttribute Base.Arn",
			"Far":   "False Text=Dynamic ResourceAttribute Arn.Arn",
		}},
		"perhaps replaced": {"Maybe: stays", "Maybe: goes", map[string]string{
			"Base":  "Conditional Maybe=Static DirectModification",
			"Name":  "Conditional Kind=Dynamic ResourceReference Base",
			"Arn":   "False Text=Dynamic ResourceAttribute Base.Arn",
			"Bound": "Conditional Kind=Dynamic ResourceAttribute Base.Arn",
			"Open":  "Conditional Maybe=Dynamic ResourceAttribute Base.Arn",
			"Two":   "False Text=Dynamic ResourceAttribute Base.Arn",
			"Far":   "False Text=Dynamic ResourceAttribute Arn.Arn",
		}},
		"metadata": {"Role, Properties: {Text: base", "Role, Metadata: {A: b}, Properties: {Text: base", map[string]string{
			"Base": "False =Static DirectModification",
		}},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			c.create("follow", before)
			after := strings.Replace(before, test.old, test.replacement, 1)
			id := c.propose("follow", "second", types.ChangeSetTypeUpdate, after)
			got := map[string]string{}
			for name, r := range c.changes(id) {
				got[name] = told(r)
			}
			if !maps.Equal(got, test.want) {
				t.Errorf("%s", strings.ReplaceAll(fmt.Sprint(got), "Text=", "\nText="))
			}
			c.execute(id)
			c.rests("follow", types.StackStatusUpdateComplete)
		})
	}
}

// What perhaps changes is no update: what does not change in the end is not touched.
func TestWhatFollowsIsTouchedOnlyIfItChanges(t *testing.T) {
	c := open(t)
	c.create("follow", two)
	c.update("follow", "second", strings.Replace(two, "Text: base", "Text: other", 1))
	c.rests("follow", types.StackStatusUpdateComplete)
	if calls := strings.Join(c.things.calls[3:], " "); calls != "update Base" {
		t.Errorf("calls: %s", calls)
	}
}

// An attribute that is a property of its resource changes only with it.
func TestAttributesThatAreProperties(t *testing.T) {
	things := &things{}
	known := thingTypes(things)
	thing := known["AWS::Test::Thing"]
	thing.Attributes = append(thing.Attributes, "Text", "Kind")
	known[thing.Name] = thing
	things.attributes = []string{"Text", "Kind"}
	const before = `
Resources:
  Base: {Type: AWS::Test::Thing, Properties: {Text: base, Kind: a}}
  Text: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Text}}
  Kind: {Type: AWS::Test::Thing, Properties: {Text: !GetAtt Base.Kind}}
`
	c := openWith(t, store.Memory(), clock.NewHand(noon), things, known)
	c.create("own", before)
	id := c.propose("own", "second", types.ChangeSetTypeUpdate, strings.Replace(before, "Text: base", "Text: new", 1))
	all := c.changes(id)
	if len(all) != 2 || told(all["Text"]) != "False Text=Dynamic ResourceAttribute Base.Text" {
		t.Errorf("%d changes: %s", len(all), told(all["Text"]))
	}
}
