package play

import (
	"errors"

	"github.com/plldb/plldb/magefiles/chores/python"
)

// counts is what an act that changes nothing leaves as it was.
type counts struct {
	Versions []string // the keys of all object versions
	Events   int      // of the stack
}

// count looks at the account before an act.
func (p *Play) count() (err error) {
	p.before, err = p.look()
	return err
}

func (p *Play) look() (seen counts, err error) {
	seen.Versions, err = p.versions()
	if refusal, ok := errors.AsType[*python.Refusal](err); ok && refusal.Code == "NoSuchBucket" {
		err = nil
	}
	if err != nil || p.done.StackID == "" {
		return seen, err
	}
	answer, err := p.Reader.Ask("cloudformation", "describe_stack_events", python.Params{"StackName": p.done.StackID})
	seen.Events = len(list(answer, "StackEvents"))
	return seen, err
}

// nothingNew checks that the act added nothing to the account (R3).
func (p *Play) nothingNew() error {
	now, err := p.look()
	if err != nil {
		return err
	}
	return p.same(
		is{"no new object version (R3)", p.before.Versions, now.Versions},
		is{"no new stack event (R3)", p.before.Events, now.Events},
	)
}

// oneNewZip checks that of the packages one got one new version, and that the stack was updated: the count of its
// events, which stood still where nothing changed, does not always do so.
func (p *Play) oneNewZip() error {
	now, err := p.look()
	if err != nil {
		return err
	}
	return p.same(
		is{"exactly one new version of a zip", zips(p.before.Versions) + 1, zips(now.Versions)},
		is{"new stack events", true, now.Events > p.before.Events},
	)
}

// packagesStay checks that every object version is still there (R2).
func (p *Play) packagesStay() error {
	now, err := p.versions()
	if err != nil {
		return err
	}
	return p.same(is{"the packages stay (R2)", p.before.Versions, now})
}
