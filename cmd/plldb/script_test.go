package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/rogpeppe/go-internal/testscript"
)

// The scripts show the binary as a shell sees it: arguments and variables in, streams and an exit code out. AWS is the
// local cloud, to which the binary speaks the real protocols as to any endpoint (cloud_test.go), or, with --local, the
// one that the binary brings along.

var update = flag.Bool("update", false, "write what the scripts see into their golden files")

func TestMain(m *testing.M) {
	commands := map[string]func(){"plldb": main, "unread": unread, "alone": alone}
	for name, helper := range terminalCommands() {
		commands[name] = helper
	}
	testscript.Main(m, commands)
}

func TestScripts(t *testing.T) {
	caches := goCaches(t)
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup:               func(env *testscript.Env) error { return setup(env, caches) },
		Condition:           condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"serve":   serve,
			"trap":    trap,
			"tree":    tree,
			"exits":   exits,
			"shows":   shows,
			"signal":  signalTo,
			"left":    left,
			"outcome": outcome,
			"clone":   clone,
			"dial":    dial,
			"say":     say,
			"hungup":  hungup,
			"edit":    edit,
			"lines":   linesOf,
			"asked":   func(ts *testscript.TestScript, neg bool, _ []string) { operations(ts, neg, false) },
			"wrote":   func(ts *testscript.TestScript, neg bool, _ []string) { operations(ts, neg, true) },
		},
	})
}

// condition knows [terminal]: this machine has pseudo terminals, and the tests a way to them; and [alone]: a process
// may have a network of its own here.
func condition(name string) (bool, error) {
	switch name {
	case "terminal":
		f, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
		if err != nil {
			return false, nil //nolint:nilerr // it has none
		}
		return len(terminalCommands()) > 0, f.Close()
	case "alone":
		cmd := exec.Command("alone", "true") //nolint:noctx // it ends by itself
		return cmd.Run() == nil, nil
	}
	return false, fmt.Errorf("unknown condition %q", name)
}

// goCaches are those of whoever runs the tests: a script's HOME is another.
func goCaches(t *testing.T) []string {
	t.Helper()
	text, err := exec.CommandContext(t.Context(), "go", "env", "-json", "GOCACHE", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	var caches map[string]string
	if err := json.Unmarshal(text, &caches); err != nil {
		t.Fatal(err)
	}
	var env []string
	for name, value := range caches {
		env = append(env, name+"="+value)
	}
	return env
}

type stageKey struct{}

// stage is what one script plays on.
type stage struct {
	cloud   *cloud
	run     *exec.Cmd // in the background, the last that was signalled
	clients map[string]*websocket.Conn
}

func stageOf(ts *testscript.TestScript) *stage { return ts.Value(stageKey{}).(*stage) }

// setup gives a script an environment without AWS: no credentials, no files, and nobody at the metadata service.
func setup(env *testscript.Env, caches []string) error {
	env.Values[stageKey{}] = &stage{}
	env.Vars = append(env.Vars, caches...)
	none := filepath.Join(env.WorkDir, "none")
	for name, value := range map[string]string{
		"HOME":                              env.WorkDir,
		"AWS_CONFIG_FILE":                   none,
		"AWS_SHARED_CREDENTIALS_FILE":       none,
		"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1",
	} {
		env.Setenv(name, value)
	}
	if env.Getenv("GORACE") == "" {
		env.Setenv("GORACE", "atexit_sleep_ms=0") // else each process under the race detector sleeps for a second
	}
	return noTelemetry(env.WorkDir)
}

// noTelemetry keeps go, in a HOME that is new to it, from a child process which writes there when the script is over.
func noTelemetry(home string) error {
	for _, config := range []string{".config", "Library/Application Support"} { // os.UserConfigDir
		dir := filepath.Join(home, filepath.FromSlash(config), "go", "telemetry")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "mode"), []byte("off"), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// serve SCENARIO [OPERATION] begins a cloud, and credentials for it, or changes the one that there is
// (scenarios_test.go).
func serve(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: serve scenario [operation]")
	}
	play, ok := scenarios()[args[0]]
	if !ok {
		ts.Fatalf("there is no scenario %q", args[0])
	}
	s := stageOf(ts)
	if s.cloud == nil {
		s.cloud = openCloud(ts)
		ts.Setenv("ENDPOINT", s.cloud.url)
		ts.Setenv("AWS_ENDPOINT_URL", s.cloud.url)
		ts.Setenv("AWS_REGION", region)
		ts.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
		ts.Setenv("AWS_SECRET_ACCESS_KEY", "kept-secret")
	}
	s.cloud.mark()
	ts.Check(play(s.cloud, append(args[1:], "")[0]))
}

// tree makes a small source tree of plldb in $WORK/tree, around the files that the script brings, and goes there.
func tree(ts *testscript.TestScript, _ bool, _ []string) {
	root := ts.MkAbs("tree")
	gomod, err := os.ReadFile(filepath.Join(testFolder(ts), "..", "..", "go.mod"))
	ts.Check(err)
	head, _, _ := strings.Cut(string(gomod), "\ntool ") // module, go and toolchain: these programs need no other module
	files := map[string]string{"go.mod": head + "\n", "cloudformation/template.yaml": template}
	for _, name := range []string{"hello", "goodbye"} {
		files["functions/"+name+"/main.go"] = "package main\n\nfunc main() { println(\"" + name + "\") }\n"
	}
	for name, text := range files {
		path := filepath.Join(root, filepath.FromSlash(name))
		if _, err := os.Stat(path); err == nil {
			continue
		}
		ts.Check(os.MkdirAll(filepath.Dir(path), 0o755))
		ts.Check(os.WriteFile(path, []byte(text), 0o600))
	}
	ts.Check(ts.Chdir(root))
}

// testFolder is the folder of this package; a script stands elsewhere, the process does not.
func testFolder(ts *testscript.TestScript) string {
	dir, err := os.Getwd()
	ts.Check(err)
	return dir
}

const template = `AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: {Service: lambda.amazonaws.com}
            Action: sts:AssumeRole
  Hello:
    Type: AWS::Lambda::Function
    Metadata:
      plldb:
        sha256: "${plldb:functions.hello.sha256}"
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Role: !GetAtt Role.Arn
      Code:
        S3Bucket: "${plldb:bucket}"
        S3Key: "${plldb:functions.hello.key}"
        S3ObjectVersion: "${plldb:functions.hello.version}"
  Goodbye:
    Type: AWS::Lambda::Function
    Metadata:
      plldb:
        sha256: "${plldb:functions.goodbye.sha256}"
    Properties:
      Runtime: provided.al2023
      Handler: bootstrap
      Role: !GetAtt Role.Arn
      Code:
        S3Bucket: "${plldb:bucket}"
        S3Key: "${plldb:functions.goodbye.key}"
        S3ObjectVersion: "${plldb:functions.goodbye.version}"
Outputs:
  Version:
    Value: "${plldb:version}"
`

// operations prints what the cloud, or the trap, was asked for, one operation a line, or that it was asked for nothing.
func operations(ts *testscript.TestScript, neg, writes bool) {
	done := stageOf(ts).cloud.operations(writes)
	if neg && len(done) > 0 {
		ts.Fatalf("the cloud was asked for %v", done)
	}
	for _, op := range done {
		fmt.Fprintln(ts.Stdout(), op)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
