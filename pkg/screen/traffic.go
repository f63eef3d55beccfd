package screen

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/plldb/plldb/pkg/report"
)

const (
	columns = 120 // of a line of traffic where there is no terminal
	narrow  = 100 // below, the time has no milliseconds, and the size of a message is not told
	fewest  = 40  // no line is cut to less
)

// WidthOf is the width of a terminal, asked anew for each line; 120 where the stream is none.
func WidthOf(stream *os.File) func() int {
	return func() int {
		if wide, _, err := term.GetSize(int(stream.Fd())); err == nil && wide > 0 {
			return wide
		}
		return columns
	}
}

// passing shows what happens in a local cloud that is served, and tells whether the event was of that sort.
func (s *Screen) passing(e report.Event) bool {
	if s.o.JSON {
		return false
	}
	switch e := e.(type) {
	case report.Traffic:
		if e.Kind == report.KindWarned {
			return false
		}
		s.say(s.bright.traffic(e, s.width()))
	case report.Omitted:
		s.say(s.bright.warn("%s left out: they came faster than they could be shown", lines(e.Lines)))
	default:
		return false
	}
	return true
}

func lines(n int) string {
	if n == 1 {
		return "1 line"
	}
	return fmt.Sprintf("%d lines", n)
}

func (s *Screen) width() int {
	if s.o.Width == nil {
		return columns
	}
	return max(fewest, s.o.Width())
}

// ofPlatform tells whether a log line is Lambda's own and not the function's.
// https://docs.aws.amazon.com/lambda/latest/dg/golang-logging.html
func ofPlatform(e report.Traffic) bool {
	if e.Kind != report.KindLogged {
		return false
	}
	for _, start := range []string{"INIT_START ", "START RequestId: ", "END RequestId: ", "REPORT RequestId: "} {
		if strings.HasPrefix(e.Text, start) {
			return true
		}
	}
	return false
}

// traffic is one line: when, what, who, what was said, and in brackets the rest.
func (p paint) traffic(e report.Traffic, wide int) string {
	clock, names := "15:04:05.000", 18
	if wide < narrow {
		clock, names = "15:04:05", 16 // a connection's
	}
	if e.Connection == "" && e.Kind == report.KindRefused { // most of those have none, and there is a reason to be told
		names = 0
	}
	at, word := e.Time.Local().Format(clock), fmt.Sprintf("%-7s", word(e.Kind))
	who, rest := fmt.Sprintf("%-*s", names, harmless(who(e))), details(e, wide >= narrow)
	if who != "" {
		who = "  " + who
	}
	left := wide - len(at) - len(word) - columnsOf(who) - len("  ")*2
	if rest != "" {
		left -= columnsOf(rest) + len("  ")
	}
	text := strings.TrimRight(shorten(harmless(e.Text), max(left, 0)), " ")
	if text == "" && rest == "" {
		who = strings.TrimRight(who, " ")
	}
	line := p.faint("%s", at) + "  " + p.kind(e.Kind, word) + who
	if text != "" {
		line += "  " + text
	}
	if rest != "" {
		line += "  " + p.faint("%s", rest)
	}
	return line
}

// word is a kind as a person says it.
func word(k report.Kind) string {
	switch k {
	case report.KindConnected:
		return "open"
	case report.KindReceived:
		return "in"
	case report.KindSent:
		return "out"
	case report.KindDisconnected:
		return "closed"
	case report.KindLogged:
		return "log"
	}
	return harmless(string(k))
}

func (p paint) kind(k report.Kind, word string) string {
	switch k {
	case report.KindConnected:
		return p.good("%s", word)
	case report.KindReceived, report.KindSent:
		return p.name("%s", word)
	case report.KindRefused:
		return p.bad("%s", word)
	}
	return p.faint("%s", word)
}

// who is the connection, or the function without what CloudFormation puts around its name: STACK-Name-1A2B3C4D5E6F.
func who(e report.Traffic) string {
	if e.Kind != report.KindLogged {
		return e.Connection
	}
	parts := strings.Split(e.Function, "-")
	if len(parts) == 3 && len(parts[2]) >= 12 {
		return parts[1]
	}
	return e.Function
}

// details are what stands in brackets; "" where there is none. Of what was refused it is the status alone, so that there is
// room for the reason.
func details(e report.Traffic, sizes bool) string {
	var parts []string
	if e.Status != 0 && e.Status != 200 && e.Status != 101 { // 101 is how a connection is let in
		parts = append(parts, strconv.Itoa(e.Status))
	}
	if e.Route != "" && e.Kind == report.KindReceived { // else the kind says it
		parts = append(parts, shorten(harmless(e.Route), widest/2))
	}
	if sizes && (e.Kind == report.KindReceived || e.Kind == report.KindSent) {
		parts = append(parts, size(int64(e.Bytes)))
	}
	if e.Took > 0 && e.Kind != report.KindRefused {
		parts = append(parts, brief(e.Took))
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// brief is took with more to see of what is short.
func brief(d time.Duration) string {
	if d < 10*time.Millisecond {
		return fmt.Sprintf("%.1fms", float64(d)/float64(time.Millisecond))
	}
	return took(d)
}
