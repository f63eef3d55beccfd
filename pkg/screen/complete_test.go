package screen_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

// declarations are what the source of pkg/report declares.
func declarations(t *testing.T) []ast.Decl {
	t.Helper()
	files, err := filepath.Glob("../report/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []ast.Decl
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name.Name == "report" {
			all = append(all, f.Decls...)
		}
	}
	return all
}

// eventTypes are the names of the types that are events, in order.
func eventTypes(t *testing.T) []string {
	var names []string
	for _, d := range declarations(t) {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "event" {
			names = append(names, f.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	slices.Sort(names)
	return names
}

// constants are the values of the constants that fit, in order.
func constants(t *testing.T, fits func(*ast.ValueSpec) bool) []string {
	var values []string
	for _, d := range declarations(t) {
		group, ok := d.(*ast.GenDecl)
		if !ok || group.Tok != token.CONST {
			continue
		}
		for _, spec := range group.Specs {
			if v := spec.(*ast.ValueSpec); fits(v) {
				values = append(values, strings.Trim(v.Values[0].(*ast.BasicLit).Value, `"`))
			}
		}
	}
	slices.Sort(values)
	return values
}

func ofType(name string) func(*ast.ValueSpec) bool {
	return func(v *ast.ValueSpec) bool {
		kind, ok := v.Type.(*ast.Ident)
		return ok && kind.Name == name
	}
}

func isExit(v *ast.ValueSpec) bool { return strings.HasPrefix(v.Names[0].Name, "Exit") }

// Every type of pkg/report that is an event is told in some scenario, all of whose lines TestSchema holds against the
// schema.
func TestEveryEventIsTold(t *testing.T) {
	told := map[string]bool{}
	for _, s := range scenarios() {
		for _, e := range s.events {
			told[reflect.TypeOf(e).Name()] = true
		}
	}
	names := eventTypes(t)
	if len(names) < 16 {
		t.Fatalf("found only %v", names)
	}
	for _, name := range names {
		if !told[name] {
			t.Errorf("no scenario tells %s", name)
		}
	}
}

// Every event has one line of JSON, and every fact of it stands in that line: without the fact the line is another.
func TestEveryFactIsInJSON(t *testing.T) {
	known := map[string]bool{}
	for _, s := range scenarios() {
		for _, e := range s.events {
			event := reflect.New(reflect.TypeOf(e)).Elem()
			event.Set(reflect.ValueOf(e))
			line := func() string { return lineOf(event.Interface().(report.Event)) }
			whole := line()
			if strings.Count(whole, "\n") != 1 {
				t.Fatalf("%s: the JSON of %+v is %q", s.name, e, whole)
			}
			facts(event, event.Type().Name(), func(path string, fact reflect.Value) {
				if kept := fact.Interface(); !fact.IsZero() {
					fact.SetZero()
					known[path] = known[path] || line() != whole
					fact.Set(reflect.ValueOf(kept))
				} else if !known[path] {
					known[path] = false
				}
			})
		}
	}
	for path, is := range known {
		if !is && !strings.HasSuffix(path, ".Problem.Err") { // what was behind the words
			t.Errorf("no line has %s", path)
		}
	}
}

func lineOf(e report.Event) string {
	var out bytes.Buffer
	s := screen.New(screen.Options{Out: &out, Err: &bytes.Buffer{}, JSON: true, Verbose: true})
	defer s.Close()
	s.Tell(e)
	return out.String()
}

// facts goes through the fields of a value, and those of what they hold, of a list those of its first item.
func facts(v reflect.Value, path string, do func(string, reflect.Value)) {
	if v.Kind() == reflect.Struct && v.Type().PkgPath() != "time" {
		for i := range v.NumField() {
			facts(v.Field(i), path+"."+v.Type().Field(i).Name, do)
		}
		return
	}
	do(path, v)
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil():
		facts(v.Elem(), path, do)
	case v.Kind() == reflect.Slice && v.Len() > 0 && v.Type().Elem().Kind() == reflect.Struct:
		facts(v.Index(0), path, do)
	}
}

// The words that the schema lists are those that pkg/report has.
func TestSchemaListsEveryWord(t *testing.T) {
	defs := readSchema(t).Defs
	isFailure := func(v *ast.ValueSpec) bool {
		name := v.Names[0].Name
		return isExit(v) && name != "ExitDone" && name != "ExitDiffers" // what was asked for is no error
	}
	for name, test := range map[string]struct{ listed, want []string }{
		"steps":      {words(defs["step"].Enum), constants(t, ofType("Step"))},
		"kinds":      {words(defs["traffic"].Properties["kind"].Enum), constants(t, ofType("Kind"))},
		"statuses":   {words(defs["outcome"].Properties["status"].Enum), constants(t, ofType("Status"))},
		"exit codes": {words(defs["error"].Properties["code"].Enum), constants(t, isFailure)},
	} {
		if len(test.want) == 0 || !slices.Equal(test.listed, test.want) {
			t.Errorf("the schema lists the %s %v, want %v", name, test.listed, test.want)
		}
	}
}

// words are the values of an enum, in order.
func words(enum []any) []string {
	var all []string
	for _, val := range enum {
		switch val := val.(type) {
		case string:
			all = append(all, val)
		case float64:
			all = append(all, strconv.Itoa(int(val)))
		}
	}
	slices.Sort(all)
	return all
}
