package rollout

import (
	"context"
	"fmt"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// mayConfirm refuses, before anything is asked of AWS, a run that shall ask where there is nobody.
func (r *Run) mayConfirm() error {
	if !r.settings.Confirm || r.settings.Yes || r.settings.Ask != nil {
		return nil
	}
	return &report.Problem{
		Message: "--confirm asks before anything is changed, and there is nobody here to ask",
		Hint:    "say --yes to see the plan and go on, or look at it with plldb bootstrap diff",
		Code:    report.ExitUsage,
	}
}

// confirm shows the plan and asks whether to carry it out, where the settings say so. An empty one needs no answer.
func (r *Run) confirm(ctx context.Context, plan Plan) error {
	if !r.settings.Confirm {
		return nil
	}
	if err := r.show(ctx, plan); err != nil || len(plan.Writes()) == 0 {
		return err
	}
	yes, err := r.agreed(ctx, "Go on?")
	if err != nil || yes {
		return err
	}
	return &report.Problem{
		Message: "nothing was changed, as you said",
		Hint:    "run the same command again when it should be",
		Code:    report.ExitFailed,
	}
}

// review shows what a change set would do to the stack, and asks whether it may.
func (r *Run) review(ctx context.Context, changes []report.ResourceChange) (bool, error) {
	for _, c := range changes {
		r.sink.Tell(c)
	}
	return r.agreed(ctx, fmt.Sprintf("Make these changes to the stack %s?", StackName))
}

// reviewer is review, where the settings ask for it.
func (r *Run) reviewer() func(context.Context, []report.ResourceChange) (bool, error) {
	if !r.settings.Confirm {
		return nil
	}
	return r.review
}

// further asks about what is done to the stack beyond the plan: what went on with the stack has ended badly, or others have
// worked on it meanwhile.
func (r *Run) further(ctx context.Context, d stack.Decision) (bool, error) {
	return r.agreed(ctx, fmt.Sprintf("%s: %s. Go on?", d.Reason, spoken(d.Action)))
}

// agreer is further, where the settings ask for it.
func (r *Run) agreer() func(context.Context, stack.Decision) (bool, error) {
	if !r.settings.Confirm {
		return nil
	}
	return r.further
}

// spoken says an action as one does of a stack that was named.
func spoken(a stack.Action) string {
	switch a {
	case stack.Delete:
		return "delete it"
	case stack.ForceDelete:
		return "delete it, leaving behind what cannot be deleted"
	case stack.DeleteThenCreate:
		return "delete it, then create it anew"
	case stack.RollBack:
		return "roll it back"
	}
	return string(a)
}

// agreed puts a question, unless the answer was given beforehand.
func (r *Run) agreed(ctx context.Context, question string) (bool, error) {
	if r.settings.Yes {
		return true, nil
	}
	return r.settings.Ask(ctx, question)
}

// agree asks before a stack is deleted, where the settings say so, and always before a purge: what that removes cannot be
// brought back.
func (r *Run) agree(ctx context.Context, seen Seen) error {
	question, otherwise := "", "run the same command again when it should be"
	switch {
	case r.settings.Purge:
		question = fmt.Sprintf("Delete the stack %s and everything plldb put into the bucket %s, for good?",
			StackName, seen.Bucket.Name)
		otherwise = "destroy without --purge keeps the packages"
	case r.settings.Confirm && r.deletes(seen.Stack):
		question = fmt.Sprintf("Delete the stack %s?", StackName)
	default:
		return nil
	}
	yes, err := r.agreed(ctx, question)
	if err != nil || yes {
		return err
	}
	return &report.Problem{Message: "nothing was deleted", Hint: otherwise, Code: report.ExitFailed}
}

// deletes says whether a destroy would delete the stack, now or when what goes on with it has ended.
func (r *Run) deletes(found stack.Seen) bool {
	switch stack.Decide(stack.Destroy, found, stack.Wanted{}, r.settings.Consents).Action {
	case stack.Absent, stack.Refuse:
		return false
	}
	return true
}
