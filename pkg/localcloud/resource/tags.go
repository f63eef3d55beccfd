package resource

import (
	"maps"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Place is where the resource is made.
func (in Input) Place() wire.Place {
	return wire.Place{Account: in.Account, Region: in.Region, Partition: in.Partition}
}

// Retag gives the tags of a resource that had some before (none, if it is new): those of its stack, and over them
// those that its template gives to it alone. Tags that somebody else gave it stay. fromStack are the names, in their
// order, of those that are the stack's: keep them, to hand them in as before at the next update.
//
// system says whether it gets aws:cloudformation:* of the stack's tags too, which the type's schema tells
// (tagging.cloudFormationSystemTags).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
func Retag(had map[string]string, before []string, in Input, system bool) (tags map[string]string, fromStack []string) {
	tags = map[string]string{}
	maps.Copy(tags, had)
	for _, name := range before {
		delete(tags, name)
	}
	for name := range OwnTags(in.Before) {
		delete(tags, name)
	}
	own := OwnTags(in.Properties)
	for _, name := range slices.Sorted(maps.Keys(in.Tags)) {
		if _, over := own[name]; !over && (system || !strings.HasPrefix(name, "aws:")) {
			fromStack = append(fromStack, name)
			tags[name] = in.Tags[name]
		}
	}
	maps.Copy(tags, own)
	return tags, fromStack
}

// OwnTags are the tags that properties have, whether as a list of keys and values or as a map.
func OwnTags(properties map[string]any) map[string]string {
	tags := map[string]string{}
	for _, t := range Structs(properties, "Tags") {
		tags[Text(t, "Key")] = Text(t, "Value")
	}
	if named, ok := properties["Tags"].(map[string]any); ok {
		for name := range named {
			tags[name] = Text(named, name)
		}
	}
	return tags
}
