package resource_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/resource"
)

func TestProperties(t *testing.T) {
	properties := map[string]any{
		"text": "a", "number": 3.0, "zero": 0.0, "yes": true, "nothing": nil,
		"texts":   []any{"a", "b"},
		"structs": []any{map[string]any{"K": "1"}, map[string]any{"K": "2"}},
		"mixed":   []any{"a", 1.0, map[string]any{"K": "1"}},
	}
	cases := map[string]struct{ got, want any }{
		"text":            {resource.Text(properties, "text"), "a"},
		"no text":         {resource.Text(properties, "number"), ""},
		"text, not there": {resource.Text(properties, "other"), ""},
		"whole":           {resource.Whole(properties, "number", 7), 3},
		"whole, zero":     {resource.Whole(properties, "zero", 7), 0},
		"no whole":        {resource.Whole(properties, "text", 7), 7},
		"whole, nothing":  {resource.Whole(properties, "nothing", 7), 7},
		"yes":             {resource.Yes(properties, "yes"), true},
		"no":              {resource.Yes(properties, "text"), false},
		"of no map":       {resource.Text(nil, "text"), ""},
		"texts":           {resource.Texts(properties, "texts"), []string{"a", "b"}},
		"texts of a text": {resource.Texts(properties, "text"), []string(nil)},
		"structs":         {resource.Structs(properties, "structs"), []map[string]any{{"K": "1"}, {"K": "2"}}},
		"structs, none":   {resource.Structs(properties, "nothing"), []map[string]any(nil)},
		"mixed, structs":  {resource.Structs(properties, "mixed"), []map[string]any{{"K": "1"}}},
		"mixed, texts":    {resource.Texts(properties, "mixed"), []string{"a"}},
	}
	for name, c := range cases {
		if !reflect.DeepEqual(c.got, c.want) {
			t.Errorf("%s is %#v", name, c.got)
		}
	}
}

func TestPhysicalName(t *testing.T) {
	cases := map[string]struct {
		stack, id string
		longest   int
		want      string
	}{
		"short":                 {"stack", "Table", 255, `^stack-Table-[0-9A-Z]{12}$`},
		"just fits":             {"stack", "Table", 24, `^stack-Table-[0-9A-Z]{12}$`},
		"too long":              {"stack", "Table", 23, `^stack-Tabl-[0-9A-Z]{12}$`},
		"no hyphen at the end":  {"stack", "Table", 19, `^stack-[0-9A-Z]{12}$`},
		"nothing of the second": {strings.Repeat("s", 128), "Role", 64, `^s{51}-[0-9A-Z]{12}$`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			in := resource.Input{StackName: c.stack, LogicalID: c.id}
			got := resource.PhysicalName(in, c.longest)
			if !regexp.MustCompile(c.want).MatchString(got) || len(got) > c.longest {
				t.Errorf("got %s", got)
			}
			if got == resource.PhysicalName(in, c.longest) {
				t.Error("twice the same")
			}
		})
	}
}

func TestRandomHasItsLengthAndLetters(t *testing.T) {
	seen := map[rune]bool{}
	for _, letter := range resource.Random(5000) {
		seen[letter] = true
	}
	if len(seen) != 36 || len(resource.Random(0)) != 0 || len(resource.Random(21)) != 21 {
		t.Errorf("there are %d letters", len(seen))
	}
}

func TestErrorf(t *testing.T) {
	err := resource.Errorf(resource.NotFound, "table %s is gone", "t")
	if err.Code != "NotFound" || err.Error() != "table t is gone" {
		t.Errorf("got %+v", err)
	}
}
