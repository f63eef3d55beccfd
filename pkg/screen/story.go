package screen

import (
	"fmt"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// line writes one line of the story. A stream that cannot be written to ends no run.
func (s *Screen) line(format string, args ...any) { _, _ = fmt.Fprintf(s.o.Err, format+"\n", args...) }

// story shows an event to the person who watches.
func (s *Screen) story(e report.Event) {
	switch e := e.(type) {
	case report.Account:
		s.account(e)
	case report.StepStarted:
		s.line("%s …", s.paint.step(e.Step))
	case report.StepEnded:
		s.line("%s: %s %s", s.paint.step(e.Step), e.Sum, s.paint.faint("(%s)", took(e.Took)))
	case report.Packed:
		s.line("  %s.zip, %s, %s", e.Function, size(e.Size), either(e.Reused, "packed already", "packed"))
	case report.Sent:
		s.line("  %s, %s, %s", e.Key, size(e.Size), either(e.Uploaded, "uploaded", "already there"))
	case report.Changed:
		s.line("  %s, written; before: %s", e.Thing, e.Reason)
	case report.StackEvent:
		s.stackEvent(e)
	case report.Notice:
		s.line("  %s", e.Text)
	case report.Warning:
		s.warning(e.Time, e.Text)
	case report.Request:
		s.line("%s", s.paint.faint("  %s", request(e)))
	case report.Serving:
		s.serving(e)
	case report.Deployment:
		s.deployment(e)
	case report.Traffic: // all else is answer
		if e.Kind == report.KindWarned {
			s.warning(e.Time, shorten(harmless(e.Text), longest))
		}
	case report.Outcome:
		s.ended(e)
		s.problem(e.Problem)
	default:
		s.told(e)
	}
}

// told writes what was found, unless it is what was asked for: then it is the answer.
func (s *Screen) told(e report.Event) {
	if s.o.Answer {
		return
	}
	for _, line := range s.paint.findings(e) {
		s.line("  %s", line)
	}
}

func (s *Screen) account(e report.Account) {
	id, region := s.paint.bold("%s", e.ID), s.paint.bold("%s", e.Region)
	if e.Local != "" {
		s.line("local cloud in %s, at %s; nothing of AWS is touched", s.paint.bold("%s", e.Local), e.Endpoint)
		s.line("account %s, region %s, as %s", id, region, e.Caller)
		return
	}
	s.line("account %s, region %s, as %s%s", id, region, e.Caller, at(e.Endpoint))
}

// initiated is CloudFormation's second word about a resource that it makes: the same status once more, now that there is a
// physical id. It is shown to who asks for everything, and stands in JSON.
const initiated = "Resource creation Initiated"

func (s *Screen) stackEvent(e report.StackEvent) {
	if e.Reason == initiated && !s.o.Verbose {
		return
	}
	text := fmt.Sprintf("  %s  %s  %s", e.Time.Local().Format("15:04:05"), s.paint.status(e.Status), e.LogicalID)
	if e.ResourceType != "" {
		text += s.paint.faint("  %s", e.ResourceType)
	}
	if e.Reason != "" {
		text += ": " + oneLine(e.Reason)
	}
	s.line("%s", text)
}

// problem ends the story of a run that failed. Where AWS goes on without us, the last line is the command that takes it up
// again, and nothing else.
func (s *Screen) problem(p *report.Problem) {
	if p == nil {
		return
	}
	s.line("%s %s", s.paint.bad("error:"), p.Message)
	s.chain(p.Chain)
	switch {
	case p.Hint == "":
	case p.Code == report.ExitRunning:
		s.line("%s take it up again with", s.paint.warn("hint:"))
		s.line("%s", p.Hint)
	default:
		for hint := range strings.Lines(p.Hint) {
			s.line("%s %s", s.paint.warn("hint:"), strings.TrimSpace(hint))
		}
	}
}

// chain is every failure behind an error, for who asks for everything.
func (s *Screen) chain(causes []string) {
	if !s.o.Verbose {
		return
	}
	for _, cause := range causes {
		s.line("  %s", oneLine(cause))
	}
}

func at(endpoint string) string {
	if endpoint == "" {
		return ""
	}
	return ", at " + endpoint
}

func either(yes bool, then, otherwise string) string {
	if yes {
		return then
	}
	return otherwise
}

func request(r report.Request) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s.%s", r.Service, r.Operation)
	if r.Attempt > 1 {
		fmt.Fprintf(&b, ", try %d", r.Attempt)
	}
	if r.Status == 0 {
		b.WriteString(": no answer")
	} else {
		fmt.Fprintf(&b, ": %d", r.Status)
	}
	if r.Code != "" {
		b.WriteString(" " + r.Code)
	}
	fmt.Fprintf(&b, " (%s)", took(r.Took))
	return b.String()
}
