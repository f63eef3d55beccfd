package screen

import (
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/report"
)

// longest is how much is shown of a warning about what somebody else said.
const longest = 1000

// serving says where a local cloud is. The lines of addresses and settings stand alone, to be copied.
func (s *Screen) serving(e report.Serving) {
	if e.WebSocket != "" {
		s.line("the WebSocket API answers at\n%s", s.paint.bold("%s", e.WebSocket))
	}
	if e.Connections != "" {
		s.line("messages to a connection are posted to\n%s", e.Connections+"/ID")
	}
	s.line("AWS's own tools find this cloud with\n%s", settings(runtime.GOOS, e))
	s.line("%s", s.paint.faint("Ctrl-C ends it"))
}

// settings is the command by which a shell's programs find a local cloud.
func settings(system string, e report.Serving) string {
	pairs := []string{
		"AWS_ENDPOINT_URL", e.Endpoint, "AWS_ACCESS_KEY_ID", e.AccessKey, "AWS_SECRET_ACCESS_KEY", "local",
		"AWS_REGION", e.Region, "AWS_DEFAULT_REGION", e.Region, // the latter is what AWS's command line reads
	}
	var b strings.Builder
	if system != "windows" {
		b.WriteString("export")
	}
	for pair := range slices.Chunk(pairs, 2) {
		if system == "windows" { // PowerShell
			b.WriteString("$env:" + pair[0] + "='" + pair[1] + "'; ")
		} else {
			b.WriteString(" " + pair[0] + "=" + pair[1])
		}
	}
	return strings.TrimSuffix(b.String(), "; ")
}

// ended is the last line of a local cloud that was served.
func (s *Screen) ended(e report.Outcome) {
	if e.Status == report.Served {
		s.line("served for %s", took(e.Took))
	}
}

// deployment is the line by which a change is answered.
func (s *Screen) deployment(e report.Deployment) {
	if e.Problem != nil {
		s.problem(e.Problem)
		what := "what was deployed before goes on"
		if e.Nothing {
			what = "nothing is deployed yet, and the next change is waited for"
		}
		s.line("%s%s", s.stamp(e.Time), s.paint.faint("not deployed (%s); %s", took(e.Took), what))
		return
	}
	changed := strings.Join(e.Changed, ", ")
	what := s.paint.good("deployed")
	switch {
	case e.Status == report.Unchanged:
		what = "nothing to deploy"
	case len(e.Sent) > 0:
		what += " " + strings.Join(e.Sent, ", ")
	}
	s.line("%s%s: %s changed %s", s.stamp(e.Time), what, shorten(changed, columns), s.paint.faint("(%s)", took(e.Took)))
}

// warning is one to act on, with its time where it comes while something is served.
func (s *Screen) warning(at time.Time, text string) {
	s.line("%s%s %s", s.stamp(at), s.paint.warn("warning:"), text)
}

// stamp is the time before a line; "" where there is none.
func (s *Screen) stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return s.paint.faint("%s", at.Local().Format("15:04:05")) + "  "
}

// local gives the events of a local cloud that is served their JSON form.
func local(e report.Event) any {
	switch e := e.(type) {
	case report.Serving:
		return servingLine{"serving", e.Endpoint, e.WebSocket, e.Connections, e.Region, e.AccessKey}
	case report.Deployment:
		return deploymentLine{
			"deployment", e.Time.UTC(), e.Status, append([]string{}, e.Changed...), append([]string{}, e.Sent...), // never null
			e.Took.Milliseconds(), e.Nothing, failure(e.Problem),
		}
	case report.Traffic:
		return trafficLine{
			"traffic", e.Time.UTC(), e.Kind, e.Connection, e.Route, e.Function, e.Text, e.Bytes, e.Status,
			e.Took.Microseconds(),
		}
	case report.Omitted:
		return omittedLine{"omitted", e.Lines}
	}
	return nil
}
