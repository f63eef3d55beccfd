package rollout_test

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

// scenario is a command, the account that it finds, and the account that it shall leave.
type scenario struct {
	name     string
	prepare  func(t *testing.T, w *world)
	command  rollout.Command
	settings rollout.Settings
	ends     report.Status                                  // of a run that goes well
	right    func(t *testing.T, w *world, o report.Outcome) // checks the account after it
	again    report.Status                                  // of a run that finds everything as it should be
}

func scenarios(t *testing.T) []scenario {
	t.Helper()
	old, changed := zipped(t, "old"), zipped(t, "changed")
	nothing := func(*testing.T, *world) {}
	deployed := func(t *testing.T, w *world) { w.deploys(t, old, report.Created) }
	stuck := func(t *testing.T, w *world) {
		deployed(t, w)
		w.fails(t, changed, localcloud.ResourceFault{Action: "UPDATE"}, "UPDATE_ROLLBACK_FAILED")
	}
	yes := func(context.Context, string) (bool, error) { return true, nil }
	return []scenario{
		deploys("first setup", rollout.Settings{Packed: old}, report.Created, nothing),
		deploys("update", rollout.Settings{Packed: changed}, report.Updated, deployed),
		deploys("update that is confirmed", rollout.Settings{Packed: changed, Confirm: true, Ask: yes}, report.Updated, deployed),
		deploys("nothing to do", rollout.Settings{Packed: old}, report.Unchanged, deployed),
		deploys("after a create that failed", rollout.Settings{Packed: old}, report.Created, func(t *testing.T, w *world) {
			w.fails(t, old, localcloud.ResourceFault{Action: "CREATE"}, "ROLLBACK_COMPLETE")
		}),
		deploys("after a create that was not rolled back",
			rollout.Settings{Packed: changed, Consents: stack.Consents{AllowDataLoss: true}}, report.Created,
			func(t *testing.T, w *world) {
				defer w.Faults().Resource(localcloud.ResourceFault{LogicalID: "PLLDBDebugger", Action: "DELETE", Fail: "held"})()
				w.fails(t, old, localcloud.ResourceFault{Action: "CREATE"}, "ROLLBACK_FAILED")
			}),
		deploys("after a rollback that failed", rollout.Settings{Packed: changed}, report.Updated, stuck),
		deploys("back after a rollback that failed", rollout.Settings{Packed: old}, report.Updated, stuck),
		deploys("half-way in an update", rollout.Settings{Packed: changed}, report.Updated, func(t *testing.T, w *world) {
			deployed(t, w)
			w.stopsHalfWay(t)
		}),
		destroys("destroy", rollout.Settings{}, report.Deleted, deployed),
		destroys("destroy of nothing", rollout.Settings{}, report.Absent, nothing),
		destroys("destroy by force", rollout.Settings{Consents: stack.Consents{Force: true}}, report.Deleted,
			func(t *testing.T, w *world) {
				deployed(t, w)
				w.heldUp(t, "PLLDBSessions")
			}),
		destroys("purge", rollout.Settings{Purge: true}, report.Deleted, deployed),
	}
}

func deploys(name string, s rollout.Settings, ends report.Status, prepare func(*testing.T, *world)) scenario {
	return scenario{name, prepare, rollout.Setup, s, ends, deployed(s.Packed), report.Unchanged}
}

func destroys(name string, s rollout.Settings, ends report.Status, prepare func(*testing.T, *world)) scenario {
	return scenario{name, prepare, rollout.Destroy, s, ends, gone(s.Purge), report.Absent}
}

// zipped packs four functions, of which one says something of its own.
func zipped(t *testing.T, says string) *rollout.Packed {
	t.Helper()
	p := &rollout.Packed{Template: cloudformation.Template()}
	for _, name := range names {
		program := name
		if name == "ws_api_default_handler" {
			program += says
		}
		var packed bytes.Buffer
		z := zip.NewWriter(&packed)
		f, err := z.Create("bootstrap")
		_, err = must(t, f, err).Write([]byte(program))
		mustDo(t, err)
		mustDo(t, z.Close())
		p.Archives = append(p.Archives, artifact.Archive{
			Name: name, Digest: artifact.DigestOf(packed.Bytes()), Size: int64(packed.Len()),
			Open: func() (io.ReadSeekCloser, error) { return opened{bytes.NewReader(packed.Bytes())}, nil },
		})
	}
	return p
}

type opened struct{ io.ReadSeeker }

func (opened) Close() error { return nil }

// deploys prepares a case by a setup that ends as it should.
func (w *world) deploys(t *testing.T, p *rollout.Packed, want report.Status) {
	t.Helper()
	wantStatus(t, w.runs(t.Context(), rollout.Setup, rollout.Settings{Packed: p}), want)
}

// fails prepares a case by a setup that ends in a state, since the work on one function fails.
func (w *world) fails(t *testing.T, p *rollout.Packed, f localcloud.ResourceFault, state string) {
	t.Helper()
	f.LogicalID, f.Fail = "DefaultFunction", "no"
	defer w.Faults().Resource(f)()
	w.runs(t.Context(), rollout.Setup, rollout.Settings{Packed: p})
	w.stands(t, state)
}

// stopsHalfWay prepares a case by an update that fails and is not rolled back, as its author asked.
func (w *world) stopsHalfWay(t *testing.T) {
	t.Helper()
	defer w.Faults().Resource(localcloud.ResourceFault{LogicalID: "DefaultFunction", Action: "UPDATE", Fail: "no"})()
	text := strings.ReplaceAll(w.template(t), "MemorySize: 128", "MemorySize: 256")
	set, err := w.formation().CreateChangeSet(t.Context(), &cfn.CreateChangeSetInput{
		StackName: stackName, ChangeSetName: aws.String("theirs"), TemplateBody: &text, Tags: w.stack(t).Tags,
		Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityIam},
	})
	mustDo(t, err)
	time.Sleep(time.Second)
	_, err = w.formation().ExecuteChangeSet(t.Context(), &cfn.ExecuteChangeSetInput{
		ChangeSetName: set.Id, DisableRollback: aws.Bool(true),
	})
	mustDo(t, err)
	w.rests(t)
	w.stands(t, "UPDATE_FAILED")
}

// heldUp prepares a case by a deletion that a resource holds up, now and later.
func (w *world) heldUp(t *testing.T, logicalID string) {
	t.Helper()
	w.Faults().Resource(localcloud.ResourceFault{LogicalID: logicalID, Action: "DELETE", Fail: "held"})
	w.runs(t.Context(), rollout.Destroy, rollout.Settings{})
	w.stands(t, "DELETE_FAILED")
}

func (w *world) stands(t *testing.T, state string) {
	t.Helper()
	if status := w.status(t); status != state {
		t.Fatalf("prepared %s, want %s", status, state)
	}
}

// deployed checks an account in which these functions run, and that the stack and the outcome name just them.
func deployed(p *rollout.Packed) func(*testing.T, *world, report.Outcome) {
	return func(t *testing.T, w *world, o report.Outcome) {
		t.Helper()
		text, sums := w.template(t), []string{}
		for i, a := range p.Archives {
			sums = append(sums, a.Digest.String())
			f := o.Functions[i]
			if f.Digest != sums[i] || !strings.Contains(text, sums[i]) || !strings.Contains(text, f.VersionID) {
				t.Errorf("the stack's template does not name %+v", f)
			}
		}
		slices.Sort(sums)
		if runs := w.code(t); !slices.Equal(runs, sums) {
			t.Errorf("the functions run %v, want %v", runs, sums)
		}
		if status := w.status(t); status != o.StackStatus || !strings.HasSuffix(status, "_COMPLETE") {
			t.Errorf("the stack is %s, in the outcome %s", status, o.StackStatus)
		}
	}
}

// gone checks an account without the stack, and after a purge without the bucket.
func gone(purge bool) func(*testing.T, *world, report.Outcome) {
	return func(t *testing.T, w *world, _ report.Outcome) {
		t.Helper()
		if status, code := w.status(t), w.code(t); status != "" || len(code) > 0 {
			t.Errorf("the stack is %s, and the functions run %v", status, code)
		}
		if left := w.versions(t); purge && left != nil {
			t.Errorf("a purge left %d objects", len(left))
		}
	}
}

// does carries the scenario's command out.
func (s scenario) does(ctx context.Context, w *world) report.Outcome {
	return w.runs(ctx, s.command, s.settings)
}
