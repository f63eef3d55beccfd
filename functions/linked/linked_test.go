package linked_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/plldb/plldb/functions/linked"
)

// programs are the folders that hold a function: those that are compiled and packed (pkg/compile).
func programs(t *testing.T) []string {
	t.Helper()
	mains, err := filepath.Glob("../*/main.go")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, path := range mains {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	slices.Sort(names)
	return names
}

func TestEveryFunctionIsLinked(t *testing.T) {
	want := programs(t)
	if got := linked.Names(); len(want) < 4 || !slices.Equal(got, want) {
		t.Errorf("linked are %v, and the functions are %v", got, want)
	}
}

// What is linked under a function's name is what that function's own program starts.
func TestWhatIsLinkedIsWhatTheProgramStarts(t *testing.T) {
	registered := registry(t)
	for _, name := range programs(t) {
		want := started(t, filepath.Join("..", name, "main.go"))
		if got := registered[name]; got == "" || got != want {
			t.Errorf("%s starts %s, and %q is linked", name, want, got)
		}
	}
}

// registry reads the source of the list: names, and the handlers as IMPORT PATH.NAME.
func registry(t *testing.T) map[string]string {
	t.Helper()
	file := parse(t, "linked.go")
	found := map[string]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		if pair, ok := n.(*ast.KeyValueExpr); ok {
			name, err := strconv.Unquote(pair.Key.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			found[name] = qualified(file, pair.Value)
		}
		return true
	})
	return found
}

// started is what a program gives to lambda.Start, as IMPORT PATH.NAME.
func started(t *testing.T, path string) string {
	t.Helper()
	file, found := parse(t, path), ""
	ast.Inspect(file, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && strings.HasSuffix(qualified(file, call.Fun), "/lambda.Start") {
			found = qualified(file, call.Args[0])
		}
		return true
	})
	return found
}

func parse(t *testing.T, path string) *ast.File {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, 0)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// qualified writes out the package of a name of another package; "" for anything else.
func qualified(file *ast.File, e ast.Expr) string {
	name, ok := e.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	for _, spec := range file.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		if x, ok := name.X.(*ast.Ident); ok && filepath.Base(path) == x.Name {
			return path + "." + name.Sel.Name
		}
	}
	return ""
}

func TestAFunctionThatIsNotThere(t *testing.T) {
	if linked.Run("ws_api_other_handler") {
		t.Error("it runs")
	}
}
