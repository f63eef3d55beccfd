package apigateway

import (
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// servedName is the name under which AWS serves an API, and the one that leads to the loopback where names below
// localhost do.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-set-up-websocket-deployment.html
var servedName = regexp.MustCompile(
	`^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.(amazonaws\.com|amazonaws\.com\.cn|localhost)$`)

// localPath is what a path begins with under a name that names no API.
const localPath = "/_aws/execute-api/"

// address is what a request to an API is for.
type address struct {
	API, Stage string
	Region     string // "" where the name does not tell
	Rest       string // of the path, behind the stage, without the slash: "@connections/…"
}

// addressOf reads where a request goes; false if that is no API.
func addressOf(r *http.Request) (address, bool) {
	a, path, ok := hostOf(r.Host), r.URL.EscapedPath(), true
	if a.API == "" {
		if path, ok = strings.CutPrefix(path, localPath); !ok {
			return address{}, false
		}
		a.API, path, _ = strings.Cut(path, "/")
	}
	stage, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	var err error
	if a.Stage, err = url.PathUnescape(stage); err != nil {
		return address{}, false
	}
	if a.Rest, err = url.PathUnescape(rest); err != nil {
		return address{}, false
	}
	return a, true
}

// hostOf reads a name of AWS's form; the address is empty where it is of another.
func hostOf(host string) address {
	name := strings.ToLower(host)
	if h, _, err := net.SplitHostPort(name); err == nil {
		name = h
	}
	found := servedName.FindStringSubmatch(name)
	if found == nil {
		return address{}
	}
	return address{API: found[1], Region: found[2]}
}

// domain is the name under which a function reaches the API that called it. AWS's own name stays, though it leads to
// AWS: who sent it had a way here. Otherwise it is one that leads to this machine, with its port.
func (a address) domain(r *http.Request, at wire.Place) string {
	if hostOf(r.Host).API != "" {
		return strings.ToValidUTF8(r.Host, "")
	}
	name := a.API + ".execute-api." + at.Region + ".localhost"
	if _, port, err := net.SplitHostPort(r.Host); err == nil {
		name = net.JoinHostPort(name, port)
	}
	return name
}

// managed tells whether somebody wants to manage connections, perhaps of no stage.
func (a address) managed() bool {
	return strings.HasPrefix(a.Rest+"/", "@connections/") || a.Stage == "@connections"
}
