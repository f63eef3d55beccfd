package localcloud

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// door decides who is answered at all.
type door struct {
	own string       // the host that the server was told to listen on; "" where it was told none
	id  atomic.Value // string: what the server's note in the state's folder says; nothing where it wrote none
}

// admit refuses what web pages send. A page may send requests to the loopback, and signatures are not verified; so a
// request of a page is told by what browsers add to it, and one of a page whose name was bound to the loopback by the
// name. No AWS client outside of a browser sends those headers.
// https://fetch.spec.whatwg.org/#origin-header
// https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header
func (d *door) admit(r *http.Request) *wire.Error {
	site := r.Header.Get("Sec-Fetch-Site")
	if len(r.Header.Values("Origin")) > 0 || site != "" && site != "none" {
		return wire.Errorf(http.StatusForbidden, "AccessDenied", "plldb's local cloud answers no web pages")
	}
	return d.addressed(r)
}

// admitClient refuses WebSocket clients that are pages of somebody else's: a browser lets every page connect to the loopback, and
// says only whose page it is. Pages that were served by this machine are those that somebody develops here.
// https://www.rfc-editor.org/rfc/rfc6455#section-10.2
func (d *door) admitClient(r *http.Request) *wire.Error {
	for _, origin := range r.Header.Values("Origin") {
		page, err := url.Parse(origin)
		if err != nil || page.Host == "" || !loopback(page.Hostname()) && !d.mine(page.Hostname()) {
			return wire.Errorf(http.StatusForbidden, "AccessDenied",
				"plldb's local cloud answers no web pages but those of this machine, not %q", origin)
		}
	}
	return d.addressed(r)
}

func (d *door) addressed(r *http.Request) *wire.Error {
	name := host(r.Host)
	if loopback(name) || atAWS(name) || d.mine(name) {
		return nil
	}
	return wire.Errorf(http.StatusForbidden, "AccessDenied",
		"plldb's local cloud does not answer to the name %q: use 127.0.0.1 or localhost", r.Host)
}

// mine tells whether a name is this machine's where the server listens on more than the loopback: the name or address it was
// told, and any address at all where that is none in particular. Nobody can bind a page to an address. Containers know the
// machine by the one name; nobody but they resolves it.
// https://docs.docker.com/desktop/features/networking/#use-cases-and-workarounds
func (d *door) mine(name string) bool {
	if d.own == "" || loopback(d.own) {
		return false
	}
	return name == d.own || name == "host.docker.internal" || net.ParseIP(name) != nil
}

// host is the name or address in what may have a port, in lower case.
func host(address string) string {
	name := strings.ToLower(address)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
		if name == "" { // ":7553" is every address
			name = net.IPv6unspecified.String()
		}
	}
	return strings.Trim(name, "[]")
}

func loopback(name string) bool {
	return net.ParseIP(name).IsLoopback() || name == "localhost" || strings.HasSuffix(name, ".localhost")
}

// atAWS tells whether a name is one of AWS's, under which nobody else puts pages on this machine.
func atAWS(name string) bool {
	return slices.ContainsFunc([]string{".amazonaws.com", ".amazonaws.com.cn"}, func(suffix string) bool {
		return strings.HasSuffix(name, suffix)
	}) || wire.Bucket(name) != ""
}
