package screen_test

import (
	"os"
	"strings"
	"testing"
)

// rows are the lines of the tables in docs/output.md, by what stands in their first column.
func rows(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/output.md")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(page)) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for name := range strings.SplitSeq(cells[1], ",") {
				all[strings.Trim(name, " `")] += line
			}
		}
	}
	return all
}

func named(row, word string) bool { return strings.Contains(row, "`"+word+"`") }

// The page names every type of line and its fields.
func TestPageNamesEveryField(t *testing.T) {
	page, root := rows(t), readSchema(t)
	for _, one := range root.OneOf {
		def := root.Defs[strings.TrimPrefix(one.Ref, "#/$defs/")]
		kind := def.Properties["type"].Const.(string)
		if page[kind] == "" {
			t.Errorf("the page does not name %s", kind)
		}
		for field := range def.Properties {
			if kind == "outcome" && page[field] != "" || field == "type" {
				continue
			}
			if !named(page[kind], field) {
				t.Errorf("%s: the page does not name %s", kind, field)
			}
		}
	}
	for name, row := range map[string]string{
		"error": "error", "function": "functions", "propertyChange": "resourceChange", "propertyDrift": "drift",
	} {
		for field := range root.Defs[name].Properties {
			if !named(page[row], field) {
				t.Errorf("%s: the page does not name %s", name, field)
			}
		}
	}
}

// The page names every word that the schema lists, and every exit code.
func TestPageNamesEveryWord(t *testing.T) {
	page, root := rows(t), readSchema(t)
	for _, field := range []string{"command", "status", "drift"} {
		for _, word := range words(root.Defs["outcome"].Properties[field].Enum) {
			if !named(page[field], word) {
				t.Errorf("%s: the page does not name %s", field, word)
			}
		}
	}
	for _, code := range constants(t, isExit) {
		if page[code] == "" {
			t.Errorf("the page does not name the exit code %s", code)
		}
	}
}
