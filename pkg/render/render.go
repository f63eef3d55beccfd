// Package render fills the placeholders of a CloudFormation template with what was uploaded, and reads a filled one
// back. It is pure: bytes in, bytes out. All that is no placeholder stays byte for byte, because the stack counts as
// unchanged only while the text is the same.
//
// A placeholder is written "${plldb:NAME}", in double quotes. NAME is version, bucket, functions.F.key,
// functions.F.version or functions.F.sha256, where F is a function's name.
package render

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/artifact"
)

// Function is where one function's zip lies in the bucket, and what it is.
type Function struct {
	Key     string          // object key
	Version string          // object version
	Digest  artifact.Digest // SHA-256 of the zip
}

// Values is what the placeholders are filled with.
type Values struct {
	Version   string // plldb's own
	Bucket    string
	Functions map[string]Function // by function name
}

// Check finds all that can be wrong with a template before any value is known: bytes that CloudFormation does not keep,
// broken YAML, unknown placeholders, placeholders outside double quotes, and functions on one side only: those given
// here are the folders that there are. The error is a *report.Problem with a line for everything found.
func Check(text []byte, functions []string) error {
	_, err := fillAll(text, functions, mask)
	return err
}

// Render returns text with every placeholder filled (R10). It checks what Check does, and that the filled text holds
// each value as exactly the string that was meant. The error is a *report.Problem.
func Render(text []byte, v Values) ([]byte, error) {
	return fillAll(text, slices.Sorted(maps.Keys(v.Functions)), v.fill)
}

// filler gives the value for a known placeholder, or what is wrong with it.
type filler func(placeholder) (value string, wrong *finding)

func fillAll(text []byte, functions []string, fill filler) ([]byte, error) {
	if found := strangeBytes(text); len(found) > 0 {
		return nil, problem(text, found)
	}

	marks, found := scan(text)
	found = append(found, unknown(marks, functions)...)
	found = append(found, unused(marks, functions)...)

	p, more := fillMarks(text, marks, fill)
	found = append(found, more...)
	found = append(found, p.verify()...)
	if len(found) > 0 {
		return nil, problem(text, found)
	}
	return p.out, nil
}

// mask stands for every value as long as none is known. It is as long as the placeholder, so that all positions stay,
// and may follow a backslash, so that YAML does not stop at one before we can say what is wrong.
func mask(m placeholder) (string, *finding) { return strings.Repeat("_", m.end-m.start), nil }

// plain matches the values that mean the same inside any double-quoted YAML string. S3 gives version ids, keys and
// names of this alphabet, and so does base64.
var plain = regexp.MustCompile(`^[A-Za-z0-9._/+=-]+$`)

func (v Values) fill(m placeholder) (value string, wrong *finding) {
	if _, there := v.Functions[m.function]; m.field == "" || m.function != "" && !there {
		return mask(m) // what is missing is not the value, and unknown says what
	}
	switch value = v.lookup(m); {
	case value == "":
		wrong = &finding{m.start, m.whole + " has no value", "the values come from the upload: it goes first"}
	case !plain.MatchString(value):
		wrong = &finding{
			m.start, m.whole + " cannot be filled with " + quote(value),
			"a value is made of letters, digits and . _ / + = -",
		}
	}
	return value, wrong
}

func (v Values) lookup(m placeholder) string {
	if m.function == "" {
		return map[string]string{"version": v.Version, "bucket": v.Bucket}[m.field]
	}
	f := v.Functions[m.function]
	switch m.field {
	case "key":
		return f.Key
	case "version":
		return f.Version
	}
	if f.Digest.IsZero() {
		return ""
	}
	return f.Digest.String()
}
