package rollout_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// What becomes of a run when others work on the stack between its look and its deed.

// A newer plldb that was there while this one sent its packages is not overwritten.
func TestANewerPlldbWhileUploading(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Packed: zipped(t, "old")}), report.Created)
	r := newRun(c, rollout.Settings{Packed: zipped(t, "changed")})
	_, err := r.Upload(t.Context())
	mustDo(t, err)
	newer := strings.Replace(c.template(t), `Value: "0.1.0"`, `Value: "0.2.0"`, 1)
	c.updates(t, &cfn.UpdateStackInput{TemplateBody: &newer})

	_, err = r.Deploy(t.Context())
	o := r.Outcome(t.Context(), rollout.Setup, err)
	wantProblem(t, o, report.Failed, report.ExitFailed, "0.2.0", "--allow-downgrade")
	if c.template(t) != newer {
		t.Error("the newer plldb's stack was overwritten")
	}
}

// updates changes the stack as somebody else, and waits for the end of that.
func (c *cloud) updates(t *testing.T, in *cfn.UpdateStackInput) {
	t.Helper()
	in.StackName = stackName
	in.Capabilities = []cfntypes.Capability{cfntypes.CapabilityCapabilityIam}
	_, err := c.formation().UpdateStack(t.Context(), in)
	mustDo(t, err)
	c.rests(t)
}

// A tag that somebody put on the stack while a person was thinking stays on it.
func TestATagSetWhileAPersonIsAsked(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	old := zipped(t, "old")
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old}), report.Created)
	asked := 0
	ask := func(context.Context, string) (bool, error) {
		if asked++; asked == 1 {
			tags := rollout.Settings{Packed: old, Tags: map[string]string{"team": "theirs"}}
			wantStatus(t, setup(t, c, tags), report.Updated)
		}
		return true, nil
	}
	wantStatus(t, setup(t, c, rollout.Settings{Packed: zipped(t, "changed"), Confirm: true, Ask: ask}), report.Updated)
	if tags := c.tags(t); tags["team"] != "theirs" {
		t.Errorf("the stack has the tags %v", tags)
	}
}

func (c *cloud) tags(t *testing.T) map[string]string {
	t.Helper()
	tags := map[string]string{}
	for _, tag := range c.stack(t).Tags {
		tags[*tag.Key] = *tag.Value
	}
	return tags
}

// Looking twice is one request more for an update, and none where there was no stack or nothing is to be done.
func TestTheStackIsLookedAtAgain(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	old, changed := zipped(t, "old"), zipped(t, "changed")
	for _, run := range []struct {
		packed *rollout.Packed
		status report.Status
		looks  int
	}{{old, report.Created, 1}, {old, report.Unchanged, 1}, {changed, report.Updated, 2}} {
		before := len(c.operations())
		wantStatus(t, setup(t, c, rollout.Settings{Packed: run.packed}), run.status)
		asked := c.operations()[before:]
		if at := slices.Index(asked, "cloudformation.CreateChangeSet"); at >= 0 {
			asked = asked[:at]
		}
		asked = slices.DeleteFunc(asked, func(name string) bool { return name != "cloudformation.DescribeStacks" })
		if len(asked) != run.looks {
			t.Errorf("%s: looked at %d times, want %d", run.status, len(asked), run.looks)
		}
	}
}

// A plan says what is done to the stack that was found. When that has become another, who confirms is asked again, and
// told what was found and what would be done about it.
func TestConfirmWhatThePlanDidNotSay(t *testing.T) {
	t.Parallel()
	for _, agreed := range []bool{false, true} {
		c := newSlowCloud(t)
		old := zipped(t, "old")
		lift := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "ConnectFunction", Action: "CREATE", Fail: "no"})
		c.leftAtWork(t, rollout.Settings{Packed: old})
		id := *c.stack(t).StackId
		p := &person{answers: []bool{true, agreed, true}}
		ask := func(ctx context.Context, question string) (bool, error) {
			if len(p.asked) > 0 { // what was begun has failed
				lift()
			}
			return p.ask(ctx, question)
		}
		o := setup(t, c, rollout.Settings{Packed: old, Confirm: true, Ask: ask})
		const question = "the stack plldb could not be created when it was tried, and never worked: " +
			"delete it, then create it anew. Go on?"
		if len(p.asked) < 2 || p.asked[1] != question {
			t.Fatalf("asked %q", p.asked)
		}
		if agreed {
			wantStatus(t, o, report.Created)
			continue
		}
		wantProblem(t, o, report.Failed, report.ExitFailed, "not agreed to")
		if now := *c.stack(t).StackId; now != id || c.status(t) != "ROLLBACK_COMPLETE" {
			t.Errorf("after a no the stack is %s, %s", now, c.status(t))
		}
	}
}

// leftAtWork begins a setup, and leaves while CloudFormation is at work for it.
func (c *cloud) leftAtWork(t *testing.T, s rollout.Settings) {
	t.Helper()
	ctx, stop := context.WithCancelCause(t.Context())
	r := rollout.New(s, c.open, leaving{&c.story, stop}, c.clock)
	_, err := r.Deploy(ctx)
	wantProblem(t, r.Outcome(ctx, rollout.Setup, err), report.Running, report.ExitRunning)
}

// leaving is the sink of a run that is stopped at the first event of its stack.
type leaving struct {
	report.Sink
	stop context.CancelCauseFunc
}

func (l leaving) Tell(e report.Event) {
	l.Sink.Tell(e)
	if _, ok := e.(report.StackEvent); ok {
		l.stop(rollout.Stopped{Signal: "SIGINT", Code: report.ExitInterrupt})
	}
}

// What is planned is asked about once, by the plan.
func TestConfirmWhatIsPlanned(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	old := zipped(t, "old")
	lift := c.Faults().Resource(localcloud.ResourceFault{LogicalID: "ConnectFunction", Action: "CREATE", Fail: "no"})
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old}), report.RolledBack)
	lift()
	p := &person{answers: []bool{true, true}}
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old, Confirm: true, Ask: p.ask}), report.Created)
	if len(p.asked) != 2 {
		t.Errorf("asked %q", p.asked)
	}
}

// Tags that do not go with those that the stack has are refused before anything is written; diff says the same.
func TestTagsThatDoNotGoWithTheStacks(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	old := zipped(t, "old")
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old}), report.Created)
	theirs := []cfntypes.Tag{ours(), {Key: aws.String("Team"), Value: aws.String("x")}}
	c.updates(t, &cfn.UpdateStackInput{UsePreviousTemplate: aws.Bool(true), Tags: theirs})
	many := map[string]string{}
	for i := range 49 {
		many[strings.Repeat("k", i+1)] = "v"
	}
	for says, tags := range map[string]map[string]string{
		`"team" and the tag "Team", which the stack plldb has`: {"team": "x"},
		"would have 51 tags": many,
	} {
		before := len(c.writes())
		s := rollout.Settings{Packed: old, Tags: tags}
		wantProblem(t, setup(t, c, s), report.Failed, report.ExitUsage, says)
		if wrote := c.writes()[before:]; len(wrote) > 0 {
			t.Errorf("%s: wrote %v", says, wrote)
		}
		o, events := diff(t, c, s)
		wantStatus(t, o, report.Differs)
		if planned := of[report.Planned](events); len(planned) != 1 || !planned[0].Refused {
			t.Errorf("%s: planned %v", says, planned)
		}
	}
	delete(many, "k")
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old, Tags: many}), report.Updated)
	maps.Copy(many, map[string]string{"Team": "y"})
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old, Tags: many}), report.Updated)
	if tags := c.tags(t); len(tags) != 50 || tags["Team"] != "y" {
		t.Errorf("the stack has %d tags", len(tags))
	}
}
