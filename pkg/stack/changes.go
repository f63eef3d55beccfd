package stack

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// resourceChanges takes from a page what it says of resources, in its order.
func resourceChanges(page []types.Change) []report.ResourceChange {
	var changes []report.ResourceChange
	for _, c := range page {
		if c.ResourceChange != nil {
			changes = append(changes, resourceChange(c.ResourceChange))
		}
	}
	return changes
}

func resourceChange(c *types.ResourceChange) report.ResourceChange {
	return report.ResourceChange{
		Action:       string(c.Action),
		LogicalID:    aws.ToString(c.LogicalResourceId),
		PhysicalID:   aws.ToString(c.PhysicalResourceId),
		ResourceType: aws.ToString(c.ResourceType),
		Replacement:  string(c.Replacement),
		Loses:        loss(c),
		Properties:   append(propertyChanges(c.Details), added(c)...),
	}
}

// propertyChanges gives each path that changes once. CloudFormation gives one detail for each cause of a change, so a
// property that two references change is there twice
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChangeDetail.html).
func propertyChanges(details []types.ResourceChangeDetail) []report.PropertyChange {
	var changes []report.PropertyChange
	for _, d := range details {
		if d.Target != nil {
			changes = append(changes, propertyChange(d.Target))
		}
	}
	return mergedProperties(changes)
}

// mergedProperties makes one list of several, in which each path is once.
func mergedProperties(lists ...[]report.PropertyChange) []report.PropertyChange {
	var all []report.PropertyChange
	for _, p := range slices.Concat(lists...) {
		i := slices.IndexFunc(all, func(c report.PropertyChange) bool { return c.Path == p.Path })
		if i < 0 {
			all = append(all, p)
			continue
		}
		all[i] = merged(all[i], p)
	}
	return all
}

// unvalued are those of the changes that none with values tells in more detail: without values a property has its name
// alone ("Code"), with them a path ("/Properties/Code/S3ObjectVersion").
func unvalued(changes, valued []report.PropertyChange) []report.PropertyChange {
	return slices.DeleteFunc(slices.Clone(changes), func(c report.PropertyChange) bool {
		return slices.ContainsFunc(valued, func(v report.PropertyChange) bool {
			return strings.HasPrefix(v.Path+"/", "/Properties/"+c.Path+"/") || strings.HasPrefix(v.Path+"/", "/"+c.Path+"/")
		})
	})
}

// added are the properties of a resource that a change set makes: CloudFormation gives them as one JSON text, what the
// resource will be (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceChange.html).
func added(c *types.ResourceChange) []report.PropertyChange {
	var after struct{ Properties map[string]json.RawMessage }
	if c.Action != types.ChangeActionAdd || json.Unmarshal([]byte(aws.ToString(c.AfterContext)), &after) != nil {
		return nil
	}
	var list []report.PropertyChange
	for _, name := range slices.Sorted(maps.Keys(after.Properties)) {
		list = append(list, report.PropertyChange{Path: "/Properties/" + name, After: plain(after.Properties[name])})
	}
	return list
}

// plain is a JSON value as CloudFormation writes one in a change: a text without its quotes.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

func propertyChange(t *types.ResourceTargetDefinition) report.PropertyChange {
	return report.PropertyChange{
		Path:       cmp.Or(aws.ToString(t.Path), aws.ToString(t.Name), string(t.Attribute)),
		Before:     aws.ToString(t.BeforeValue),
		After:      aws.ToString(t.AfterValue),
		Recreation: string(t.RequiresRecreation),
	}
}

// merged is what two details say of one path: the values that either knows, and the greater effect.
func merged(a, b report.PropertyChange) report.PropertyChange {
	a.Before, a.After = cmp.Or(a.Before, b.Before), cmp.Or(a.After, b.After)
	if effect(b.Recreation) > effect(a.Recreation) {
		a.Recreation = b.Recreation
	}
	return a
}

// effect orders the words for whether a change makes a resource anew.
func effect(recreation string) int {
	return slices.Index([]string{"Never", "Conditionally", "Always"}, recreation)
}
