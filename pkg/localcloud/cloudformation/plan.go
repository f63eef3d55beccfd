package cloudformation

import (
	"slices"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
)

// plan is the jobs of a phase.
func (t *turn) plan() []*job {
	switch t.op.Phase {
	case deploying:
		return t.planDeploy()
	case reverting:
		return t.planRevert()
	case cleaning:
		target := t.template(t.st, t.st.Template)
		return t.planRemoval(func(r *res) bool { return target.Resources[r.ID] == nil })
	case tidying:
		return t.planRemoval(func(r *res) bool {
			_, stays := t.st.Stable.Resources[r.ID]
			return !stays
		})
	}
	return t.planRemoval(func(r *res) bool { return r.Status != deleteComplete && r.Status != deleteSkipped })
}

// planDeploy has a job for each resource of the template, after those that it needs.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-dependson.html
func (t *turn) planDeploy() []*job {
	target := t.template(t.st, t.st.Template)
	return inOrder(target, target.Order())
}

// planRevert has a job for each resource that the failed update touched, in the order of the template of before.
func (t *turn) planRevert() []*job {
	target := t.template(t.st, t.st.Stable.Version.Template)
	return inOrder(target, slices.DeleteFunc(slices.Clone(target.Order()), func(id string) bool {
		r, ok := t.st.Resources[id]
		return !ok || !r.Touched
	}))
}

func inOrder(target *template.Template, ids []string) []*job {
	var jobs []*job
	for _, id := range ids {
		j := &job{ID: id}
		for _, need := range target.Resources[id].Needs {
			if i := slices.Index(ids, need); i >= 0 {
				j.After = append(j.After, i)
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}

// planRemoval has a job for each resource that goes, after those that need it; and for the garbage, in the same
// order.
func (t *turn) planRemoval(goes func(*res) bool) []*job {
	var present []*res
	for _, id := range t.st.ids() {
		if r := t.st.Resources[id]; goes(r) {
			present = append(present, r)
		}
	}
	jobs := removals(present, 0)
	garbage := removals(t.st.Garbage, len(jobs))
	for i, j := range garbage {
		j.Physical = t.st.Garbage[i].Physical
	}
	return append(jobs, garbage...)
}

// removals are jobs that delete resources; offset is the index of the first among all jobs.
func removals(all []*res, offset int) []*job {
	var jobs []*job
	for _, r := range all {
		j := &job{ID: r.ID, Action: "DELETE"}
		for i, other := range all {
			if slices.Contains(other.Needs, r.ID) {
				j.After = append(j.After, offset+i)
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}
