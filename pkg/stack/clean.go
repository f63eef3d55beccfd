package stack

import (
	"regexp"
	"strings"
)

var (
	// handled begins the sentence of a resource handler, and requested ends it. One may stand in another.
	handled   = regexp.MustCompile(`Resource handler returned message: "?`)
	requested = regexp.MustCompile(`(?s)^(.*?)("*) *\(RequestToken: [^)]*\)[. ]*$`)
	// service is what the SDKs of the handlers add, in both of their forms; it may be cut off.
	service = regexp.MustCompile(` *\((?:Service|SDK Attempt Count|Request ?ID|RequestToken): [^)]*(?:\)|$)`)
	// encoded is a message of IAM that only sts:DecodeAuthorizationMessage can read, hundreds of letters long.
	encoded = regexp.MustCompile(`(?i)[ .]*encoded authorization failure message: [\w+/=-]+`)
	// nothing is what is left of a field that had no value.
	nothing = regexp.MustCompile(`[ :;,]+null$`)
)

// clean takes from a reason what is not for people: the handler's wrapping, request ids, line breaks.
func clean(reason string) string {
	reason = unwrap(strings.Join(strings.Fields(reason), " "))
	for _, noise := range []*regexp.Regexp{service, encoded, nothing} {
		reason = noise.ReplaceAllString(reason, "")
	}
	return strings.TrimRight(reason, ".; ")
}

// unwrap takes away what resource handlers put around the sentence that matters, with as many quotes as there are
// handlers: the sentence may end in quotes of its own.
func unwrap(reason string) string {
	depth := len(handled.FindAllString(reason, -1))
	reason = handled.ReplaceAllString(reason, "")
	m := requested.FindStringSubmatch(reason)
	if m == nil {
		return reason
	}
	return m[1] + strings.Repeat(`"`, max(0, len(m[2])-depth))
}
