package logs

import (
	"regexp"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// pattern is a filter pattern for texts without a structure: terms that must all be there, terms of which one must be,
// terms that must not be. An empty one matches everything.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html
//
// That a term is found within a word, too, is unverified.
type pattern struct{ all, some, none []string }

func (p pattern) matches(text string) bool {
	for _, term := range p.all {
		if !strings.Contains(text, term) {
			return false
		}
	}
	for _, term := range p.none {
		if strings.Contains(text, term) {
			return false
		}
	}
	for _, term := range p.some {
		if strings.Contains(text, term) {
			return true
		}
	}
	return len(p.some) == 0
}

// termForm is the next term: with "-" before it, or "?", or neither; in quotes, or of letters, digits and underscores.
var termForm = regexp.MustCompile(`^\s*([-?]?)(?:"((?:[^"\\]|\\.)+)"|([\pL\pN_]+))(?:\s+|$)`)

// parsePattern reads a filter pattern. DefangLabs/defang#1008 shows the words of the refusal.
func parsePattern(text string) (pattern, error) {
	var p pattern
	rest := strings.TrimSpace(text)
	switch {
	case len(text) > 1024:
		return p, invalid("1 validation error detected: Value at 'filterPattern' failed to satisfy constraint: " +
			"Member must have length less than or equal to 1024")
	case strings.HasPrefix(rest, "{") || strings.HasPrefix(rest, "["):
		return p, wire.Unmodelled("InvalidParameterException", "filter patterns for JSON and for columns: %s", text)
	}
	for rest != "" {
		m := termForm.FindStringSubmatch(rest)
		if m == nil {
			return p, badTerm(rest)
		}
		p.add(m[1], unquote(m[2])+m[3])
		rest = rest[len(m[0]):]
	}
	if len(p.some) > 0 && len(p.all)+len(p.none) > 0 {
		return p, wire.Unmodelled("InvalidParameterException", "filter patterns with optional terms and others: %s", text)
	}
	return p, nil
}

func (p *pattern) add(sign, term string) {
	switch sign {
	case "-":
		p.none = append(p.none, term)
	case "?":
		p.some = append(p.some, term)
	default:
		p.all = append(p.all, term)
	}
}

func unquote(text string) string {
	return strings.NewReplacer(`\"`, `"`, `\\`, `\`).Replace(text)
}

func badTerm(rest string) error {
	term, _, _ := strings.Cut(rest, " ")
	if strings.HasPrefix(strings.TrimLeft(term, "-?"), "%") {
		return wire.Unmodelled("InvalidParameterException", "regular expressions in filter patterns: %s", rest)
	}
	return invalid("Invalid filter pattern: Invalid character(s) in term '%s'", term)
}
