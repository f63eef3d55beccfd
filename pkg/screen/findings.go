package screen

import (
	"fmt"
	"strings"

	"github.com/plldb/plldb/pkg/report"
)

// findings are the lines of an event that says what is to be changed, or what differs; nil for every other event. Of
// diff and status they are the answer; of a setup that shows its plan and asks, part of the story.
func (p paint) findings(e report.Event) []string {
	switch e := e.(type) {
	case report.Planned:
		return []string{p.planned(e)}
	case report.Compared:
		return []string{p.compared(e)}
	case report.TemplateDiff:
		return p.difference(e.Text)
	case report.ResourceChange:
		return p.change(e)
	case report.Drifted:
		return p.drifted(e)
	}
	return nil
}

func (p paint) planned(w report.Planned) string {
	label := p.name
	if w.Refused {
		label = p.bad
	}
	return label("plan:") + " " + w.What + because(w.Reason)
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " (" + oneLine(reason) + ")"
}

// compared begins with the verdict, so that a list of functions can be looked through at a glance.
func (p paint) compared(c report.Compared) string {
	if c.Agrees() {
		return fmt.Sprintf("%s   %s  %s", p.good("agrees"), c.Function, short(c.Local, 8))
	}
	return fmt.Sprintf("%s  %s  %s, %s, %s", p.warn("differs"), c.Function,
		place("local", "no local code", c.Local),
		place("uploaded", unsent(c), c.Uploaded),
		place("deployed", "not deployed", c.Deployed))
}

// unsent says why there is no digest of what is uploaded.
func unsent(c report.Compared) string {
	return either(c.Other, "uploaded: other code", "not uploaded")
}

func place(name, without, digest string) string {
	if digest == "" {
		return without
	}
	return name + " " + short(digest, 8)
}

// short is the beginning of a digest, enough to tell it from others.
func short(digest string, n int) string { return digest[:min(n, len(digest))] }

func (p paint) difference(text string) []string {
	if text == "" {
		return []string{"the template is the deployed one"}
	}
	var lines []string
	for line := range strings.Lines(text) {
		lines = append(lines, p.side(printable(strings.TrimRight(line, "\r\n"))))
	}
	return lines
}

// side paints a line of a unified diff by the side that it stands on.
func (p paint) side(line string) string {
	switch {
	case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
		return p.bold("%s", line)
	case strings.HasPrefix(line, "@@"):
		return p.name("%s", line)
	case strings.HasPrefix(line, "+"):
		return p.good("%s", line)
	case strings.HasPrefix(line, "-"):
		return p.gone("%s", line)
	}
	return line
}

func (p paint) change(c report.ResourceChange) []string {
	head := fmt.Sprintf("%s  %s  %s", p.action(c.Action), c.LogicalID, p.faint("%s", c.ResourceType))
	switch c.Replacement {
	case "True":
		head += ", " + p.warn("is made anew")
	case "Conditional":
		head += ", " + p.warn("is perhaps made anew")
	}
	lines := []string{head}
	if c.Loses != "" {
		lines = append(lines, "    "+p.bad("DATA LOSS: %s the table, and the stack no longer has its data", c.Loses))
	}
	for _, property := range c.Properties {
		lines = append(lines, "    "+p.property(property))
	}
	return lines
}

func (p paint) action(action string) string {
	switch action {
	case "Add":
		return p.good("%s", action)
	case "Remove":
		return p.gone("%s", action)
	}
	return p.warn("%s", action)
}

func (p paint) property(c report.PropertyChange) string {
	text := oneLine(c.Path)
	if c.Before != "" || c.After != "" {
		before, after := cut(c.Before, c.After)
		text += ": " + before + " → " + after
	}
	switch c.Recreation {
	case "Always":
		text += p.warn(", makes it anew")
	case "Conditionally":
		text += p.warn(", perhaps makes it anew")
	}
	return text
}

func (p paint) drifted(d report.Drifted) []string {
	state := p.warn("%s", d.Status)
	if d.Status == "DELETED" {
		state = p.bad("%s", d.Status)
	}
	lines := []string{fmt.Sprintf("%s  %s  %s", d.LogicalID, p.faint("%s", d.ResourceType), state)}
	for _, property := range d.Properties {
		lines = append(lines, "    "+oneLine(property.Path)+": "+deviation(property))
	}
	return lines
}

// deviation says how a property is not as the template has it. The kinds are those of CloudFormation's
// PropertyDifference.
func deviation(d report.PropertyDrift) string {
	actual, expected := cut(d.Actual, d.Expected)
	switch d.Kind {
	case "ADD":
		return actual + ", should not be there"
	case "REMOVE":
		return "not there, should be " + expected
	}
	return actual + ", should be " + expected
}
