package template

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

// Problem is what is wrong with a property.
type Problem struct {
	Path    string // "#" is the resource itself, "#/Policies/0/PolicyName" a member
	Message string // "extraneous key [Foo] is not permitted"
}

// String is the problem as CloudFormation writes it.
func (p Problem) String() string { return p.Path + ": " + p.Message }

// Failure is the reason of a resource that fails for its properties. That several problems are told apart by a comma is
// unverified; the rest of the words is from stack events that people show.
func Failure(logicalID string, problems []Problem) string {
	var texts []string
	for _, p := range problems {
		texts = append(texts, p.String())
	}
	return fmt.Sprintf("Properties validation failed for resource %s with message:\n[%s]", logicalID,
		strings.Join(texts, ", "))
}

// Check compares resolved properties with their type, and says what is wrong in the words of the JSON-schema validator
// that CloudFormation uses, sorted by path. Unknown values are taken for good.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/validate-stack-deployments.html
func Check(t resource.Type, properties map[string]any) []Problem {
	c := &checker{}
	c.members("#", t.Properties, properties)
	return c.problems
}

// failedFor is what is said instead of the value where a message would show it.
// https://github.com/aws-cloudformation/cloudformation-resource-schema, ValidationException.java, SAFE_KEYWORDS
const failedFor = "failed validation constraint for keyword [%s]"

type checker struct{ problems []Problem }

func (c *checker) add(path, format string, args ...any) {
	c.problems = append(c.problems, Problem{path, fmt.Sprintf(format, args...)})
}

func (c *checker) members(path string, fields resource.Properties, object map[string]any) {
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		if _, set := object[name]; fields[name].Required && !set {
			c.add(path, "required key [%s] not found", name)
		}
	}
	names := slices.Sorted(maps.Keys(object))
	for _, name := range names {
		if _, ok := fields[name]; !ok {
			c.add(path, "extraneous key [%s] is not permitted", name)
		}
	}
	for _, name := range names {
		if field, ok := fields[name]; ok {
			c.value(path+"/"+name, field, object[name])
		}
	}
}

func (c *checker) value(path string, p resource.Property, v any) {
	if v == Unknown || p.Kind == resource.Free {
		return
	}
	switch v := v.(type) {
	case string:
		if p.Kind == resource.String {
			c.text(path, p, v)
			return
		}
	case float64:
		if p.Kind == resource.Number || p.Kind == resource.Integer && v == math.Trunc(v) {
			c.number(path, p, v)
			return
		}
	case bool:
		if p.Kind == resource.Boolean {
			return
		}
	case []any:
		if p.Kind == resource.List {
			c.list(path, p, v)
			return
		}
	case map[string]any:
		if p.Kind == resource.Struct {
			c.members(path, p.Fields, v)
			return
		}
	}
	c.add(path, "expected type: %s, found: %s", wanted(p.Kind), found(v))
}

func (c *checker) list(path string, p resource.Property, list []any) {
	if p.Item == nil {
		return
	}
	for i, item := range list {
		c.value(fmt.Sprintf("%s/%d", path, i), *p.Item, item)
	}
}

func (c *checker) text(path string, p resource.Property, s string) {
	if len(p.Enum) > 0 && !slices.Contains(p.Enum, s) {
		c.add(path, failedFor, "enum")
	}
	if p.Pattern == "" {
		return
	}
	if match, err := regexp.MatchString(p.Pattern, s); err != nil || !match {
		c.add(path, failedFor, "pattern")
	}
}

func (c *checker) number(path string, p resource.Property, v float64) {
	if p.Max <= p.Min {
		return
	}
	if v < p.Min {
		c.add(path, failedFor, "minimum")
	}
	if v > p.Max {
		c.add(path, failedFor, "maximum")
	}
}

// wanted and found are the names of types in the validator's words.
// https://github.com/everit-org/json-schema
func wanted(k resource.Kind) string {
	switch k {
	case resource.Integer:
		return "Integer"
	case resource.Number:
		return "Number"
	case resource.Boolean:
		return "Boolean"
	case resource.List:
		return "JSONArray"
	case resource.Struct:
		return "JSONObject"
	}
	return "String"
}

func found(v any) string {
	switch v := v.(type) {
	case string:
		return "String"
	case float64:
		if v == math.Trunc(v) {
			return "Integer"
		}
		return "BigDecimal"
	case bool:
		return "Boolean"
	case []any:
		return "JSONArray"
	case map[string]any:
		return "JSONObject"
	}
	return "Null"
}
