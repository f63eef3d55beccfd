package rollout

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Diff says what a setup would change, and changes nothing in the account: for each function whether its code agrees, how
// the template would differ, and each write of the plan. What a setup would refuse is part of the answer.
func (r *Run) Diff(ctx context.Context) (stack.Result, error) {
	return r.finish(func() (ending, error) {
		end := ending{command: Diff}
		plan, err := work(r, report.Diff, func() (Plan, error) { return r.compare(ctx) }, sumPlan)
		if err != nil {
			return end, err
		}
		seen, err := r.Look(ctx)
		end.result = stack.Result{Status: report.Unchanged, Seen: seen.Stack}
		if len(plan.Writes()) > 0 {
			end.result.Status = report.Differs
		}
		return end, err
	})
}

// compare plans and shows the plan.
func (r *Run) compare(ctx context.Context) (Plan, error) {
	plan, err := r.whole(ctx)
	if err != nil {
		return Plan{}, err
	}
	return plan, r.show(ctx, plan)
}

// show tells the plan: the functions, the template, the writes.
func (r *Run) show(ctx context.Context, plan Plan) error {
	seen, err := r.Look(ctx)
	if err != nil {
		return err
	}
	src, err := r.source.get(r.findSource)
	if err != nil {
		return err
	}
	for _, c := range compared(seen, plan.Uploads) {
		r.sink.Tell(c)
	}
	text, err := foreseen(seen, plan, src.template)
	if err != nil {
		return err
	}
	r.showTemplate(seen.Stack, text)
	for _, w := range plan.Writes() {
		r.sink.Tell(report.Planned{What: w.What, Reason: w.Reason, Refused: plan.Stack.Problem != nil})
	}
	if plan.Stack.Action == stack.Check {
		r.sink.Tell(report.Notice{Text: plan.Stack.Reason + ": a setup would " + string(stack.Check)})
	}
	if p := plan.Stack.Problem; p != nil {
		r.sink.Tell(report.Notice{Text: "what to do about it: " + p.Hint})
	}
	return nil
}

// showTemplate tells how the deployed template would change. Where none is deployed there is nothing to compare with.
func (r *Run) showTemplate(found stack.Seen, text []byte) {
	if found.Template == "" || !stands(found) {
		r.sink.Tell(report.Notice{Text: "no template is deployed: all of it is new"})
		return
	}
	if !strings.HasSuffix(found.Status, "_COMPLETE") {
		const between = "the stack %s is in the state %s: what runs may be other than its template says"
		r.sink.Tell(report.Notice{Text: fmt.Sprintf(between, StackName, found.Status)})
	}
	r.sink.Tell(report.TemplateDiff{Text: unified(found.Template, string(text))})
}

// unified is the unified diff of two templates, "" when they are the same.
func unified(deployed, planned string) string {
	text := diff.Diff("deployed", []byte(deployed), "planned", []byte(planned))
	_, hunks, _ := strings.Cut(string(text), "\n") // before the first line break stands the command that would make it
	return hunks
}

// unknownVersion stands for the version of an object that is yet to be sent.
const unknownVersion = "known-after-upload"

// foreseen is the template as it would be deployed, as far as it is known.
func foreseen(seen Seen, plan Plan, template []byte) ([]byte, error) {
	if plan.Template.Text != nil {
		return plan.Template.Text, nil
	}
	objects := make([]artifact.Object, len(plan.Uploads))
	for i, u := range plan.Uploads {
		objects[i] = u.object(seen.Bucket.Name)
		if u.Version == "" {
			objects[i].VersionID = unknownVersion
		}
	}
	return render.Render(template, values(seen.Bucket.Name, objects))
}

// compared says of each function whether its code agrees; functions that are only deployed come last.
func compared(seen Seen, list []Upload) []report.Compared {
	var all []report.Compared
	deployed, here := seen.Deployed, map[string]bool{}
	if !stands(seen.Stack) {
		deployed = nil
	}
	for _, u := range list {
		here[u.Archive.Name] = true
		c := report.Compared{Function: u.Archive.Name, Local: u.Archive.Digest.String()}
		if f, there := deployed[u.Archive.Name]; there {
			c.Deployed = f.Digest.String()
			c.Uploaded = stillThere(seen, f)
		}
		if u.Version != "" {
			c.Uploaded = c.Local
		}
		c.Other = c.Uploaded == "" && seen.sent(u.Key)
		all = append(all, c)
	}
	for _, name := range slices.Sorted(maps.Keys(deployed)) {
		if f := deployed[name]; !here[name] {
			c := report.Compared{Function: name, Uploaded: stillThere(seen, f), Deployed: f.Digest.String()}
			c.Other = c.Uploaded == "" && seen.sent(f.Key)
			all = append(all, c)
		}
	}
	return all
}

// stillThere is the digest of a deployed function if the version that it runs is the bucket's newest, "" if not.
func stillThere(seen Seen, f render.Function) string {
	if newest := seen.Store.Newest[f.Key]; newest.ID != f.Version || !newest.Usable() {
		return ""
	}
	return f.Digest.String()
}
