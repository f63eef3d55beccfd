package stack

import (
	"context"
	"fmt"

	"github.com/plldb/plldb/pkg/report"
)

// changes says whether an action changes the stack.
func (a Action) changes() bool {
	switch a {
	case Follow, Unchanged, Absent, Settled, Refuse:
		return false
	}
	return true
}

// agree asks whether a decision may be carried out. What creates and updates is asked about by review, which knows more.
func (r *run) agree(ctx context.Context, d Decision, seen Seen) error {
	if !d.Action.changes() {
		return nil
	}
	planned := !r.tried && d.Action == r.want.Planned
	r.tried = true
	if r.want.Agree == nil || planned || d.Action == Create || d.Action == Update || d.Action == Check {
		return nil
	}
	agreed, err := r.want.Agree(ctx, d)
	return r.answered(ctx, agreed, err, fmt.Sprintf(" (%s)", seen.Status), fmt.Sprintf("%q", d.Action))
}

// review asks whether the changes are agreed to.
func (r *run) review(ctx context.Context, changes []report.ResourceChange) error {
	if r.want.Review == nil {
		return nil
	}
	agreed, err := r.want.Review(ctx, changes)
	return r.answered(ctx, agreed, err, "", "its change set")
}

// answered is nil when a person agreed. That may take long, and be interrupted meanwhile. Whoever does not agree to a
// later step has to know that an earlier one was done: close adds that the stack was changed.
func (r *run) answered(ctx context.Context, agreed bool, err error, state, what string) error {
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case agreed:
		return nil
	case r.begun:
		return refusal("run this again to go on from there",
			"nothing more was done to the stack %s%s: %s was not agreed to", r.stack.name, state, what)
	}
	return refusal("run this again when its changes are the ones you want",
		"the stack %s was left as it is%s: %s was not agreed to", r.stack.name, state, what)
}
