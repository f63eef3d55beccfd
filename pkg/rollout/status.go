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

// The two words for drift, as CloudFormation says them of a stack.
const (
	inSync  = "IN_SYNC"
	drifted = "DRIFTED"
)

// rolledBack is the state of a stack that could not be created: nothing of its template is there.
const rolledBack = "ROLLBACK_COMPLETE"

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

// deployed lists the functions that the template of a stack names; none where it cannot be read, or where all that was
// made of it is gone again.
func deployed(found stack.Seen) []report.Function {
	if found.Status == rolledBack {
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
	list, err := work(r, report.Detect, func() ([]report.Drifted, error) {
		return r.stack(session).Drift(ctx, found)
	}, sumDrift)
	if err != nil {
		return "", err
	}
	for _, d := range list {
		r.sink.Tell(d)
	}
	if len(list) > 0 {
		return drifted, nil
	}
	return inSync, nil
}
