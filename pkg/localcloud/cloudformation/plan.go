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
		return t.planRemoval(func(r *res) bool { return t.target.Resources[r.ID] == nil })
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
	return inOrder(t.target, t.target.Order())
}

// planRevert has a job for each resource that the failed update touched, in the order of the template of before.
func (t *turn) planRevert() []*job {
	return inOrder(t.target, slices.DeleteFunc(t.target.Order(), func(id string) bool {
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

// planRemoval has a job for each resource that goes and for the garbage, after those that need it.
func (t *turn) planRemoval(goes func(*res) bool) []*job {
	var all []*res
	for _, id := range t.st.ids() {
		if r := t.st.Resources[id]; goes(r) {
			all = append(all, r)
		}
	}
	present := len(all)
	all = append(all, t.st.Garbage...)
	var jobs []*job
	for i, r := range all {
		j := &job{ID: r.ID, Action: "DELETE"}
		if i >= present {
			j.Physical = r.Physical
		}
		for k, other := range all {
			if slices.Contains(other.Needs, r.ID) {
				j.After = append(j.After, k)
			}
		}
		jobs = append(jobs, j)
	}
	return jobs
}
