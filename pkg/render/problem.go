package render

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/plldb/plldb/pkg/report"
)

// finding is one thing wrong with a template.
type finding struct {
	at   int // offset in the unfilled text, or nowhere
	text string
	hint string
}

// nowhere is the place of what is missing.
const nowhere = -1

// most is how many findings are told; who has more than that has one reason for them all.
const most = 20

// problem puts what was found into words, one line each in the order of the text.
func problem(text []byte, found []finding) *report.Problem {
	slices.SortStableFunc(found, func(a, b finding) int { return cmp.Compare(a.at, b.at) })
	found = slices.Compact(found)

	var lines, hints []string
	for _, f := range found[:min(len(found), most)] {
		lines = append(lines, place(text, f.at)+": "+f.text)
		if f.hint != "" && !slices.Contains(hints, f.hint) {
			hints = append(hints, f.hint)
		}
	}
	if more := len(found) - most; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return &report.Problem{
		Message: strings.Join(lines, "\n"),
		Hint:    strings.Join(hints, "\n"),
		Code:    report.ExitFailed,
	}
}

// place writes an offset as FILE:LINE:COLUMN, both from 1, the column in bytes.
func place(text []byte, at int) string {
	const file = "template.yaml"
	if at == nowhere {
		return file
	}
	starts := lineStarts(text[:at])
	return fmt.Sprintf("%s:%d:%d", file, len(starts), at-starts[len(starts)-1]+1)
}

// lineStarts returns the offset at which each line begins, with YAML's line breaks: LF, CR LF, CR.
func lineStarts(text []byte) []int {
	starts := make([]int, 1, bytes.Count(text, []byte("\n"))+1)
	for i, b := range text {
		if b == '\n' || b == '\r' && (i+1 == len(text) || text[i+1] != '\n') {
			starts = append(starts, i+1)
		}
	}
	return starts
}

// strangeBytes finds what GetTemplate would not give back as it was sent, so that the stack would never compare equal
// (trap 49), and the control characters that YAML does not allow; the first of each line is enough.
func strangeBytes(text []byte) (found []finding) {
	told := false
	for i, b := range text {
		strange := b > '~' || b < ' ' && b != '\t' && b != '\n' && b != '\r'
		if strange && !told {
			found = append(found, finding{
				i, character(text[i:]) + " is not printable 7-bit ASCII",
				`write it in plain ASCII: CloudFormation gives anything else back as "?"`,
			})
		}
		told = (told || strange) && b != '\n'
	}
	return found
}

// character names the character that text begins with.
func character(text []byte) string {
	r, _ := utf8.DecodeRune(text)
	if r == utf8.RuneError {
		return fmt.Sprintf("the byte 0x%02X", text[0])
	}
	return strconv.QuoteRuneToGraphic(r)
}

// quote shows a string as it is, in quotes, with nothing that could disturb a terminal.
func quote(s string) string { return strconv.QuoteToASCII(s) }
