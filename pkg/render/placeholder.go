package render

import (
	"regexp"
	"slices"
	"strings"
)

// opening is how every placeholder begins.
const opening = "${plldb:"

// placeholder is one placeholder in the text.
type placeholder struct {
	start, end int    // its place in the text
	whole      string // all of it, braces included
	function   string // "" when it belongs to no function
	field      string // version, bucket, key or sha256; "" when it is none that we know
}

// fields are what the template must say of each function: where its zip lies, the version that makes CloudFormation see
// new code (trap 1), and the digest by which the deployed template tells what runs.
func fields() []string { return []string{"key", "version", "sha256"} }

// begins matches what is, or was meant to be, the beginning of a placeholder. CloudFormation's own names are never
// followed by a single colon, so nothing of its own looks like this.
var begins = regexp.MustCompile(`\$\{[ \t]*(?i:plldb)[ \t]*:`)

// scan finds the placeholders, in order, and what only looks like one.
func scan(text []byte) (marks []placeholder, found []finding) {
	for _, at := range begins.FindAllIndex(text, -1) {
		start, end := at[0], at[1]
		if begin := string(text[start:end]); begin != opening {
			found = append(found, finding{start, quote(begin) + " begins no placeholder", "write " + opening + "NAME}"})
			continue
		}
		if stop := end + until(text[end:], "}${\"\r\n"); stop < len(text) && text[stop] == '}' {
			end = stop + 1
		}
		marks = append(marks, read(start, string(text[start:end])))
	}
	return marks, found
}

// read takes a placeholder apart. One that is not closed is its opening alone, and not known.
func read(start int, whole string) placeholder {
	m := placeholder{start: start, end: start + len(whole), whole: whole}
	if name := m.name(); name == "version" || name == "bucket" {
		m.field = name
		return m
	}
	rest, ours := strings.CutPrefix(m.name(), "functions.")
	dot := strings.LastIndexByte(rest, '.')
	if ours && dot > 0 && slices.Contains(fields(), rest[dot+1:]) {
		m.function, m.field = rest[:dot], rest[dot+1:]
	}
	return m
}

// name is what stands between the colon and the closing brace.
func (m placeholder) name() string {
	return strings.TrimSuffix(strings.TrimPrefix(m.whole, opening), "}")
}

// unknown finds placeholders that stand for nothing, and those of functions that are not there.
func unknown(marks []placeholder, functions []string) (found []finding) {
	there := map[string]bool{"": true}
	for _, f := range functions {
		there[f] = true
	}
	for _, m := range marks {
		switch {
		case m.whole == opening:
			found = append(found, finding{m.start, "a placeholder is not closed", "write " + opening + "NAME}"})
		case m.field == "":
			found = append(found, finding{m.start, m.whole + " is no placeholder", meant(m.name(), functions)})
		case !there[m.function]:
			found = append(found, finding{
				m.start, m.whole + " needs a function " + m.function + ", which is not there",
				meantFunction(m.function, functions),
			})
		}
	}
	return found
}

// unused finds functions that the template does not deploy, or not wholly.
func unused(marks []placeholder, functions []string) (found []finding) {
	said := map[[2]string]bool{}
	for _, m := range marks {
		said[[2]string{m.function, m.field}] = true
	}
	for _, f := range functions {
		var missing []string
		for _, field := range fields() {
			if !said[[2]string{f, field}] {
				missing = append(missing, opening+"functions."+f+"."+field+"}")
			}
		}
		switch len(missing) {
		case 0:
		case len(fields()):
			found = append(found, finding{
				nowhere, "the template does not use the function " + f,
				"give " + f + " a place in the template, or remove its folder",
			})
		default:
			found = append(found, finding{nowhere, "the template uses the function " + f + " without " +
				strings.Join(missing, " and "), "a function needs its key, its version and its sha256: without the " +
				"version CloudFormation does not see new code, without the sha256 nothing tells what runs"})
		}
	}
	return found
}
