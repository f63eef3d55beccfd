package screen

import (
	"os"
	"strings"

	"github.com/fatih/color"
	"golang.org/x/term"

	"github.com/plldb/plldb/pkg/report"
)

// ColorFits says whether a stream wants colour: a terminal does, unless NO_COLOR, CI or TERM=dumb says otherwise
// (no-color.org).
func ColorFits(stream *os.File, getenv func(string) string) bool {
	return term.IsTerminal(int(stream.Fd())) && getenv("NO_COLOR") == "" && getenv("CI") == "" && getenv("TERM") != "dumb"
}

// paint is the few colours of a stream. bad is an alarm, gone only what is taken away.
type paint struct{ bold, good, bad, gone, warn, name, faint func(string, ...any) string }

func newPaint(on bool) paint {
	of := func(a ...color.Attribute) func(string, ...any) string {
		c := color.New(a...)
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return c.Sprintf
	}
	return paint{
		bold: of(color.Bold), good: of(color.FgGreen), bad: of(color.FgRed, color.Bold),
		gone: of(color.FgRed), warn: of(color.FgYellow), name: of(color.FgCyan), faint: of(color.Faint),
	}
}

func (p paint) step(s report.Step) string { return p.name("%s", s) }

// status paints a CloudFormation status by what it means for the person.
func (p paint) status(status string) string {
	switch {
	case strings.HasSuffix(status, "_FAILED"), strings.Contains(status, "ROLLBACK"):
		return p.bad("%s", status)
	case strings.HasSuffix(status, "_COMPLETE"):
		return p.good("%s", status)
	default:
		return status
	}
}
