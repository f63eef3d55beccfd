package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/plldb/plldb/pkg/report"
)

// exits CODE COMMAND [ARGUMENT…] runs a command to its end and judges it.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [argument...]")
	}
	code := 0
	err := ts.Exec(args[1], args[2:]...)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	judge(ts, args[0], code, args[1:])
}

// left CODE [unsaid] judges the command that was signalled, after `wait`; unsaid, it had no time for last words.
func left(ts *testscript.TestScript, neg bool, args []string) {
	run := stageOf(ts).run
	if neg || len(args) == 0 || run == nil {
		ts.Fatalf("usage: left code [unsaid], after signal and wait")
	}
	code := run.ProcessState.ExitCode()
	if len(args) > 1 {
		if fmt.Sprint(code) != args[0] {
			ts.Fatalf("exit code %d, want %s", code, args[0])
		}
		return
	}
	judge(ts, args[0], code, run.Args)
}

// judge holds a run's streams to what is true of every run: the code, one error and a hint where it failed and only
// there, nothing of Go or the SDK on the screen, the answer alone on standard output.
func judge(ts *testscript.TestScript, want string, code int, args []string) {
	stdout, stderr := ts.ReadFile("stdout"), ts.ReadFile("stderr")
	if fmt.Sprint(code) != want {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
	if noise := insides.FindString(stdout + stderr); noise != "" {
		ts.Fatalf("the screen shows %q", noise)
	}
	ts.Check(storyFits(stderr, code))
	if isJSON(args) {
		ts.Check(linesFit(stdout, code))
	} else {
		ts.Check(answerFits(stdout, code))
	}
}

// insides finds what only those who write plldb should see: types and functions of Go, stack traces, the SDK's own
// words, and the credentials that serve sets.
var insides = regexp.MustCompile(`goroutine \d+|panic:|\.go:\d+ \+0x|%!|` +
	`\*?\b[a-z]+\.[A-Z][A-Za-z]*(Error|Exception)\b|strconv\.|` +
	`operation error|https response error|StatusCode|RequestID|kept-secret|AKIDEXAMPLE|Signature`)

func storyFits(stderr string, code int) error {
	stderr = colour.ReplaceAllString(stderr, "")
	problems := strings.Count("\n"+stderr, "\nerror: ")
	hint := strings.Index("\n"+stderr, "\nhint: ")
	switch {
	case wentWell(code) && problems+hint > -1:
		return errors.New("a run that went well tells of an error, or has a hint")
	case wentWell(code):
		return nil
	case problems != 1:
		return fmt.Errorf("%d errors are told, want one", problems)
	case hint < strings.Index("\n"+stderr, "\nerror: "):
		return errors.New("no hint follows the error")
	}
	return nil
}

// wentWell: that something differs is what diff was asked for.
func wentWell(code int) bool { return code == report.ExitDone || code == report.ExitDiffers }

var colour = regexp.MustCompile(`\x1b\[[0-9;]*m`)

// story finds lines that belong to the story.
var story = regexp.MustCompile(`(?m)^(account |error:|hint:|warning:|` +
	`(build|zip|upload|render|deploy|destroy|purge|watch|diff)( …|:)|drift …)`)

// answerFits: of what failed only the state of a stack is an answer.
func answerFits(stdout string, code int) error {
	if told := story.FindString(stdout); told != "" {
		return fmt.Errorf("standard output tells the story: %q", told)
	}
	if !wentWell(code) && code != report.ExitStack && stdout != "" {
		return errors.New("standard output has an answer, though the run failed")
	}
	return nil
}

func isJSON(args []string) bool {
	i := slices.Index(args, "--output")
	return slices.Contains(args, "--output=json") || i >= 0 && i+1 < len(args) && args[i+1] == "json"
}

// linesFit: one object a line, the last the outcome, its error the exit code.
func linesFit(stdout string, code int) error {
	var last struct {
		Type  string
		Error *struct {
			Message, Hint string
			Code          int
		}
	}
	schema, err := readSchema()
	if err != nil {
		return err
	}
	for line := range strings.Lines(stdout) {
		last.Type, last.Error = "", nil
		if err := errors.Join(json.Unmarshal([]byte(line), &last), schema.fits(line)); err != nil {
			return fmt.Errorf("%w: %s", err, line)
		}
	}
	switch {
	case last.Type != "outcome":
		return errors.New("the last line is no outcome")
	case wentWell(code) && last.Error != nil:
		return errors.New("a run that went well has an error in its outcome")
	case !wentWell(code) && (last.Error == nil || last.Error.Code != code || last.Error.Message == "" || last.Error.Hint == ""):
		return fmt.Errorf("the outcome of exit code %d has the error %+v", code, last.Error)
	}
	return nil
}

// outcome prints the last line of the last run's standard output, with line breaks, and words for what differs from
// run to run: the time, the endpoint, the stack's own id, and of each function the version and, where it is that of the
// object in the bucket, the digest.
func outcome(ts *testscript.TestScript, _ bool, _ []string) {
	lines := strings.Split(strings.TrimSpace(ts.ReadFile("stdout")), "\n")
	text := strings.ReplaceAll(lines[len(lines)-1], ts.Getenv("ENDPOINT"), "ENDPOINT")
	for _, found := range packageOf.FindAllStringSubmatch(text, -1) {
		key, version, sum := found[1], found[2], found[3]
		object, err := stageOf(ts).cloud.s3(testsKey).HeadObject(context.Background(), &s3.HeadObjectInput{
			Bucket: aws.String(bucket), Key: &key, VersionId: &version, ChecksumMode: types.ChecksumModeEnabled,
		})
		ts.Check(err)
		if aws.ToString(object.ChecksumSHA256) == sum {
			text = strings.Replace(text, found[0],
				`"key":"`+key+`","versionId":"of the object","sha256":"of the uploaded bytes"`, 1)
		}
	}
	text = duration.ReplaceAllString(text, `"durationMs":0`)
	text = stackNumber.ReplaceAllString(text, "${1}STACK")
	text = templateVersion.ReplaceAllString(text, "${1}VERSION")
	var indented strings.Builder
	enc := json.NewEncoder(&indented)
	enc.SetIndent("", "  ")
	ts.Check(enc.Encode(json.RawMessage(text)))
	fmt.Fprint(ts.Stdout(), indented.String())
}

var (
	duration        = regexp.MustCompile(`"durationMs":\d+`)
	packageOf       = regexp.MustCompile(`"key":"([^"]+)","versionId":"([^"]+)","sha256":"([^"]+)"`)
	stackNumber     = regexp.MustCompile(`(:stack/plldb/)[0-9a-f-]{36}`)
	templateVersion = regexp.MustCompile(`(template\.yaml\?versionId=)[^"]+`)
)
