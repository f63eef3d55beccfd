package template_test

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
)

// FuzzParse holds that nothing makes Parse panic, that it gives the same twice, and that what it lets pass can be
// ordered and resolved without a panic.
func FuzzParse(f *testing.F) {
	f.Add(rendered(f))
	files, err := filepath.Glob("testdata/broken/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		first, err := template.Parse(text, types())
		second, again := template.Parse(text, types())
		if !reflect.DeepEqual(first, second) || !reflect.DeepEqual(err, again) {
			t.Fatalf("%v, then %v", err, again)
		}
		if err != nil {
			return
		}
		inOrder(t, first)
		use(first)
	})
}

// use does all that can be done with a template.
func use(parsed *template.Template) {
	for id, r := range parsed.Resources {
		properties, err := parsed.Resolve(id, before{})
		if err == nil {
			template.Check(types()[r.Type], properties)
			template.Compare(types()[r.Type], nil, properties)
		}
		for name := range properties {
			parsed.Causes(id, name)
		}
	}
	for name := range parsed.Outputs {
		_, _ = parsed.ResolveOutput(name, before{})
	}
	parsed.Capabilities()
}
