package targets_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

const template = `Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Hello:
    Type: AWS::Lambda::Function
    Metadata: {plldb: {sha256: "${plldb:functions.hello.sha256}"}}
    Properties:
      Runtime: provided.al2023
      Architectures: [arm64]
      Handler: bootstrap
      Role: !GetAtt Role.Arn
      Code:
        S3Bucket: "${plldb:bucket}"
        S3Key: "${plldb:functions.hello.key}"
        S3ObjectVersion: "${plldb:functions.hello.version}"
`

// tree makes a source tree of plldb with one small function.
func tree(t *testing.T, function string) string {
	t.Helper()
	gomod, err := os.ReadFile(filepath.Join("..", "..", "go.mod"))
	mustDo(t, err)
	head, _, _ := strings.Cut(string(gomod), "\ntool ") // module, go and toolchain: the function needs no other module
	root := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":                       head + "\n",
		"cloudformation/template.yaml": template,
		"functions/hello/main.go":      "package main\n\n" + function + "\n",
	} {
		path := filepath.Join(root, filepath.FromSlash(name))
		mustDo(t, os.MkdirAll(filepath.Dir(path), 0o755))
		mustDo(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return root
}

const (
	compiles = `func main() { println("hello") }`
	broken   = `func main() { nonsense() }`
)

// environment is without AWS and plldb but for an endpoint and credentials, and has caches of its own, except for go's.
func environment(t *testing.T, endpoint string) []string {
	t.Helper()
	var env []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") && !strings.HasPrefix(line, "PLLDB_") && !strings.HasPrefix(line, "MAGEFILE_") {
			env = append(env, line)
		}
	}
	caches, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE", "GOMODCACHE").Output()
	mustDo(t, err)
	lines := strings.Fields(string(caches))
	cache := t.TempDir()
	return append(env, "XDG_CACHE_HOME="+cache, "GOCACHE="+lines[0], "GOMODCACHE="+lines[1],
		"AWS_CONFIG_FILE="+filepath.Join(cache, "none"), "AWS_SHARED_CREDENTIALS_FILE="+filepath.Join(cache, "none"),
		"AWS_EC2_METADATA_SERVICE_ENDPOINT=http://127.0.0.1:1", "AWS_ENDPOINT_URL="+endpoint,
		"AWS_REGION="+region, "AWS_ACCESS_KEY_ID="+runsKey, "AWS_SECRET_ACCESS_KEY=secret", "GORACE=atexit_sleep_ms=0")
}

// still is a clock on which every wait is over at once.
type still struct{}

func (still) Now() time.Time { return time.Unix(0, 0) }

func (still) Sleep(ctx context.Context, _ time.Duration) error { return ctx.Err() }

// newRun is a run in this process, in the account that the environment names.
func newRun(t *testing.T, w *world, s rollout.Settings, sink report.Sink) *rollout.Run {
	t.Helper()
	for _, line := range environment(t, w.url) {
		name, value, _ := strings.Cut(line, "=")
		t.Setenv(name, value)
	}
	open := func(ctx context.Context) (*account.Session, error) { return account.Load(ctx, account.Options{}) }
	return rollout.New(s, open, sink, still{})
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
