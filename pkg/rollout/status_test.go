package rollout_test

import (
	"slices"
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

// A stack that failed could be read, and that is what was asked. Nothing runs in one that was rolled back.
func TestStatusOfAFailedStack(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	c.Faults().Resource(localcloud.ResourceFault{LogicalID: "ConnectFunction", Action: "CREATE", Fail: "no"})
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.RolledBack)
	o := status(t, c, rollout.Settings{})
	wantStatus(t, o, report.Present)
	if o.Problem != nil || o.StackStatus != "ROLLBACK_COMPLETE" || len(o.Functions) > 0 {
		t.Errorf("status %+v", o)
	}
}
