package wire_test

import (
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

func TestLike(t *testing.T) {
	for _, c := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "", true},
		{"", "a", false},
		{"*", "", true},
		{"*", "anything", true},
		{"?", "", false},
		{"?", "a", true},
		{"a?c", "abc", true},
		{"a?c", "ac", false},
		{"a*c", "ac", true},
		{"a*c", "abcbc", true},
		{"a*c", "abcb", false},
		{"a*b*c", "a-b-b-c", true},
		{"a*b*c", "a-c-b", false},
		{"**a**", "bab", true},
		{"arn:*:$connect", "arn:aws:execute-api:eu-west-1:1:a/b/$connect", false},
		{"arn:*/$connect", "arn:aws:execute-api:eu-west-1:1:a/b/$connect", true},
		{"A", "a", false},
		{".*", "ab", false},
		{strings.Repeat("*a", 50) + "b", strings.Repeat("a", 5000), false}, // a minute, if it went back to every star
	} {
		if got := wire.Like(c.pattern, c.text); got != c.want {
			t.Errorf("%.20q %.50q: %v", c.pattern, c.text, got)
		}
	}
}
