package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"

	"github.com/rogpeppe/go-internal/testscript"
)

// trap sets every variable that could lead the SDK, or a client of HTTP, away from the local cloud: to a server that
// writes down who comes. `asked` tells of them.
func trap(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: trap")
	}
	c := &cloud{}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew { // whatever is spoken on it
			c.note("the trap")
		}
	}
	server.Start()
	ts.Defer(server.Close)
	stageOf(ts).cloud = c
	ts.Setenv("ENDPOINT", server.URL)
	for _, name := range []string{
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_CLOUDFORMATION",
		"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
		"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy",
	} {
		ts.Setenv(name, server.URL)
	}
	for name, value := range map[string]string{
		"AWS_PROFILE": "nobody", "AWS_REGION": region, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "kept-secret", "AWS_SESSION_TOKEN": "kept-secret", "AWS_CA_BUNDLE": "/none",
		"AWS_USE_FIPS_ENDPOINT": "true", "AWS_MAX_ATTEMPTS": "none", "NO_PROXY": "", "no_proxy": "",
	} {
		ts.Setenv(name, value)
	}
}

// shows FILE PATTERN waits until a file has a text: what another process writes there.
func shows(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: shows file pattern")
	}
	pattern, err := regexp.Compile(`(?m)` + args[1])
	ts.Check(err)
	waitUntil(ts, func() bool {
		return pattern.MatchString(ts.ReadFile(args[0])) || gone(ts.BackgroundCmds()[0])
	})
}
