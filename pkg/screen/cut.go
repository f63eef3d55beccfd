package screen

import (
	"strings"
	"unicode"
)

const (
	widest = 60 // runes of a value that is shown whole
	lead   = 12 // runes shown before the place where two long values part
)

// oneLine takes the line breaks out of what AWS says: some reasons hold a whole answer of another service.
func oneLine(s string) string { return printable(strings.Join(strings.Fields(s), " ")) }

// printable takes out what a terminal would obey: values come from an account that others write to.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// cut makes two values readable beside each other. Long ones, as the policy of a role, are cut around the place where they
// part: their beginnings would be the same.
func cut(one, other string) (string, string) {
	a, b := []rune(oneLine(one)), []rune(oneLine(other))
	from := 0
	if max(len(a), len(b)) > widest {
		from = max(0, alike(a, b)-lead)
	}
	return window(a, from), window(b, from)
}

func alike(a, b []rune) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

func window(r []rune, from int) string {
	if len(r) == 0 {
		return "nothing"
	}
	text, rest := "", r[from:]
	if from > 0 {
		text = "…"
	}
	if len(rest) > widest {
		return text + string(rest[:widest]) + "…"
	}
	return text + string(rest)
}
