package rollout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfntypes "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

// R1, R3, R8, R9: created; then unchanged, without one write; then one function's code, and nothing else.
func TestSetup(t *testing.T) {
	t.Parallel()
	c := newSlowCloud(t)
	root := tree(t)
	first := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, first, report.Created)
	if first.Bucket != bucket || first.Version != "0.1.0" || first.StackID != aws.ToString(c.stack(t).StackId) {
		t.Errorf("outcome %+v", first)
	}
	for i, f := range first.Functions {
		if f.Name != names[i] || f.Key != "plldb/versions/0.1.0/lambda_functions/"+names[i]+".zip" || !f.Uploaded {
			t.Errorf("function %+v", f)
		}
	}
	c.holds(t, first)

	before := len(c.writes())
	again := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, again, report.Unchanged)
	if wrote := c.writes()[before:]; len(wrote) > 0 {
		t.Errorf("a setup with nothing to do wrote %v", wrote)
	}
	if again.TemplateURL != first.TemplateURL {
		t.Errorf("template URL %s, before %s", again.TemplateURL, first.TemplateURL)
	}

	program(t, root, names[2], "something else")
	third := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, third, report.Updated)
	want := []string{
		"s3.PutObject", "s3.PutObject", "cloudformation.CreateChangeSet", "cloudformation.ExecuteChangeSet",
	}
	if wrote := c.writes()[before:]; !slices.Equal(wrote, want) {
		t.Errorf("one changed function wrote %v, want its zip, the template and a change set", wrote)
	}
	for i, f := range third.Functions {
		if f.Uploaded != (i == 2) || (f.VersionID == first.Functions[i].VersionID) != (i != 2) {
			t.Errorf("function %+v, before %+v", f, first.Functions[i])
		}
	}
	c.holds(t, third)
}

// The look is ten requests, whoever asks (docs/design.md); nothing else is asked when nothing is to be done.
func TestNothingToDoIsTenRequests(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	before := len(c.operations())
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Unchanged)
	if asked := c.operations()[before:]; len(asked) != 10 {
		t.Errorf("%d requests: %v", len(asked), asked)
	}
}

// Everything that can be decided before the first write is decided before it.
func TestNothingIsWrittenBeforeThePlanStands(t *testing.T) {
	t.Parallel()
	for name, broken := range map[string]struct {
		prepare func(t *testing.T, root string, c *cloud, s *rollout.Settings)
		code    int
		says    string
	}{
		"another account": {func(_ *testing.T, _ string, _ *cloud, s *rollout.Settings) {
			s.Account = "999999999999"
		}, report.ExitUsage, "999999999999"},
		"an unknown placeholder": {func(t *testing.T, root string, _ *cloud, _ *rollout.Settings) {
			write(t, templateIn(root), string(cloudformation.Template())+"# ${plldb:nothing}\n")
		}, report.ExitFailed, "${plldb:nothing}"},
		"a function that the template does not use": {func(t *testing.T, root string, _ *cloud, _ *rollout.Settings) {
			program(t, root, "one_too_many", "x")
		}, report.ExitFailed, "one_too_many"},
		"a function that does not compile": {func(t *testing.T, root string, _ *cloud, _ *rollout.Settings) {
			write(t, filepath.Join(root, "functions", names[0], "main.go"), "package main\n\nfunc main() { nonsense }\n")
		}, report.ExitFailed, "undefined: nonsense"},
		"a foreign stack": {func(t *testing.T, _ string, c *cloud, _ *rollout.Settings) {
			c.makeStack(t, logGroup)
		}, report.ExitFailed, "plldb"},
		"a newer plldb's stack": {func(t *testing.T, _ string, c *cloud, _ *rollout.Settings) {
			c.makeStack(t, logGroup+"Outputs:\n  Version:\n    Value: 0.2.0\n", ours())
		}, report.ExitFailed, "0.2.0"},
		"a table that would be lost": {func(t *testing.T, _ string, c *cloud, _ *rollout.Settings) {
			c.makeStack(t, table, ours())
		}, report.ExitFailed, "Precious"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCloud(t)
			root := tree(t)
			s := rollout.Settings{Dir: root}
			broken.prepare(t, root, c, &s)
			o := setup(t, c, s)
			wantProblem(t, o, report.Failed, broken.code, broken.says)
			if wrote := c.writes(); len(wrote) > 0 {
				t.Errorf("wrote %v", wrote)
			}
		})
	}
}

// R2, R3: the packages stay; what is not there is no error. A purge takes what plldb put there, and the bucket.
func TestDestroy(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	packages := len(c.versions(t))

	wantStatus(t, destroy(t, c, rollout.Settings{}), report.Deleted)
	if left := c.versions(t); c.stack(t) != nil || len(left) != packages || len(c.code(t)) > 0 {
		t.Errorf("after destroy: stack %v, %d objects of %d, functions %v", c.stack(t), len(left), packages, c.code(t))
	}
	wantStatus(t, destroy(t, c, rollout.Settings{}), report.Absent)

	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Created)
	for _, f := range o.Functions {
		if f.Uploaded {
			t.Errorf("%s was sent again, though the bucket holds it", f.Name)
		}
	}

	refused := destroy(t, c, rollout.Settings{Purge: true})
	if refused.Problem == nil || refused.Problem.Code != report.ExitUsage || c.stack(t) == nil {
		t.Errorf("a purge that nobody agreed to: %+v", refused.Problem)
	}
	o = destroy(t, c, rollout.Settings{Purge: true, Yes: true})
	wantStatus(t, o, report.Deleted)
	if left := c.versions(t); !o.BucketDeleted || left != nil {
		t.Errorf("after a purge: %d objects, %+v", len(left), o)
	}
	wantStatus(t, destroy(t, c, rollout.Settings{Purge: true, Yes: true}), report.Absent)
}

func TestPurgeAsks(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	var asked string
	answer := false
	s := rollout.Settings{Purge: true, Ask: func(_ context.Context, q string) (bool, error) { asked = q; return answer, nil }}
	if o := destroy(t, c, s); o.Problem == nil || c.stack(t) == nil || !strings.Contains(asked, o.Bucket) {
		t.Errorf("a no: %+v after %q", o.Problem, asked)
	}
	answer = true
	wantStatus(t, destroy(t, c, s), report.Deleted)
}

// A step asks the run for what it is made of: called alone, and in any order, it ships the same.
func TestAStepAloneDoesWhatItNeeds(t *testing.T) {
	t.Parallel()
	root := tree(t)
	c := newCloud(t)
	dist := filepath.Join(t.TempDir(), "dist")
	r := newRun(c, rollout.Settings{Dir: root, Dist: dist})
	template, err := r.Render(t.Context())
	mustDo(t, err)
	objects, err := r.Upload(t.Context())
	mustDo(t, err)
	for _, o := range objects {
		if !strings.Contains(string(template.Text), o.VersionID) || !strings.Contains(string(template.Text), o.Digest.String()) {
			t.Errorf("the template does not name %+v", o)
		}
		if _, err := os.Stat(filepath.Join(dist, "lambda_functions", o.Name+".zip")); err != nil {
			t.Error(err)
		}
	}
	kept, err := os.ReadFile(filepath.Join(dist, "template.yaml"))
	if err != nil || string(kept) != string(template.Text) {
		t.Errorf("dist/template.yaml is not what was rendered: %v", err)
	}
	if sent, _ := c.newest(t, artifact.TemplateKey(artifact.Version)); sent != string(template.Text) || c.stack(t) != nil {
		t.Error("what was rendered is not in the bucket, or rendering touched the stack")
	}
}

// What is packed needs no account at all.
func TestZipNeedsNoAccount(t *testing.T) {
	t.Parallel()
	root := tree(t)
	r := rollout.New(rollout.Settings{Dir: root}, func(context.Context) (*account.Session, error) {
		return nil, errors.New("asked for an account")
	}, report.Discard{}, rollout.RealClock{})
	archives, err := r.Zip(t.Context())
	if err != nil || len(archives) != len(names) {
		t.Errorf("%d archives, %v", len(archives), err)
	}
}

func TestOutsideTheSourceTree(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	o := setup(t, c, rollout.Settings{Dir: t.TempDir()})
	wantProblem(t, o, report.Failed, report.ExitUsage, "clone", "install")
}

// A zip that was damaged in the cache, at the right size, is found out before it is sent, and packed anew by the next run.
func TestADamagedArchiveMendsItself(t *testing.T) {
	t.Parallel()
	root := tree(t)
	c := newCloud(t)
	dist := t.TempDir()
	zip := filepath.Join(dist, "lambda_functions", names[1]+".zip")
	_, err := newRun(c, rollout.Settings{Dir: root, Dist: dist}).Zip(t.Context())
	mustDo(t, err)
	bytes, err := os.ReadFile(zip)
	mustDo(t, err)
	bytes[len(bytes)/2] ^= 1
	mustDo(t, os.WriteFile(zip, bytes, 0o600))

	o := setup(t, c, rollout.Settings{Dir: root, Dist: dist})
	wantProblem(t, o, report.Failed, report.ExitFailed, names[1]+".zip changed on disk")
	o = setup(t, c, rollout.Settings{Dir: root, Dist: dist})
	wantStatus(t, o, report.Created)
	c.holds(t, o)
}

// What is deployed is what was rendered: not what somebody has put under the template's key, though it be as long.
func TestAnotherTemplateInTheBucketIsNotDeployed(t *testing.T) {
	t.Parallel()
	c := newCloud(t)
	wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Created)
	key := artifact.TemplateKey(artifact.Version)
	other := strings.ReplaceAll(c.template(t), "RetentionInDays: 14", "RetentionInDays: 30")
	c.plant(t, key, other)
	o := setup(t, c, rollout.Settings{Dir: untouched})
	wantStatus(t, o, report.Unchanged)
	c.holds(t, o)

	c.plant(t, key, other)
	_, err := c.formation().UpdateStack(t.Context(), &cfn.UpdateStackInput{
		StackName: stackName, UsePreviousTemplate: aws.Bool(true), Tags: []cfntypes.Tag{},
		Capabilities: []cfntypes.Capability{cfntypes.CapabilityCapabilityIam},
	})
	mustDo(t, err)
	c.rests(t)
	if tags := c.stack(t).Tags; len(tags) > 0 {
		t.Fatalf("the stack still has the tags %v", tags)
	}
	o = setup(t, c, rollout.Settings{Dir: untouched, Consents: stack.Consents{Adopt: true}})
	wantStatus(t, o, report.Updated)
	c.holds(t, o)
	if strings.Contains(c.template(t), "RetentionInDays: 30") {
		t.Error("the planted template was deployed")
	}
}
