package screen_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// schema is the part of JSON Schema 2020-12 that docs/output.schema.json uses; reading it fails on any other keyword.
type schema struct {
	Schema      string            `json:"$schema"`
	ID          string            `json:"$id"`
	Title       string            `json:"title"`
	Description string            `json:"description"`
	Defs        map[string]schema `json:"$defs"`

	Ref        string            `json:"$ref"`
	OneOf      []schema          `json:"oneOf"`
	Type       string            `json:"type"`
	Const      any               `json:"const"`
	Enum       []any             `json:"enum"`
	Pattern    string            `json:"pattern"`
	Format     string            `json:"format"`
	Minimum    *float64          `json:"minimum"`
	Required   []string          `json:"required"`
	Properties map[string]schema `json:"properties"`
	Additional *schema           `json:"additionalProperties"`
	Items      *schema           `json:"items"`
}

func readSchema(t *testing.T) schema {
	t.Helper()
	f, err := os.Open("../../docs/output.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var s schema
	dec := json.NewDecoder(f)
	dec.DisallowUnknownFields()
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// validator holds lines against a schema, more strictly than the schema itself: a field that it does not name is an error.
type validator struct {
	root schema
	seen map[string]bool // properties that a line had, as DEFINITION.PROPERTY
}

// properties lists every property of every definition, as DEFINITION.PROPERTY.
func (v *validator) properties() []string {
	var all []string
	for name, def := range v.root.Defs {
		for property := range def.Properties {
			all = append(all, name+"."+property)
		}
	}
	slices.Sort(all)
	return all
}

// check returns what is wrong with val, "" if nothing is. where is the definition that s stands in.
func (v *validator) check(where string, s schema, val any) string {
	switch {
	case s.Ref != "":
		name := strings.TrimPrefix(s.Ref, "#/$defs/")
		def, ok := v.root.Defs[name]
		if !ok {
			return "the schema has no " + s.Ref
		}
		return v.check(name, def, val)
	case s.OneOf != nil:
		return v.oneOf(s, val)
	case s.Const != nil && val != s.Const:
		return fmt.Sprintf("%v is not %v", val, s.Const)
	case s.Enum != nil && !slices.Contains(s.Enum, val):
		return fmt.Sprintf("%v is none of %v", val, s.Enum)
	}
	switch val := val.(type) {
	case map[string]any:
		return typed(s, "object", v.object(where, s, val))
	case []any:
		return typed(s, "array", v.array(where, s, val))
	case string:
		return typed(s, "string", text(s, val))
	case float64:
		return typed(s, "integer", number(s, val))
	case bool:
		return typed(s, "boolean", "")
	}
	return fmt.Sprintf("%v is nothing that a line holds", val)
}

// typed says that val is of another type than the schema's, if it has one; else what was found so far.
func typed(s schema, is, found string) string {
	if s.Type != "" && s.Type != is {
		return is + " where the schema has " + s.Type
	}
	return found
}

func (v *validator) oneOf(s schema, val any) string {
	var fits int
	var complaints []string
	for _, one := range s.OneOf {
		alone := &validator{root: v.root, seen: map[string]bool{}}
		complaint := alone.check("", one, val)
		if complaint == "" {
			fits++
			for property := range alone.seen {
				v.seen[property] = true
			}
		}
		complaints = append(complaints, one.Ref+": "+complaint)
	}
	if fits != 1 {
		return fmt.Sprintf("%d of the schemas fit\n\t%s", fits, strings.Join(complaints, "\n\t"))
	}
	return ""
}

func (v *validator) object(where string, s schema, val map[string]any) string {
	for _, name := range s.Required {
		if _, ok := val[name]; !ok {
			return "there is no " + name
		}
	}
	for name, field := range val {
		of, ok := s.Properties[name]
		switch {
		case ok:
			v.seen[where+"."+name] = true
		case s.Additional != nil:
			of = *s.Additional
		default:
			return "the schema does not know " + name
		}
		if complaint := v.check(where, of, field); complaint != "" {
			return name + ": " + complaint
		}
	}
	return ""
}

func (v *validator) array(where string, s schema, val []any) string {
	for i, item := range val {
		if s.Items == nil {
			return "the schema has no items"
		}
		if complaint := v.check(where, *s.Items, item); complaint != "" {
			return fmt.Sprintf("%d: %s", i, complaint)
		}
	}
	return ""
}

func text(s schema, val string) string {
	if s.Pattern != "" && !regexp.MustCompile(s.Pattern).MatchString(val) {
		return fmt.Sprintf("%q does not match %s", val, s.Pattern)
	}
	if s.Format == "date-time" {
		if _, err := time.Parse(time.RFC3339, val); err != nil {
			return err.Error()
		}
	}
	return ""
}

func number(s schema, val float64) string {
	switch {
	case s.Type == "integer" && val != float64(int64(val)):
		return fmt.Sprintf("%v is not whole", val)
	case s.Minimum != nil && val < *s.Minimum:
		return fmt.Sprintf("%v is less than %v", val, *s.Minimum)
	}
	return ""
}
