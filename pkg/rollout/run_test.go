package rollout_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	awscfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/cloudformation"
	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/artifact"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
	"github.com/plldb/plldb/pkg/stack"
)

var names = []string{
	"ws_api_authorize_handler", "ws_api_connect_handler", "ws_api_default_handler", "ws_api_disconnect_handler",
}

// tree makes a source tree of small programs under the functions' real names, with the real template.
func tree(t *testing.T) string {
	t.Helper()
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("GOCACHE", goCache(t))
	root := t.TempDir()
	gomod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	mustDo(t, err)
	head, _, _ := strings.Cut(string(gomod), "\ntool ") // module, go and toolchain: these programs need no other module
	write(t, filepath.Join(root, "go.mod"), head+"\n")
	write(t, filepath.Join(root, "cloudformation", "template.yaml"), string(cloudformation.Template()))
	for _, name := range names {
		program(t, root, name, name)
	}
	return root
}

// goCache is the cache of whoever runs the tests: it must not move with XDG_CACHE_HOME.
func goCache(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("GOCACHE"); dir != "" {
		return dir
	}
	return filepath.Join(userCache, "go-build")
}

var userCache, _ = os.UserCacheDir()

func program(t *testing.T, root, name, says string) {
	t.Helper()
	write(t, filepath.Join(root, "functions", name, "main.go"), "package main\n\nfunc main() { println(\""+says+"\") }\n")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	mustDo(t, os.MkdirAll(filepath.Dir(path), 0o755))
	mustDo(t, os.WriteFile(path, []byte(text), 0o600))
}

func newRun(c *cloud, s rollout.Settings) *rollout.Run {
	open := func(context.Context) (*account.Session, error) { return account.Ready(c.Config(), nil), nil }
	return rollout.New(s, open, report.Discard{}, still{})
}

// setup runs a whole setup and returns its outcome.
func setup(t *testing.T, c *cloud, s rollout.Settings) report.Outcome {
	t.Helper()
	r := newRun(c, s)
	_, err := r.Deploy(t.Context())
	return r.Outcome(t.Context(), rollout.Setup, err)
}

func destroy(t *testing.T, c *cloud, s rollout.Settings) report.Outcome {
	t.Helper()
	r := newRun(c, s)
	_, err := r.Destroy(t.Context())
	return r.Outcome(t.Context(), rollout.Destroy, err)
}

func wantStatus(t *testing.T, o report.Outcome, want report.Status) {
	t.Helper()
	if o.Status != want {
		t.Fatalf("status %s, want %s (%+v)", o.Status, want, o.Problem)
	}
}

// R1, R3, R8, R9: created; then unchanged, without one write; then one function's code, and nothing else.
func TestSetup(t *testing.T) {
	root, c := tree(t), newCloud()
	first := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, first, report.Created)
	if first.Bucket != "plldb-core-infrastructure-eu-west-1-"+accountID || first.Version != "0.1.0" || first.StackID != stackID {
		t.Errorf("outcome %+v", first)
	}
	for i, f := range first.Functions {
		if f.Name != names[i] || f.Key != "plldb/versions/0.1.0/lambda_functions/"+names[i]+".zip" || !f.Uploaded || f.VersionID == "" {
			t.Errorf("function %+v", f)
		}
	}
	if !strings.Contains(first.TemplateURL, "/plldb/versions/0.1.0/template.yaml?versionId=") {
		t.Errorf("template URL %s", first.TemplateURL)
	}

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
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Updated)
	want := []string{"S3.PutObject", "S3.PutObject", "CloudFormation.CreateChangeSet", "CloudFormation.ExecuteChangeSet"}
	if wrote := c.writes()[before:]; !slices.Equal(wrote, want) {
		t.Errorf("one changed function wrote %v, want its zip, the template and a change set", wrote)
	}
	if last := c.versions[len(c.versions)-2]; !strings.HasSuffix(last.key, names[2]+".zip") {
		t.Errorf("sent %s", last.key)
	}
}

// The look is ten requests, whoever asks (docs/design.md); nothing else is asked when nothing is to be done.
func TestNothingToDoIsTenRequests(t *testing.T) {
	root, c := tree(t), newCloud()
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	before := len(c.Operations())
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Unchanged)
	if asked := c.Operations()[before:]; len(asked) != 10 {
		t.Errorf("%d requests: %v", len(asked), asked)
	}
}

// Everything that can be decided before the first write is decided before it.
func TestNothingIsWrittenBeforeThePlanStands(t *testing.T) {
	for name, broken := range map[string]struct {
		prepare func(t *testing.T, root string, c *cloud, s *rollout.Settings)
		code    int
		says    string
	}{
		"another account": {func(_ *testing.T, _ string, _ *cloud, s *rollout.Settings) {
			s.Account = "999999999999"
		}, report.ExitUsage, "999999999999"},
		"an unknown placeholder": {func(t *testing.T, root string, _ *cloud, _ *rollout.Settings) {
			write(t, filepath.Join(root, "cloudformation", "template.yaml"), string(cloudformation.Template())+"# ${plldb:nothing}\n")
		}, report.ExitFailed, "${plldb:nothing}"},
		"a function that the template does not use": {func(t *testing.T, root string, _ *cloud, _ *rollout.Settings) {
			program(t, root, "one_too_many", "x")
		}, report.ExitFailed, "one_too_many"},
		"a function that does not compile": {func(t *testing.T, root string, _ *cloud, _ *rollout.Settings) {
			write(t, filepath.Join(root, "functions", names[0], "main.go"), "package main\n\nfunc main() { nonsense }\n")
		}, report.ExitFailed, "undefined: nonsense"},
		"a foreign stack": {func(_ *testing.T, _ string, c *cloud, _ *rollout.Settings) {
			c.stack = &stackState{status: "CREATE_COMPLETE", template: "Resources: {}"}
		}, report.ExitFailed, "plldb"},
		"a newer plldb's stack": {func(_ *testing.T, _ string, c *cloud, _ *rollout.Settings) {
			c.stack = ours("Resources: {}")
			key, value := "Version", "0.2.0"
			c.stack.outputs = []cfn.Output{{OutputKey: &key, OutputValue: &value}}
		}, report.ExitFailed, "0.2.0"},
		"a table that would be lost": {func(_ *testing.T, _ string, c *cloud, _ *rollout.Settings) {
			c.stack = ours("Resources:\n  Precious:\n    Type: AWS::DynamoDB::Table\n")
		}, report.ExitFailed, "Precious"},
	} {
		t.Run(name, func(t *testing.T) {
			root, c := tree(t), newCloud()
			s := rollout.Settings{Dir: root}
			broken.prepare(t, root, c, &s)
			o := setup(t, c, s)
			wantStatus(t, o, report.Failed)
			if o.Problem.Code != broken.code || !strings.Contains(o.Problem.Message+o.Problem.Hint, broken.says) {
				t.Errorf("exit code %d, want %d with %q: %s / %s", o.Problem.Code, broken.code, broken.says, o.Problem.Message, o.Problem.Hint)
			}
			if wrote := c.writes(); len(wrote) > 0 && !slices.Equal(wrote, []string{}) {
				t.Errorf("wrote %v", wrote)
			}
		})
	}
}

func ours(template string) *stackState {
	key, value := "plldb:stack", "bootstrap"
	return &stackState{status: "CREATE_COMPLETE", template: template, tags: []cfn.Tag{{Key: &key, Value: &value}}}
}

// R2, R3: the packages stay; what is not there is no error. A purge takes what plldb put there, and the bucket.
func TestDestroy(t *testing.T) {
	root, c := tree(t), newCloud()
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	packages := len(c.versions)

	wantStatus(t, destroy(t, c, rollout.Settings{}), report.Deleted)
	if c.stack != nil || !c.bucket || len(c.versions) != packages {
		t.Errorf("after destroy: stack %v, bucket %v, %d objects of %d", c.stack, c.bucket, len(c.versions), packages)
	}
	wantStatus(t, destroy(t, c, rollout.Settings{}), report.Absent)

	o := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Created)
	for _, f := range o.Functions {
		if f.Uploaded {
			t.Errorf("%s was sent again, though the bucket holds it", f.Name)
		}
	}

	refused := destroy(t, c, rollout.Settings{Purge: true})
	if refused.Problem == nil || refused.Problem.Code != report.ExitUsage || c.stack == nil {
		t.Errorf("a purge that nobody agreed to: %+v", refused.Problem)
	}
	o = destroy(t, c, rollout.Settings{Purge: true, Yes: true})
	wantStatus(t, o, report.Deleted)
	if !o.BucketDeleted || c.bucket || len(c.versions) > 0 {
		t.Errorf("after a purge: bucket %v, %d objects, %+v", c.bucket, len(c.versions), o)
	}
	wantStatus(t, destroy(t, c, rollout.Settings{Purge: true, Yes: true}), report.Absent)
}

func TestPurgeAsks(t *testing.T) {
	root, c := tree(t), newCloud()
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	var asked string
	answer := false
	s := rollout.Settings{Purge: true, Ask: func(_ context.Context, q string) (bool, error) { asked = q; return answer, nil }}
	if o := destroy(t, c, s); o.Problem == nil || c.stack == nil || !strings.Contains(asked, o.Bucket) {
		t.Errorf("a no: %+v after %q", o.Problem, asked)
	}
	answer = true
	wantStatus(t, destroy(t, c, s), report.Deleted)
}

// A step asks the run for what it is made of: called alone, and in any order, it ships the same.
func TestAStepAloneDoesWhatItNeeds(t *testing.T) {
	root, c := tree(t), newCloud()
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
	if c.stack != nil {
		t.Error("rendering touched the stack")
	}
}

// What is packed needs no account at all.
func TestZipNeedsNoAccount(t *testing.T) {
	root := tree(t)
	r := rollout.New(rollout.Settings{Dir: root}, func(context.Context) (*account.Session, error) {
		return nil, errors.New("asked for an account")
	}, report.Discard{}, still{})
	archives, err := r.Zip(t.Context())
	if err != nil || len(archives) != len(names) {
		t.Errorf("%d archives, %v", len(archives), err)
	}
}

func TestOutsideTheSourceTree(t *testing.T) {
	o := setup(t, newCloud(), rollout.Settings{Dir: t.TempDir()})
	if o.Problem == nil || o.Problem.Code != report.ExitUsage || !strings.Contains(o.Problem.Hint, "clone") || !strings.Contains(o.Problem.Hint, "install") {
		t.Errorf("problem %+v", o.Problem)
	}
}

// Exit codes of the two signals, before the stack is touched.
func TestStopped(t *testing.T) {
	for signal, code := range map[string]int{"SIGINT": report.ExitInterrupt, "SIGTERM": report.ExitTerminate} {
		root, c := tree(t), newCloud()
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(rollout.Stopped{Signal: signal, Code: code})
		r := newRun(c, rollout.Settings{Dir: root})
		_, err := r.Deploy(ctx)
		o := r.Outcome(ctx, rollout.Setup, err)
		wantStatus(t, o, report.Stopped)
		if o.Problem.Code != code || !strings.Contains(o.Problem.Message, signal) || len(c.writes()) > 0 {
			t.Errorf("%s: %+v, wrote %v", signal, o.Problem, c.writes())
		}
	}
}

// A zip that was damaged in the cache, at the right size, is found out before it is sent, and packed anew by the next run.
func TestADamagedArchiveMendsItself(t *testing.T) {
	root, c := tree(t), newCloud()
	dist := t.TempDir()
	zip := filepath.Join(dist, "lambda_functions", names[1]+".zip")
	_, err := newRun(c, rollout.Settings{Dir: root, Dist: dist}).Zip(t.Context())
	mustDo(t, err)
	bytes, err := os.ReadFile(zip)
	mustDo(t, err)
	bytes[len(bytes)/2] ^= 1
	mustDo(t, os.WriteFile(zip, bytes, 0o600))

	o := setup(t, c, rollout.Settings{Dir: root, Dist: dist})
	if o.Problem == nil || !strings.Contains(o.Problem.Message, names[1]+".zip changed on disk") {
		t.Fatalf("problem %+v", o.Problem)
	}
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root, Dist: dist}), report.Created)
}

// An interrupt in the middle of a purge finds the stack gone: it may not say that nothing was touched, and the next run
// goes on.
func TestStoppedWhilePurging(t *testing.T) {
	root, c := tree(t), newCloud()
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	ctx, cancel := context.WithCancelCause(t.Context())
	remove := c.Answer("S3.DeleteObjects")
	c.On("S3.DeleteObjects", func(context.Context, any) (any, error) {
		cancel(rollout.Stopped{Signal: "SIGINT", Code: report.ExitInterrupt})
		return nil, context.Canceled
	})
	r := newRun(c, rollout.Settings{Purge: true, Yes: true})
	_, err := r.Destroy(ctx)
	o := r.Outcome(ctx, rollout.Destroy, err)
	wantStatus(t, o, report.Stopped)
	if o.Problem.Code != report.ExitInterrupt || !strings.Contains(o.Problem.Message, "the stack is deleted") {
		t.Errorf("problem %+v", o.Problem)
	}
	c.On("S3.DeleteObjects", remove)
	if o := destroy(t, c, rollout.Settings{Purge: true, Yes: true}); !o.BucketDeleted {
		t.Errorf("the next purge did not go on: %+v", o)
	}
}

// What is deployed is what was rendered: not what somebody has put under the template's key, though it be as long.
func TestAnotherTemplateInTheBucketIsNotDeployed(t *testing.T) {
	root, c := tree(t), newCloud()
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root}), report.Created)
	key := artifact.TemplateKey(artifact.Version)
	other := strings.ReplaceAll(c.stack.template, "RetentionInDays: 14", "RetentionInDays: 30")
	c.versions = append(c.versions, version{key: key, id: "planted", body: []byte(other)})

	o := setup(t, c, rollout.Settings{Dir: root})
	wantStatus(t, o, report.Unchanged)
	if last := c.versions[len(c.versions)-1]; last.key != key || string(last.body) != c.stack.template || !strings.HasSuffix(o.TemplateURL, last.id) {
		t.Errorf("the bucket's template is %s, the outcome's %s", last.id, o.TemplateURL)
	}

	c.versions = append(c.versions, version{key: key, id: "planted again", body: []byte(other)})
	c.stack.tags = nil
	wantStatus(t, setup(t, c, rollout.Settings{Dir: root, Consents: stack.Consents{Adopt: true}}), report.Updated)
	if strings.Contains(c.stack.template, "RetentionInDays: 30") {
		t.Error("the planted template was deployed")
	}
}

// Between the deletion of a stack that never worked and the making of the new one, a signal leaves a changed account: it
// may not say that nothing was touched.
func TestStoppedHalfWay(t *testing.T) {
	root, c := tree(t), newCloud()
	c.stack = ours("Resources: {}")
	c.stack.status = "ROLLBACK_COMPLETE"
	ctx, cancel := context.WithCancelCause(t.Context())
	create := c.Answer("CloudFormation.CreateChangeSet")
	c.On("CloudFormation.CreateChangeSet", func(ctx context.Context, in any) (any, error) {
		cancel(rollout.Stopped{Signal: "SIGINT", Code: report.ExitInterrupt})
		return create(ctx, in)
	})
	c.On("CloudFormation.DeleteChangeSet", fakeaws.Always(&awscfn.DeleteChangeSetOutput{}))
	r := newRun(c, rollout.Settings{Dir: root})
	_, err := r.Deploy(ctx)
	o := r.Outcome(ctx, rollout.Setup, err)
	wantStatus(t, o, report.Stopped)
	if o.Problem.Code != report.ExitInterrupt || !strings.Contains(o.Problem.Message, "half-way") {
		t.Errorf("problem %+v", o.Problem)
	}
}
