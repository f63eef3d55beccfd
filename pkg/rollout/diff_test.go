package rollout_test

import (
	"fmt"
	"strings"
	"testing"

	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

// diff compares, and returns the outcome and what was told. It fails the test if anything is written.
func diff(t *testing.T, c *cloud, s rollout.Settings) (report.Outcome, []report.Event) {
	t.Helper()
	before := len(c.writes())
	r := packedRun(t, c, s)
	told := len(c.story.events)
	_, err := r.Diff(t.Context())
	o := r.Outcome(t.Context(), rollout.Diff, err)
	if wrote := c.writes()[before:]; len(wrote) > 0 {
		t.Errorf("a comparison wrote %v", wrote)
	}
	return o, c.story.events[told:]
}

// of are the events of one type, in order.
func of[T report.Event](events []report.Event) []T {
	var found []T
	for _, e := range events {
		if one, ok := e.(T); ok {
			found = append(found, one)
		}
	}
	return found
}

// What diff says of the template is what setup makes of it, but for the version that is known only then; of the functions
// it says which code is where; and once setup has run there is nothing more to say.
func TestDiffForetellsSetup(t *testing.T) {
	t.Parallel()
	root, c := tree(t), newCloud(t)
	o, events := diff(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Differs)
	for _, f := range of[report.Compared](events) {
		if f.Local == "" || f.Uploaded != "" || f.Deployed != "" {
			t.Errorf("of an empty account it is said: %+v", f)
		}
	}
	first := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, first, report.Created)

	program(t, root, names[2], "something else")
	before := c.template(t)
	o, events = diff(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Differs)
	for i, f := range of[report.Compared](events) {
		was := first.Functions[i].Digest
		if f.Function != names[i] || f.Uploaded != was || f.Deployed != was || f.Agrees() != (i != 2) {
			t.Errorf("one function was changed: %+v, was %s", f, was)
		}
	}
	text := of[report.TemplateDiff](events)[0].Text
	planned := patched(t, before, text)

	third := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, third, report.Updated)
	if after := strings.ReplaceAll(planned, "known-after-upload", third.Functions[2].VersionID); after != c.template(t) {
		t.Errorf("what was foretold is not what was deployed:\n%s", text)
	}
	o, events = diff(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Unchanged)
	if left := of[report.Planned](events); len(left) > 0 || of[report.TemplateDiff](events)[0].Text != "" {
		t.Errorf("after a setup there is left to do: %v", left)
	}
}

// patched applies a unified diff.
func patched(t *testing.T, text, diff string) string {
	t.Helper()
	old, at := strings.SplitAfter(text, "\n"), 0
	var out strings.Builder
	for line := range strings.Lines(diff) {
		switch {
		case strings.HasPrefix(line, "---"), strings.HasPrefix(line, "+++"):
		case strings.HasPrefix(line, "@@"):
			var from int
			_, err := fmt.Sscanf(line, "@@ -%d", &from)
			mustDo(t, err)
			out.WriteString(strings.Join(old[at:from-1], ""))
			at = from - 1
		case line[0] == '+':
			out.WriteString(line[1:])
		case old[at] != line[1:]:
			t.Fatalf("the difference says %q of a line that is %q", line, old[at])
		default:
			if line[0] == ' ' {
				out.WriteString(old[at])
			}
			at++
		}
	}
	return out.String() + strings.Join(old[at:], "")
}

// A function that is only deployed, one that is not, and one whose package somebody has put another over: what runs is in
// the bucket still.
func TestDiffSaysWhichCodeIsWhere(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	first := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, first, report.Created)
	const gone = "one_that_is_no_more"
	zip, version := c.newest(t, first.Functions[0].Key)
	c.plant(t, artifact.ArchiveKey(artifact.Version, gone), zip)
	_, other := c.newest(t, artifact.ArchiveKey(artifact.Version, gone))
	text := strings.NewReplacer("/"+names[0]+".zip", "/"+gone+".zip", version, other).Replace(c.template(t))
	_, err := c.formation().UpdateStack(t.Context(), &cfn.UpdateStackInput{
		StackName: stackName, TemplateBody: &text, Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityIam},
	})
	mustDo(t, err)
	c.rests(t)
	c.plant(t, first.Functions[1].Key, "other code")

	_, events := diff(t, c, rollout.Settings{Dir: untouched})
	for _, f := range of[report.Compared](events) {
		switch f.Function {
		case names[0]:
			if f.Local == "" || f.Uploaded != f.Local || f.Deployed != "" {
				t.Errorf("one that is not deployed: %+v", f)
			}
		case gone:
			if f.Local != "" || f.Uploaded != f.Deployed || f.Deployed != first.Functions[0].Digest {
				t.Errorf("one that is only deployed: %+v", f)
			}
		default:
			if !f.Agrees() {
				t.Errorf("one that is in the bucket, if not as the newest: %+v", f)
			}
		}
	}
	c.plant(t, artifact.ArchiveKey(artifact.Version, gone), "other code")
	_, events = diff(t, c, rollout.Settings{Dir: untouched})
	all := of[report.Compared](events)
	if f := all[len(all)-1]; f.Function != gone || f.Uploaded != "" || !f.Other {
		t.Errorf("one that is only deployed, and no longer the newest: %+v", f)
	}
}

// Where the bucket's newest version is other code, diff does not say that there is none.
func TestDiffOfOtherCodeInTheBucket(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	old := zipped(t, "old")
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old}), report.Created)
	r := newRun(c, rollout.Settings{Packed: zipped(t, "changed")})
	_, err := r.Upload(t.Context())
	mustDo(t, err)
	for _, k := range []struct {
		packed *rollout.Packed
		other  bool
	}{{old, false}, {zipped(t, "third"), true}} {
		_, events := diff(t, c, rollout.Settings{Packed: k.packed})
		for _, f := range of[report.Compared](events) {
			if other := k.other && f.Function == "ws_api_default_handler"; f.Other != other || other != (f.Uploaded == "") {
				t.Errorf("%+v", f)
			}
		}
	}
}

// What a setup would refuse is what diff was asked for, and no failure of it; a consent counts.
func TestDiffOfWhatIsRefused(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.makeStack(t, logGroup)
	o, events := diff(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Differs)
	planned := of[report.Planned](events)
	if o.Problem != nil || len(planned) != 1 || !planned[0].Refused || planned[0].What != "stack plldb: refuse" {
		t.Errorf("planned %+v, problem %v", planned, o.Problem)
	}
	if !c.story.says("with --adopt") {
		t.Error("it is not said what to do")
	}
	_, events = diff(t, c, rollout.Settings{Dir: untouched, Consents: stack.Consents{Adopt: true}})
	planned = of[report.Planned](events)
	if last := planned[len(planned)-1]; last.Refused || last.What != "stack plldb: update" {
		t.Errorf("with a consent, planned %+v", planned)
	}
}

// Tags that are asked for are part of what should be.
func TestTagsAreDeployed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	s := rollout.Settings{Dir: untouched, Tags: map[string]string{"team": "debug"}}
	wantStatus(t, setup(t, c, s), report.Created)
	o, _ := diff(t, c, s)
	wantStatus(t, o, report.Unchanged)
	s.Tags = map[string]string{"team": "other"}
	o, _ = diff(t, c, s)
	wantStatus(t, o, report.Differs)
	wantStatus(t, setup(t, c, s), report.Updated)
	o, _ = diff(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Unchanged)
	for _, tag := range c.stack(t).Tags {
		if *tag.Key == "team" && *tag.Value == "other" {
			return
		}
	}
	t.Errorf("the stack has the tags %v", c.stack(t).Tags)
}
