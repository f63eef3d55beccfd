package rollout

import (
	"context"
	"fmt"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/render"
	"github.com/plldb/plldb/pkg/stack"
	"github.com/plldb/plldb/pkg/store"
)

// Held says, by function, which version in the bucket holds the archive; "" is none.
type Held map[string]string

// Plan is what a setup would write, before it writes anything.
type Plan struct {
	Bucket   []store.Change
	Uploads  []Upload
	Template TemplatePlan
	Stack    stack.Decision
}

// Upload is what becomes of one archive.
type Upload struct {
	Archive artifact.Archive
	Key     string
	Version string // the version that holds it already, "" to send it
	Reason  string // why it is sent
}

// TemplatePlan is what becomes of the template.
type TemplatePlan struct {
	Text   []byte // nil as long as an archive must be sent: its version is not known before
	Put    bool
	Reason string // why it is sent
}

// Write is one line of a plan.
type Write struct{ What, Reason string }

// Writes lists the plan in the order in which it is carried out. An empty list means that nothing is to be done. Of a plan
// that is refused the refusal is all: nothing is written before it.
func (p Plan) Writes() []Write {
	if p.Stack.Problem != nil {
		return []Write{p.stack()}
	}
	var writes []Write
	for _, c := range p.Bucket {
		writes = append(writes, Write{c.Thing, c.Reason})
	}
	for _, u := range p.Uploads {
		if u.Version == "" {
			writes = append(writes, Write{"object " + u.Key, u.Reason})
		}
	}
	if p.Template.Put {
		writes = append(writes, Write{"object " + artifact.TemplateKey(artifact.Version), p.Template.Reason})
	}
	if p.Stack.Action != stack.Unchanged && p.Stack.Action != stack.Check { // a question changes nothing
		writes = append(writes, p.stack())
	}
	return writes
}

func (p Plan) stack() Write {
	return Write{fmt.Sprintf("stack %s: %s", StackName, p.Stack.Action), p.Stack.Reason}
}

// MakePlan decides everything that can be decided before the first write: what the bucket and the stack lack, that the
// stack is plldb's and not a newer one's, that no table is lost. It is pure: the same seen, the same plan. The template
// has passed render.Check for these archives. What a setup would refuse to do is in the plan too, as the decision about the
// stack; its Problem says why.
func MakePlan(seen Seen, archives []artifact.Archive, held Held, template []byte, s Settings) (Plan, error) {
	plan := Plan{Bucket: store.Plan(seen.Store, seen.Bucket), Uploads: uploads(seen, archives, held)}
	var err error
	if plan.Template.Text, err = renderPlanned(seen, plan.Uploads, template); err != nil {
		return Plan{}, err
	}
	plan.Stack = decide(seen.Stack, wanted(plan.Template.Text, template, s.Tags), s)
	plan.Template.Reason = putReason(seen, plan.Template.Text, plan.Stack.Action)
	plan.Template.Put = plan.Template.Reason != ""
	return plan, nil
}

// decide is the stack's own decision, unless the tags that are asked for do not go with those that it has.
func decide(found stack.Seen, want stack.Wanted, s Settings) stack.Decision {
	d := stack.Decide(stack.Setup, found, want, s.Consents)
	if !found.Exists || d.Action == stack.Refuse || d.Action == stack.DeleteThenCreate {
		return d
	}
	if p := clash(found.Tags, s.Tags); p != nil {
		return stack.Decision{Action: stack.Refuse, Reason: p.Message, Problem: p}
	}
	return d
}

func uploads(seen Seen, archives []artifact.Archive, held Held) []Upload {
	list := make([]Upload, len(archives))
	for i, a := range archives {
		key := artifact.ArchiveKey(artifact.Version, a.Name)
		list[i] = Upload{Archive: a, Key: key, Version: held[a.Name]}
		switch {
		case list[i].Version != "":
		case !seen.sent(key):
			list[i].Reason = "it is not in the bucket"
		default:
			list[i].Reason = "the bucket's newest version is other code"
		}
	}
	return list
}

// renderPlanned renders the template, or returns nil while the version of an archive is not known.
func renderPlanned(seen Seen, list []Upload, template []byte) ([]byte, error) {
	objects := make([]artifact.Object, len(list))
	for i, u := range list {
		if u.Version == "" {
			return nil, nil
		}
		objects[i] = u.object(seen.Bucket.Name)
	}
	return render.Render(template, values(seen.Bucket.Name, objects))
}

// putReason says why the rendered template is sent; "" when it is not. Whenever the stack is to be touched it is, so that
// what is deployed is what was rendered, and not what somebody else has put in its place.
func putReason(seen Seen, text []byte, action stack.Action) string {
	newest, there := seen.Store.Newest[artifact.TemplateKey(artifact.Version)]
	switch {
	case !there || !newest.Usable():
		return "it is not in the bucket"
	case text == nil:
		return "a function's version changes"
	case action != stack.Unchanged && action != stack.Check:
		return "the stack is to be made of it"
	case !newest.Is(text):
		return "the bucket's newest version is another"
	}
	return ""
}

// object is the archive where it already lies.
func (u Upload) object(bucket string) artifact.Object {
	return artifact.Object{
		Name: u.Archive.Name, Bucket: bucket, Key: u.Key, VersionID: u.Version,
		Digest: u.Archive.Digest, Size: u.Archive.Size,
	}
}

// values are what fills the template's placeholders.
func values(bucket string, objects []artifact.Object) render.Values {
	v := render.Values{Version: artifact.Version, Bucket: bucket, Functions: map[string]render.Function{}}
	for _, o := range objects {
		v.Functions[o.Name] = render.Function{Key: o.Key, Version: o.VersionID, Digest: o.Digest}
	}
	return v
}

// wanted is the stack as it should be. text is the rendered template, nil while it is not known; template is it before.
func wanted(text, template []byte, tags map[string]string) stack.Wanted {
	return stack.Wanted{Text: text, Version: artifact.Version, Tags: tags, Lost: func(deployed string) []string {
		if deployed == string(text) {
			return nil
		}
		// A template that cannot be compared loses nothing for certain; the change set is read for the same again.
		lost, _ := render.LostTables([]byte(deployed), template)
		return lost
	}}
}

// Plan looks and plans. A plan that must be refused is an error: nothing is to be written then.
func (r *Run) Plan(ctx context.Context) (Plan, error) {
	plan, err := r.whole(ctx)
	switch {
	case err != nil:
		return Plan{}, err
	case plan.Stack.Problem != nil:
		return Plan{}, plan.Stack.Problem
	}
	return plan, nil
}

// whole is the plan with what must be refused in it. The template is checked while the account is being looked at.
func (r *Run) whole(ctx context.Context) (Plan, error) {
	return r.plan.get(func() (Plan, error) {
		archives, err := r.Zip(ctx)
		if err != nil {
			return Plan{}, err
		}
		src, err := r.source.get(r.findSource)
		if err != nil {
			return Plan{}, err
		}
		checked := concurrently(func() (struct{}, error) { return struct{}{}, render.Check(src.template, namesOf(archives)) })
		seen, err := r.Look(ctx)
		if err != nil {
			return Plan{}, err
		}
		if _, err := checked(); err != nil {
			return Plan{}, err
		}
		held, err := r.holds(ctx, seen, archives)
		if err != nil {
			return Plan{}, err
		}
		return MakePlan(seen, archives, held, src.template, r.settings)
	})
}

func namesOf(archives []artifact.Archive) []string {
	names := make([]string, len(archives))
	for i, a := range archives {
		names[i] = a.Name
	}
	return names
}
