package cloudformation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

// look begins to look for drift, and gives what the look is known by.
func (c *cloud) look(name string) *string {
	c.t.Helper()
	out, err := c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: &name})
	return must(c.t, out, err).StackDriftDetectionId
}

// looked waits for the look to end.
func (c *cloud) looked(id *string) *cfn.DescribeStackDriftDetectionStatusOutput {
	c.t.Helper()
	c.pass(10 * time.Second)
	out, err := c.DescribeStackDriftDetectionStatus(c.ctx(),
		&cfn.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: id})
	return must(c.t, out, err)
}

// seen is what the last look saw of a resource.
func (c *cloud) seen(name, logical string) types.StackResourceDrift {
	c.t.Helper()
	out, err := c.DescribeStackResourceDrifts(c.ctx(), &cfn.DescribeStackResourceDriftsInput{StackName: &name})
	drifts := must(c.t, out, err).StackResourceDrifts
	i := slices.IndexFunc(drifts, func(d types.StackResourceDrift) bool { return *d.LogicalResourceId == logical })
	if i < 0 {
		c.t.Fatalf("%s was not looked at", logical)
	}
	return drifts[i]
}

// meddle changes a thing behind CloudFormation's back.
func (c *cloud) meddle(id string, properties map[string]any) {
	c.t.Helper()
	must(c.t, 0, c.store.Update(c.ctx(), func(tx *store.Tx) error {
		store.Put(tx, thingsTable, id, properties)
		return nil
	}))
}

// Differences have the paths of the leaves. What the template leaves open does not count, nor does the order of a list.
func TestDriftWithin(t *testing.T) {
	for name, test := range map[string]struct {
		properties string
		actual     map[string]any
		want       []string
	}{
		"a structure": {
			"Part: {Inner: a}",
			map[string]any{"Part": map[string]any{"Inner": "b", "Outer": "c"}},
			[]string{"NOT_EQUAL /Part/Inner a b"},
		},
		"a member less": {
			"Part: {Inner: a}",
			map[string]any{"Part": map[string]any{"Outer": "b"}},
			[]string{"REMOVE /Part/Inner a null"},
		},
		"a structure less": {"Part: {Inner: a}", map[string]any{}, []string{`REMOVE /Part {"Inner":"a"} null`}},
		"a document": {
			"Any: {a: [x, {b: 1}]}",
			map[string]any{"Any": map[string]any{"a": []any{"x", map[string]any{"b": 2.}}, "c": "<&>"}},
			[]string{"NOT_EQUAL /Any/a/1/b 1 2", "ADD /Any/c null <&>"},
		},
		"another kind":   {"Any: {a: 1}", map[string]any{"Any": "text"}, []string{`NOT_EQUAL /Any {"a":1} text`}},
		"an order":       {"List: [a, b, a]", map[string]any{"List": []any{"b", "a", "a"}}, nil},
		"an item more":   {"List: [a, b]", map[string]any{"List": []any{"x", "a", "b"}}, []string{"ADD /List/0 null x"}},
		"an item less":   {"List: [a, b]", map[string]any{"List": []any{"b"}}, []string{"REMOVE /List/0 a null"}},
		"another item":   {"List: [a, b]", map[string]any{"List": []any{"b", "x"}}, []string{"NOT_EQUAL /List/0 a x"}},
		"nothing at all": {"List: []", map[string]any{}, nil},
		"a secret":       {"Once: a", map[string]any{"Once": "b"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			c := open(t)
			c.create("in", resourceOne("", test.properties))
			c.meddle("One-1", test.actual)
			c.looked(c.look("in"))
			var lines []string
			drift := c.seen("in", "One")
			for _, d := range drift.PropertyDifferences {
				lines = append(lines, string(d.DifferenceType)+" "+*d.PropertyPath+" "+*d.ExpectedValue+" "+*d.ActualValue)
			}
			if !slices.Equal(lines, test.want) {
				t.Errorf("%q", lines)
			}
			if strings.Contains(*drift.ExpectedProperties+*drift.ActualProperties, "Once") {
				t.Errorf("the secret is told: %s %s", *drift.ExpectedProperties, *drift.ActualProperties)
			}
		})
	}
}

// A resource that cannot be looked at is unknown, and the look has failed; the others are known.
func TestDriftThatCannotBeRead(t *testing.T) {
	c := open(t)
	c.create("dark", two)
	c.faults.fail("READ Base", "not authorized")
	d := c.looked(c.look("dark"))
	if d.DetectionStatus != types.StackDriftDetectionStatusDetectionFailed ||
		d.StackDriftStatus != types.StackDriftStatusUnknown || !strings.Contains(*d.DetectionStatusReason, "[Base]") {
		t.Errorf("%+v", d)
	}
	if r := c.seen("dark", "Base"); r.StackResourceDriftStatus != types.StackResourceDriftStatusUnknown ||
		aws.ToString(r.DriftStatusReason) != "not authorized" {
		t.Errorf("%+v", r)
	}
	if r := c.seen("dark", "Beside"); r.StackResourceDriftStatus != types.StackResourceDriftStatusInSync {
		t.Errorf("%+v", r)
	}
	c.faults.fail("READ Base", "")
	if d = c.looked(c.look("dark")); d.StackDriftStatus != types.StackDriftStatusInSync {
		t.Errorf("%+v", d)
	}
}

// One look goes on at a time.
func TestDriftIsLookedForOnce(t *testing.T) {
	c := open(t)
	c.create("a", two)
	c.create("b", two)
	first := c.look("a")
	_, err := c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: aws.String("a")})
	refused(t, err, "ValidationError", "Drift detection is already in progress for stack")
	c.looked(c.look("b"))
	if d := c.looked(first); d.DetectionStatus != types.StackDriftDetectionStatusDetectionComplete {
		t.Errorf("%+v", d)
	}
	c.looked(c.look("a"))
}
