package template

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strconv"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// Difference is one value that an update of a resource changes.
type Difference struct {
	Path string // "/Properties/Code/S3ObjectVersion", "/Properties/Tags/0/Value"
	Name string // the property of the resource in which it is: "Code"
	// Before and After are strings as they are, all else as JSON; "" where there is none.
	Before, After string
	Change        resource.Change // what it does: the strongest of the properties on the path
	Kind          string          // "Add", "Remove" or "Modify"
}

// Compare says what an update of one resource changes, in the order of the paths. Lists are compared item by item.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ResourceTargetDefinition.html
// For lists, change sets that people show are followed ("Path": "/Properties/Tags/0/Value"); that policy documents are
// looked into as well is unverified.
func Compare(t resource.Type, before, after map[string]any) []Difference {
	c := &comparison{}
	for _, name := range both(before, after) {
		c.name = name
		was, had := before[name]
		is, has := after[name]
		c.step("/Properties/"+name, t.Properties[name], resource.InPlace, side{was, had}, side{is, has})
	}
	return c.found
}

type comparison struct {
	name  string
	found []Difference
}

// side is a value before or after.
type side struct {
	value any
	there bool
}

func (s side) text() string {
	if !s.there {
		return ""
	}
	return written(s.value)
}

// step compares the values of one property. change is the strongest above it.
func (c *comparison) step(path string, p resource.Property, change resource.Change, before, after side) {
	if before.there == after.there && reflect.DeepEqual(before.value, after.value) {
		return
	}
	change = stronger(change, p.Change)
	if before.there && after.there && c.within(path, p, change, before.value, after.value) {
		return
	}
	kind := "Modify"
	if !before.there {
		kind = "Add"
	} else if !after.there {
		kind = "Remove"
	}
	c.found = append(c.found, Difference{path, c.name, before.text(), after.text(), change, kind})
}

// within compares the parts of two lists or two structures; it is false for other values.
func (c *comparison) within(path string, p resource.Property, change resource.Change, before, after any) bool {
	if was, ok := before.(map[string]any); ok {
		is, ok := after.(map[string]any)
		if !ok {
			return false
		}
		for _, name := range both(was, is) {
			b, had := was[name]
			a, has := is[name]
			c.step(path+"/"+name, p.Fields[name], change, side{b, had}, side{a, has})
		}
		return true
	}
	was, ok := before.([]any)
	is, alike := after.([]any)
	if !ok || !alike {
		return false
	}
	var item resource.Property
	if p.Item != nil {
		item = *p.Item
	}
	for i := range max(len(was), len(is)) {
		c.step(path+"/"+strconv.Itoa(i), item, change, at(was, i), at(is, i))
	}
	return true
}

func at(list []any, i int) side {
	if i < len(list) {
		return side{list[i], true}
	}
	return side{}
}

// stronger is the one of two effects that does more.
func stronger(a, b resource.Change) resource.Change {
	if a == resource.Replaces || b == resource.InPlace {
		return a
	}
	return b
}

// both are the names in either of two structures, sorted.
func both(a, b map[string]any) []string {
	names := map[string]bool{}
	for name := range a {
		names[name] = true
	}
	for name := range b {
		names[name] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// written is a value as change sets show it.
func written(v any) string {
	if s, ok := text(v); ok {
		return s
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return ""
	}
	return string(bytes.TrimSpace(b.Bytes()))
}
