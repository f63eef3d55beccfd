package localcloud

import (
	"net"
	"net/http"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// guard refuses what web pages send. A page may send requests to the loopback, and signatures are not verified; so a
// request of a page is told by what browsers add to it, and one of a page whose name was bound to the loopback by the
// name. No AWS client outside of a browser sends those headers.
// https://fetch.spec.whatwg.org/#origin-header
// https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
func guard(r *http.Request) *wire.Error {
	site := r.Header.Get("Sec-Fetch-Site")
	switch {
	case len(r.Header.Values("Origin")) > 0, site != "" && site != "none":
		return wire.Errorf(http.StatusForbidden, "AccessDenied", "plldb's local cloud answers no web pages")
	case !ownName(r.Host):
		return wire.Errorf(http.StatusForbidden, "AccessDenied",
			"plldb's local cloud does not answer to the name %q: use 127.0.0.1 or localhost", r.Host)
	}
	return nil
}

// ownName tells whether a host is the loopback, or a name of AWS's, under which nobody else puts pages on this machine.
func ownName(host string) bool {
	name := strings.ToLower(host)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	ip := net.ParseIP(strings.Trim(name, "[]"))
	return ip.IsLoopback() || name == "localhost" || strings.HasSuffix(name, ".localhost") ||
		strings.HasSuffix(name, ".amazonaws.com") || strings.HasSuffix(name, ".amazonaws.com.cn") || wire.Bucket(name) != ""
}
