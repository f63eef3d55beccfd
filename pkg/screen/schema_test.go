package screen_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/screen"
)

func parse(t *testing.T, line string) any {
	t.Helper()
	var val any
	if err := json.Unmarshal([]byte(line), &val); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return val
}

// Every line of every scenario is what the schema says, and the schema says nothing that no line has.
func TestSchema(t *testing.T) {
	v := &validator{root: readSchema(t), seen: map[string]bool{}}
	for _, s := range scenarios() {
		for line := range strings.Lines(show(s, screen.Options{JSON: true}).out) {
			if complaint := v.check("", v.root, parse(t, line)); complaint != "" {
				t.Errorf("%s: %s%s", s.name, line, complaint)
			}
		}
	}
	for _, property := range v.properties() {
		if !v.seen[property] {
			t.Errorf("no line has %s", property)
		}
	}
}

// The test above can fail: what is not of the schema is found.
func TestSchemaRefuses(t *testing.T) {
	const line = `{"type":"packed","name":"f","size":5,"sha256":"` + digest + `","reused":true}`
	v := &validator{root: readSchema(t), seen: map[string]bool{}}
	if complaint := v.check("", v.root, parse(t, line)); complaint != "" {
		t.Fatal(complaint)
	}
	for name, change := range map[string][2]string{
		"an unknown type":      {`"type":"packed"`, `"type":"packet"`},
		"an unknown field":     {`"size":5`, `"size":5,"bytes":5`},
		"a missing field":      {`"size":5,`, ``},
		"a text for a number":  {`"size":5`, `"size":"5"`},
		"half a byte":          {`"size":5`, `"size":5.5`},
		"less than nothing":    {`"size":5`, `"size":-1`},
		"a digest in hex":      {digest, strings.Repeat("ab", 32)},
		"null":                 {`"name":"f"`, `"name":null`},
		"a number for a truth": {`"reused":true`, `"reused":1`},
	} {
		if v.check("", v.root, parse(t, strings.Replace(line, change[0], change[1], 1))) == "" {
			t.Errorf("%s is let through", name)
		}
	}
}
