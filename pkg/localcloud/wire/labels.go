package wire

import (
	"net/url"
	"strings"
)

// Labels compares the path of a REST call with a pattern, part by part, and gives what stands for the pattern's labels:
// "/v2/apis/{ApiId}" has one. What stands for a label may be escaped, and is given unescaped.
// https://smithy.io/2.0/spec/http-bindings.html#httplabel-trait
func Labels(pattern string, at *url.URL) (map[string]string, bool) {
	want, got := strings.Split(pattern, "/"), strings.Split(at.EscapedPath(), "/")
	if len(want) != len(got) {
		return nil, false
	}
	labels := map[string]string{}
	for i, part := range want {
		value, err := url.PathUnescape(got[i])
		if err != nil {
			return nil, false
		}
		if name, label := strings.CutPrefix(part, "{"); label && value != "" {
			labels[strings.TrimSuffix(name, "}")] = value
		} else if part != value {
			return nil, false
		}
	}
	return labels, true
}
