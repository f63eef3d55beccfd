package rollout_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

func status(t *testing.T, c *cloud, s rollout.Settings) report.Outcome {
	t.Helper()
	r := newRun(c, s)
	_, err := r.Status(t.Context())
	return r.Outcome(t.Context(), rollout.Status, err)
}

// Status says what setup has made, from three answers and without any source.
func TestStatus(t *testing.T) {
	t.Parallel()
	c, nowhere := newCloud(t), t.TempDir()
	wantStatus(t, status(t, c, rollout.Settings{Dir: nowhere, Drift: true}), report.Absent)
	made := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, made, report.Created)

	before := len(c.operations())
	o := status(t, c, rollout.Settings{Dir: nowhere})
	wantStatus(t, o, report.Present)
	for i := range made.Functions {
		made.Functions[i].Uploaded = false
	}
	if !slices.Equal(o.Functions, made.Functions) || o.Outputs["Version"] != "0.1.0" || o.StackID != made.StackID ||
		o.StackStatus != "CREATE_COMPLETE" || o.Drift != "" {
		t.Errorf("status %+v, made %+v", o, made)
	}
	asked := c.operations()[before:]
	slices.Sort(asked)
	want := []string{"cloudformation.DescribeStacks", "cloudformation.GetTemplate", "sts.GetCallerIdentity"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %v", asked)
	}
	if o := status(t, c, rollout.Settings{Dir: nowhere, Drift: true}); o.Drift != "IN_SYNC" || o.Problem != nil {
		t.Errorf("drift %q, %v", o.Drift, o.Problem)
	}
}

// states bring an account to states in which the template that CloudFormation gives says what is not there.
func states(p *rollout.Packed) map[string]func(*testing.T, *cloud) {
	fail := func(t *testing.T, c *cloud, logicalID, action string) (lift func()) {
		return c.Faults().Resource(localcloud.ResourceFault{LogicalID: logicalID, Action: action, Fail: "no"})
	}
	settings := rollout.Settings{Packed: p}
	return map[string]func(*testing.T, *cloud){
		"CREATE_IN_PROGRESS": func(t *testing.T, c *cloud) { c.leftAtWork(t, settings) },
		"ROLLBACK_COMPLETE": func(t *testing.T, c *cloud) {
			defer fail(t, c, "ConnectFunction", "CREATE")()
			wantStatus(t, setup(t, c, settings), report.RolledBack)
		},
		"ROLLBACK_FAILED": func(t *testing.T, c *cloud) {
			defer fail(t, c, "PLLDBDebugger", "DELETE")()
			defer fail(t, c, "ConnectFunction", "CREATE")()
			wantStatus(t, setup(t, c, settings), report.Failed)
		},
		"DELETE_FAILED": func(t *testing.T, c *cloud) {
			wantStatus(t, setup(t, c, settings), report.Created)
			defer fail(t, c, "PLLDBSessions", "DELETE")()
			wantStatus(t, destroy(t, c, rollout.Settings{}), report.Failed)
		},
	}
}

// Whatever the state of a stack, it could be read, and that is what was asked. What its template says is not told as long
// as it is not there, by diff neither; and drift is not looked for.
func TestStatesInWhichTheTemplateIsNotThere(t *testing.T) {
	t.Parallel()
	p := zipped(t, "old")
	for state, prepare := range states(p) {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			c := newSlowCloud(t)
			prepare(t, c)
			o := status(t, c, rollout.Settings{Drift: true})
			wantStatus(t, o, report.Present)
			if o.Problem != nil || o.StackStatus != state || len(o.Functions) > 0 || o.Drift != "NOT_CHECKED" {
				t.Errorf("status %+v", o)
			}
			_, events := diff(t, c, rollout.Settings{Packed: p})
			for _, f := range of[report.Compared](events) {
				if f.Deployed != "" || f.Uploaded != f.Local || f.Agrees() {
					t.Errorf("%+v", f)
				}
			}
			if text := of[report.TemplateDiff](events); len(text) > 0 || !c.story.says("no template is deployed") {
				t.Errorf("compared with a template that is not there: %q", text)
			}
		})
	}
}

// A stack that stands half-way has functions, though diff cannot vouch for what they run.
func TestDiffOfAStackHalfWay(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	old, changed := zipped(t, "old"), zipped(t, "changed")
	wantStatus(t, setup(t, c, rollout.Settings{Packed: old}), report.Created)
	c.Faults().Resource(localcloud.ResourceFault{LogicalID: "DefaultFunction", Action: "UPDATE", Fail: "no"})
	wantStatus(t, setup(t, c, rollout.Settings{Packed: changed}), report.Failed)
	o, events := diff(t, c, rollout.Settings{Packed: changed})
	if o.StackStatus != "UPDATE_ROLLBACK_FAILED" || of[report.Compared](events)[0].Deployed == "" {
		t.Errorf("in %s: %v", o.StackStatus, of[report.Compared](events))
	}
	if !c.story.says("UPDATE_ROLLBACK_FAILED: what runs may be other than its template says") {
		t.Error("it is not said that the template may not be what runs")
	}
}

// Drift that could not be looked for is not known, which is no failure of looking.
func TestDriftThatIsNotKnown(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Packed: zipped(t, "old")}), report.Created)
	c.Faults().Resource(localcloud.ResourceFault{LogicalID: "PLLDBSessions", Action: "READ", Fail: "no"})
	if o := status(t, c, rollout.Settings{Drift: true}); o.Drift != "UNKNOWN" || o.Problem != nil {
		t.Errorf("drift %s, %v", o.Drift, o.Problem)
	}
	sums := of[report.StepEnded](c.story.events)
	if last := sums[len(sums)-1].Sum; !strings.Contains(last, "not known") {
		t.Errorf("it is summed up as %q", last)
	}
}
