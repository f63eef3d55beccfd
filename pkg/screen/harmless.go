package screen

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// joiner makes one picture of those beside it. https://www.unicode.org/reports/tr51/#Emoji_ZWJ_Sequences
const joiner = '\u200d'

// harmless writes out what a terminal would obey or not show: control characters, what turns the direction of the text,
// and bytes that are no text. Clients and functions say what they like. What joins pictures to one is left: it has no width
// and obeys nobody.
func harmless(s string) string {
	if plain(s) {
		return s
	}
	var b strings.Builder
	for rest := s; rest != ""; {
		r, n := utf8.DecodeRuneInString(rest)
		if (unicode.IsPrint(r) || r == joiner) && (r != utf8.RuneError || n > 1) {
			b.WriteRune(r)
		} else {
			quoted := strconv.QuoteToASCII(rest[:n])
			b.WriteString(quoted[1 : len(quoted)-1])
		}
		rest = rest[n:]
	}
	return b.String()
}

// plain is most of what is said.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// shorten cuts a text that was made harmless to a number of columns.
func shorten(s string, room int) string {
	if len(s) <= room || columnsOf(s) <= room {
		return s
	}
	var b strings.Builder
	used, runes := 0, 0
	for _, r := range s {
		used, runes = used+width(r), runes+1
		if used >= room || runes > 2*room { // what has no width may be stacked without end
			break
		}
		b.WriteRune(r)
	}
	if room > 0 {
		b.WriteRune('…')
	}
	return b.String()
}

// columnsOf is how wide a terminal shows a text; at least half as many columns as it has characters, since nothing else
// bounds what has no width.
func columnsOf(s string) int {
	used, runes := 0, 0
	for _, r := range s {
		used, runes = used+width(r), runes+1
	}
	return max(used, (runes+1)/2)
}

// width is how many columns a terminal gives a character: none to what stands on the one before, two to the scripts of
// East Asia and to pictures. https://www.unicode.org/reports/tr11/
func width(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	case r >= 0x1100 && r <= 0x115F, r >= 0x2E80 && r <= 0xA4CF, r >= 0xAC00 && r <= 0xD7A3, r >= 0xF900 && r <= 0xFAFF,
		r >= 0xFE30 && r <= 0xFE6F, r >= 0xFF00 && r <= 0xFF60, r >= 0xFFE0 && r <= 0xFFE6, r >= 0x1F300 && r <= 0x1FAFF,
		r >= 0x20000 && r <= 0x3FFFD:
		return 2
	}
	return 1
}
