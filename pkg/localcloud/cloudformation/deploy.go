package cloudformation

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/cloudformation/template"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// deploy begins to make a resource what the template says, or finds that it is.
func (t *turn) deploy(j *job) {
	want := resourceOf(t.target.Resources[j.ID])
	properties, err := t.target.Resolve(j.ID, world{t.st})
	want.Properties, want.Tags = properties, maps.Clone(t.st.Tags)
	has, there := t.st.Resources[j.ID]
	switch {
	case !there, has.Physical == "", has.Status == createFailed:
		t.make(j, want, err)
	case err != nil:
		has.Touched = true
		t.refuse(j, has, "UPDATE", err)
	default:
		t.change(j, has, want)
	}
}

// resourceOf takes from the template what does not depend on the properties.
func resourceOf(r *template.Resource) *res {
	return &res{
		ID: r.LogicalID, Type: r.Type, Metadata: r.Metadata, Needs: r.Needs,
		Delete: r.DeletionPolicy, Replace: r.UpdateReplacePolicy,
	}
}

// make creates a resource that the stack has not, or that an earlier operation could not create.
func (t *turn) make(j *job, want *res, err error) {
	if has, there := t.st.Resources[j.ID]; there && has.Physical != "" {
		t.st.Garbage = append(t.st.Garbage, has)
	}
	want.Touched = true
	t.st.Resources[j.ID] = want
	if err != nil {
		t.refuse(j, want, "CREATE", err)
		return
	}
	j.Action = "CREATE"
	t.tell(want, createInProgress, "")
	t.create(j, want, want)
}

// create asks the service for the resource want, in the place of the subject: want itself, or the one that it
// replaces.
func (t *turn) create(j *job, subject, want *res) {
	fail, stalls, slow := t.s.config.Faults.Begin(j.ID, j.verb())
	if fail == "" {
		fail = t.unfit(want)
	}
	if fail != "" {
		t.fail(j, fail, slow)
		return
	}
	in := t.input(want)
	in.Properties = want.Properties
	made, err := t.handler(want.Type).Create(t.tx, in)
	if err != nil {
		t.fail(j, refusal(err), slow)
		return
	}
	want.Physical, want.Attributes = made.PhysicalID, made.Attributes
	if subject != want {
		t.replace(subject, want)
	}
	t.tell(want, j.verb()+"_IN_PROGRESS", "Resource creation Initiated")
	j.Due, j.Stalls = t.later(t.at, made.Takes+slow), stalls
}

// replace puts a new resource in the place of an old one, which the cleanup removes unless the policy of the new
// template retains it (that it is the new template's is unverified).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-attribute-updatereplacepolicy.html
func (t *turn) replace(old, made *res) {
	old.Keep = made.Replace == "Retain"
	t.st.Garbage = append(t.st.Garbage, old)
	made.Touched = true
	t.st.Resources[made.ID] = made
}

// change updates a resource in place or by another one, or leaves it as it is. One that failed is not left: it becomes
// complete, without its service where its properties are those that the service has (unverified).
func (t *turn) change(j *job, has, want *res) {
	typ := t.s.config.Types[want.Type]
	differences := template.Compare(typ, has.Properties, want.Properties)
	retagged := taggable(typ) && !maps.Equal(has.Tags, want.Tags)
	same := len(differences) == 0 && !retagged
	switch {
	case same && !has.unfinished() && reflect.DeepEqual(has.Metadata, want.Metadata):
		j.State = done
	case replaces(differences, resource.Replaces):
		t.another(j, has, want)
	default:
		j.Action = "UPDATE"
		has.Touched = true
		t.tell(has, updateInProgress, "")
		if same { // no service hears of it
			t.pretend(j)
			break
		}
		t.update(j, has, want, replaces(differences, resource.Conditional))
	}
	if j.Fail == "" {
		t.adopt(j.ID, want)
	}
}

// unfinished tells whether the last work on a resource failed.
func (r *res) unfinished() bool { return strings.HasSuffix(r.Status, "_FAILED") }

// pretend lets a job take a while, and tells whether it will go well.
func (t *turn) pretend(j *job) bool {
	fail, stalls, slow := t.s.config.Faults.Begin(j.ID, j.verb())
	j.Fail, j.Due, j.Stalls = fail, t.later(t.at, failing+slow), stalls && fail == ""
	return fail == ""
}

// adopt takes over what no service is told of. Policies may change only along with something else, or with another
// resource.
func (t *turn) adopt(id string, want *res) {
	t.st.Resources[id].takeOver(want)
}

func (r *res) takeOver(from *res) {
	r.Metadata, r.Needs, r.Delete, r.Replace = from.Metadata, from.Needs, from.Delete, from.Replace
}

// update changes a resource in place. Where its properties leave open whether that can be, the service decides.
func (t *turn) update(j *job, has, want *res, open bool) {
	fail, stalls, slow := t.s.config.Faults.Begin(j.ID, "UPDATE")
	if fail == "" {
		fail = t.unfit(want)
	}
	if fail != "" {
		t.fail(j, fail, slow)
		return
	}
	in := t.input(has)
	in.Properties, in.Before = want.Properties, has.Properties
	made, err := t.handler(want.Type).Update(t.tx, in)
	if e, is := errors.AsType[*resource.Error](err); is && open && e.Code == resource.NotUpdatable {
		t.another(j, has, want)
		return
	}
	if err != nil {
		t.fail(j, refusal(err), slow)
		return
	}
	has.Properties, has.Tags, has.Attributes = want.Properties, want.Tags, made.Attributes
	has.Skipped = false
	j.Due, j.Stalls = t.later(t.at, made.Takes+slow), stalls
}

// another replaces a resource: the new one is made first, the old one removed by the cleanup. One whose name is its
// own cannot be replaced under the same name, and none can where rollback is disabled (trap 28).
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stack-failure-options.html
func (t *turn) another(j *job, has, want *res) {
	j.Action = "REPLACE"
	has.Touched = true
	name := t.s.config.Types[want.Type].NameProperty
	named := name != "" && want.Properties[name] != nil
	t.tell(has, updateInProgress,
		"Requested update requires the creation of a new physical resource; hence creating one.")
	switch {
	case t.op.DisableRollback:
		t.fail(j, "Replacement type updates not supported on stack with disable-rollback.", 0)
	case named && reflect.DeepEqual(has.Properties[name], want.Properties[name]):
		t.fail(j, fmt.Sprintf("CloudFormation cannot update a stack when a custom-named resource requires replacing. "+
			"Rename %v and update the stack again.", want.Properties[name]), 0)
	default:
		t.create(j, has, want)
	}
}

// unfit is what is wrong with the properties now that they are all known.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
func (t *turn) unfit(want *res) string {
	problems := template.Check(t.s.config.Types[want.Type], want.Properties)
	if problems == nil {
		return ""
	}
	return template.Failure(want.ID, problems)
}

// refuse begins a job that fails before any service hears of it.
func (t *turn) refuse(j *job, r *res, action string, err error) {
	j.Action = action
	t.tell(r, action+"_IN_PROGRESS", "")
	t.fail(j, err.Error(), 0)
}

// fail lets a job fail in a while.
func (t *turn) fail(j *job, reason string, slow time.Duration) {
	j.Fail, j.Due = reason, t.later(t.at, failing+slow)
}

// refusal is what a handler said, as CloudFormation passes it on.
func refusal(err error) string {
	code := "InternalFailure"
	if e, is := errors.AsType[*resource.Error](err); is {
		code = e.Code
	}
	return fmt.Sprintf(`Resource handler returned message: "%s" (RequestToken: %s, HandlerErrorCode: %s)`,
		err.Error(), wire.NewID(), code)
}

func replaces(differences []template.Difference, change resource.Change) bool {
	return slices.ContainsFunc(differences, func(d template.Difference) bool { return d.Change == change })
}

// taggable tells whether a type takes the stack's tags: those with tags of their own do. Which types AWS tags beyond
// these is unverified.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-resource-tags.html
func taggable(typ resource.Type) bool {
	_, has := typ.Properties["Tags"]
	return has
}

// input is what every call of a handler is given.
func (t *turn) input(r *res) resource.Input {
	return inputOf(t.st, r, t.at)
}

func inputOf(st *stack, r *res, at time.Time) resource.Input {
	tags := maps.Clone(st.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	tags["aws:cloudformation:stack-name"] = st.Name
	tags["aws:cloudformation:stack-id"] = st.arn()
	tags["aws:cloudformation:logical-id"] = r.ID
	return resource.Input{
		Account: st.Account, Region: st.Region, Partition: st.Partition,
		StackID: st.arn(), StackName: st.Name,
		LogicalID: r.ID, PhysicalID: r.Physical, Tags: tags, Now: at,
	}
}
