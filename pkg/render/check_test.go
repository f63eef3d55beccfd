package render_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/render"
)

// Every fault is found with its place, by Check and by Render alike.
func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name, text string
		functions  []string
		want, hint string
	}{
		{
			name: "trap 49: not ASCII", text: "a: b\n# caf\u00e9 \u00e9\nc: \u201cd\u201d\n",
			want: "template.yaml:2:6: '\u00e9' is not printable 7-bit ASCII\n" +
				"template.yaml:3:4: '\u201c' is not printable 7-bit ASCII",
			hint: "plain ASCII",
		},
		{
			name: "not even UTF-8", text: "a: \xff\n",
			want: "template.yaml:1:4: the byte 0xFF is not printable 7-bit ASCII", hint: "ASCII",
		},
		{
			name: "control character", text: "a: \x01\n",
			want: "template.yaml:1:4: '\\x01' is not printable 7-bit ASCII", hint: "ASCII",
		},
		{
			name: "byte order mark", text: "\ufeffa: b\n",
			want: "template.yaml:1:1: '\\ufeff' is not printable 7-bit ASCII", hint: "ASCII",
		},

		{name: "empty", text: "", want: "template.yaml:1:1: this is no YAML: there is nothing in it"},
		{name: "comments alone", text: "# a\n", want: "template.yaml:1:1: this is no YAML: there is nothing in it"},
		{name: "a list", text: "# a\n- a\n", want: "template.yaml:2:1: a template is a mapping, and this is none"},
		{
			name: "two documents", text: "a: b\n---\nc: d\n",
			want: "template.yaml:2:1: this is no YAML: a second document begins",
		},
		{
			name: "broken deep inside", text: "R:\n  A:\n    x: 1\n  B:\n    x: 1\n   y: 2\n  C:\n    x: 1\n",
			want: "template.yaml:6:4: this is no YAML: did not find expected key",
		},
		{
			name: "two colons", text: "a: b\nc: d: e\nf: g\n",
			want: "template.yaml:2:1: this is no YAML: mapping values are not allowed in this context",
		},
		{
			name: "open bracket", text: "x: y\na: b\nc: {d: [e}\nf: g\n",
			want: "template.yaml:3:1: this is no YAML: did not find expected ',' or ']'",
		},
		{
			name: "open quote", text: "x: y\na:\n  b: \"c\nd: e\nf: g\n",
			want: "template.yaml:3:3: this is no YAML: found unexpected end of stream",
		},
		{
			name: "tab", text: "a:\n  b: c\n\td: e\n",
			want: "template.yaml:3:2: this is no YAML: found a tab character that violates indentation",
		},
		{
			name: "second document broken", text: "a: b\n---\nc: d: e\n",
			want: "template.yaml:3:1: this is no YAML: mapping values are not allowed in this context",
		},
		{
			name: "key twice", text: "R:\n  A: 1\n  B: {A: 1}\n  \"A\": 2\n",
			want: `template.yaml:4:3: the key "A" stands a second time in its mapping`,
		},
		{
			name: "alias", text: "A: &x b\nB:\n  - *x\n",
			want: "template.yaml:3:5: CloudFormation takes no YAML aliases", hint: "write the value out",
		},
		{
			name: "alias without anchor", text: "A: b\nB: *x\n",
			want: "template.yaml:2:1: this is no YAML: unknown anchor 'x' referenced",
		},

		{
			name: "unknown", text: "A: b\nB: \"x${plldb:colour}\"\n",
			want: "template.yaml:2:6: ${plldb:colour} is no placeholder", hint: "known are version, bucket, functions.NAME.key",
		},
		{
			name: "misspelt", text: `A: "${plldb:verison}"`,
			want: "template.yaml:1:5: ${plldb:verison} is no placeholder", hint: "did you mean ${plldb:version}?",
		},
		{
			name: "misspelt field", text: uses("one", `A: "${plldb:functions.one.sha265}"`), functions: []string{"one"},
			want: "template.yaml:2:5: ${plldb:functions.one.sha265} is no placeholder",
			hint: "did you mean ${plldb:functions.one.sha256}?",
		},
		{
			name: "no name", text: `A: "${plldb:}"`,
			want: "template.yaml:1:5: ${plldb:} is no placeholder", hint: "known are",
		},
		{
			name: "no function's name", text: `A: "${plldb:functions..key}"`,
			want: "template.yaml:1:5: ${plldb:functions..key} is no placeholder", hint: "known are",
		},
		{
			name: "spaces", text: `A: "${ plldb:version}"`,
			want: `template.yaml:1:5: "${ plldb:" begins no placeholder`, hint: "write ${plldb:NAME}",
		},
		{
			name: "capitals", text: `A: "${PLLDB:version}"`,
			want: `template.yaml:1:5: "${PLLDB:" begins no placeholder`, hint: "write ${plldb:NAME}",
		},
		{
			name: "space in the name", text: `A: "${plldb: version}"`,
			want: "template.yaml:1:5: ${plldb: version} is no placeholder", hint: "did you mean ${plldb:version}?",
		},
		{
			name: "not closed", text: "A: \"${plldb:version\"\nB: \"}\"\n",
			want: "template.yaml:1:5: a placeholder is not closed", hint: "write ${plldb:NAME}",
		},

		{
			name: "not closed before the next", text: `A: "${plldb:${plldb:version}"`,
			want: "template.yaml:1:5: a placeholder is not closed", hint: "write ${plldb:NAME}",
		},
		{
			name: "not closed in its string", text: `A: ["${plldb:version", "}"]`,
			want: "template.yaml:1:6: a placeholder is not closed", hint: "write ${plldb:NAME}",
		},

		{
			name: "no such function", text: "A: b\nB: \"${plldb:functions.two.key}\"\n",
			want: "template.yaml:2:5: ${plldb:functions.two.key} needs a function two, which is not there",
			hint: "make the folder functions/two, or take the placeholder out",
		},
		{
			name: "function misspelt", text: uses("handler", `B: "${plldb:functions.handlr.key}"`),
			functions: []string{"handler"},
			want:      "template.yaml:2:5: ${plldb:functions.handlr.key} needs a function handlr, which is not there",
			hint:      "did you mean handler?",
		},
		{
			name: "function not used", text: uses("one"), functions: []string{"one", "two"},
			want: "template.yaml: the template does not use the function two", hint: "give two a place",
		},
		{
			name:      "trap 1: function without its version",
			text:      "A: \"${plldb:functions.one.key}${plldb:functions.one.sha256}\"\n",
			functions: []string{"one"},
			want:      "template.yaml: the template uses the function one without ${plldb:functions.one.version}",
			hint:      "without the version CloudFormation does not see new code",
		},

		{name: "no quotes", text: "A: ${plldb:version}\n", want: unquoted(1, 4), hint: `write "${plldb:NAME}"`},
		{
			name: "no quotes in a flow mapping", text: "A: {B: ${plldb:version}}\n",
			want: unquoted(1, 8), hint: `write "${plldb:NAME}"`,
		},
		{name: "single quotes", text: "A: '${plldb:version}'\n", want: unquoted(1, 5), hint: `write "${plldb:NAME}"`},
		{name: "block", text: "A: |\n  x ${plldb:version}\n", want: unquoted(2, 5), hint: `write "${plldb:NAME}"`},
		{
			name: "quotes in a block", text: "A: |\n  \"${plldb:version}\"\n",
			want: unquoted(2, 4), hint: `write "${plldb:NAME}"`,
		},
		{
			name: "quotes within single quotes", text: "A: '\"${plldb:version}\"'\n",
			want: unquoted(1, 6), hint: `write "${plldb:NAME}"`,
		},
		{name: "comment", text: "A: b # ${plldb:version}\n", want: unquoted(1, 8), hint: "in a comment leave out"},
		{
			name: "quotes in a comment", text: "A: b\n# \"${plldb:version}\"\n", want: unquoted(2, 4),
			hint: "in a comment leave out",
		},
		{
			name: "backslash", text: `A: "\${plldb:version}"`,
			want: "template.yaml:1:6: the string around ${plldb:version} does not keep it as it is written",
			hint: "take away the backslash",
		},
		{
			name: "escaped", text: `A: "\x24{plldb:version}"`,
			want: "template.yaml:1:4: a placeholder is written with escapes", hint: "letter by letter",
		},
		{
			name: "escaped beside a good one", text: `A: "${plldb:version} \x24{plldb:version}"`,
			want: "template.yaml:1:4: a placeholder is written with escapes", hint: "letter by letter",
		},
		{
			name: "tagged as a number", text: `A: !!int "${plldb:version}"`,
			want: "template.yaml:1:4: the tag !!int makes something else than a string of this", hint: "take the tag away",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, rendered := render.Render([]byte(c.text), values(c.functions...))
			for who, err := range map[string]error{"Check": render.Check([]byte(c.text), c.functions), "Render": rendered} {
				p := problem(t, err)
				if p.Message != c.want {
					t.Errorf("%s said\n%s\nwant\n%s", who, p.Message, c.want)
				}
				if !strings.Contains(p.Hint, c.hint) || p.Hint == "" {
					t.Errorf("%s hinted %q, want %q", who, p.Hint, c.hint)
				}
			}
		})
	}
}

func unquoted(line, column int) string {
	return place(line, column) + ": ${plldb:version} does not stand in double quotes"
}

func place(line, column int) string { return fmt.Sprintf("template.yaml:%d:%d", line, column) }

// Placeholders of different lengths stand before the fault: its column is that of the unfilled text.
func TestPlacesAreThoseOfTheUnfilledText(t *testing.T) {
	text := []byte("A: [\"${plldb:bucket}\", \"${plldb:version}\", {B: 1, B: 2}, ${plldb:version}]\n")
	_, err := render.Render(text, values())
	want := "template.yaml:1:51: the key \"B\" stands a second time in its mapping\n" + unquoted(1, 58)
	if p := problem(t, err); p.Message != want {
		t.Errorf("said\n%s\nwant\n%s", p.Message, want)
	}
}

// A person sees all that is wrong in one go, in the order of the text, and each hint once.
func TestAllFaultsAreToldTogether(t *testing.T) {
	text := []byte("A: ${plldb:version}\nB: \"${plldb:colour}\"\nC: ${plldb:version}\nC: d\n")
	p := problem(t, render.Check(text, []string{"one"}))
	want := strings.Join([]string{
		"template.yaml: the template does not use the function one",
		unquoted(1, 4),
		"template.yaml:2:5: ${plldb:colour} is no placeholder",
		unquoted(3, 4),
		"template.yaml:4:1: the key \"C\" stands a second time in its mapping",
	}, "\n")
	if p.Message != want {
		t.Errorf("said\n%s\nwant\n%s", p.Message, want)
	}
	if n := strings.Count(p.Hint, "\n"); n != 3 {
		t.Errorf("%d hints:\n%s", n+1, p.Hint)
	}
}

func TestManyFaultsAreCut(t *testing.T) {
	p := problem(t, render.Check([]byte("A:\n"+strings.Repeat("  - ${plldb:version}\n", 50)), nil))
	lines := strings.Split(p.Message, "\n")
	if len(lines) != 21 || lines[20] != "and 30 more" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}
