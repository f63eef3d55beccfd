package rollout

import (
	"context"
	"maps"
	"slices"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Status says how the stack stands, whatever that is, and with Drift in the settings what somebody has changed in it. It
// needs no functions and asks S3 nothing.
func (r *Run) Status(ctx context.Context) (stack.Result, error) {
	return r.finish(func() (ending, error) {
		end := ending{command: Status}
		session, seen, err := r.lookAtStack(ctx)
		if err != nil {
			return end, err
		}
		end.result = stack.Result{Status: report.Absent, Seen: seen.Stack}
		if !seen.Stack.Exists {
			return end, nil
		}
		end.result.Status = report.Present
		end.functions = deployed(seen.Stack)
		if r.settings.Drift {
			end.drift, err = r.drift(ctx, session, seen.Stack)
		}
		return end, err
	})
}

// deployed lists the functions that the template of a stack names; none where it cannot be read, or where what it says is not
// there.
func deployed(found stack.Seen) []report.Function {
	if !stands(found) {
		return nil
	}
	named, _ := render.Deployed([]byte(found.Template))
	var list []report.Function
	for _, name := range slices.Sorted(maps.Keys(named)) {
		f := named[name]
		list = append(list, report.Function{Name: name, Key: f.Key, VersionID: f.Version, Digest: f.Digest.String()})
	}
	return list
}

// drift tells each resource that is no longer what the template says, and sums it up in CloudFormation's word.
func (r *Run) drift(ctx context.Context, session *account.Session, found stack.Seen) (string, error) {
	drift, err := work(r, report.Detect, func() (stack.Drift, error) {
		return r.stack(session).Drift(ctx, found)
	}, sumDrift)
	if err != nil {
		return "", err
	}
	for _, d := range drift.Resources {
		r.sink.Tell(d)
	}
	return drift.Status, nil
}
