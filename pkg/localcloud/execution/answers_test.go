package execution_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/execution"
)

// lambdaError is how Lambda tells of an error.
func lambdaError(kind, message string) string {
	return fmt.Sprintf(`{"errorType":"%s","errorMessage":"%s"}`, kind, message)
}

func TestWhatBecomesOfAnEvent(t *testing.T) {
	p, _ := linked(t, execution.Config{})
	cases := map[string]struct {
		function, payload string
		failed            bool
	}{
		"done": {"lambda", `"done"`, false},
		"fail": {"lambda", `{"errorMessage":"it failed","errorType":"errorString"}`, true},
		"exit": {"lambda", lambdaError("Runtime.ExitError", "RequestId: id-exit Error: "+
			"Runtime exited without providing a reason"), true},
		"kill": {"lambda", lambdaError("Runtime.ExitError", "RequestId: id-kill Error: "+
			"Runtime exited with error: signal: killed"), true},
		"garbage": {"garbage", `not JSON`, false},
		"typed error": {"typed error", lambdaError("Function.Odd", "RequestId: id-typed error Error: "+
			"Unknown application error occurred"), true},
		"twice":    {"twice", `1`, false},
		"others":   {"others", `"right"`, false},
		"streams":  {"streams", `"a stream"`, false},
		"odd mode": {"odd mode", lambdaError("Runtime.InvalidResponseModeHeader", "Invalid function response mode"), true},
		"exit in init": {"exit in init", lambdaError("Runtime.ExitError", "RequestId: id-exit in init Error: "+
			"Runtime exited with error: exit status 3"), true},
		"init error": {"init error", lambdaError("Function.NoLuck", "no luck"), true},
	}
	for name, test := range cases {
		t.Run(name, func(t *testing.T) {
			a := invoke(t, p, does(test.function), do(name, 0))
			if string(a.Payload) != test.payload || (a.Failed == "Unhandled") != test.failed {
				t.Errorf("got %.300s, failed %q\n%s", a.Payload, a.Failed, a.Log)
			}
		})
	}
	if a := invoke(t, p, does("lambda"), do("exit", 1)); !strings.HasSuffix(string(a.Payload), `error: exit status 1"}`) {
		t.Errorf("exit 1: %s", a.Payload)
	}
	if a := invoke(t, p, does("lambda"), do("panic", 0)); !strings.Contains(string(a.Payload), `"oh"`) || a.Failed == "" {
		t.Errorf("panic: %.200s", a.Payload)
	}
	if a := invoke(t, p, does("lambda"), do("done", 0)); string(a.Payload) != `"done"` {
		t.Errorf("after a crash: %s", a.Payload)
	}
}

func TestLargeAnswers(t *testing.T) {
	p, _ := linked(t, execution.Config{})
	large := `"` + strings.Repeat("x", 6291556-2) + `"`
	if a := invoke(t, p, does("lambda"), do("large", len(large)-2)); string(a.Payload) != large || a.Failed != "" {
		t.Errorf("as large as may be: %.200s", a.Payload)
	}
	a := invoke(t, p, does("lambda"), do("large", len(large)-1))
	want := lambdaError("Function.ResponseSizeTooLarge",
		"Response payload size exceeded maximum allowed payload size (6291556 bytes).")
	if string(a.Payload) != want || a.Failed != "Unhandled" {
		t.Errorf("a byte too large: %.200s", a.Payload)
	}
}

func TestRefusalsOfTheRuntimeAPI(t *testing.T) {
	p, _ := linked(t, execution.Config{})
	got := string(invoke(t, p, does("twice"), do("x", 0)).Log)
	for _, want := range []string{
		`403 {"errorType":"InvalidStateTransition","errorMessage":"State transition from ResponseSent to ` +
			`InvocationResponse failed for runtime. Error: State transition is not allowed"}`,
		`from ResponseSent to InvocationErrorResponse failed`, `from Running to InitError failed`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("answering twice: no %s in\n%s", want, got)
		}
	}
	got = string(invoke(t, p, does("others"), do("x", 0)).Log)
	for _, want := range []string{
		`400 {"errorType":"InvalidRequestID","errorMessage":"Invalid request ID"}`, "404 ", "again true",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("answering another event: no %s in\n%s", want, got)
		}
	}
	if log := string(invoke(t, p, does("streams"), do("x", 0)).Log); !strings.Contains(log, `202 {"status":"OK"}`) {
		t.Errorf("a stream: %s", log)
	}
	odd := `400 {"errorType":"InvalidFunctionResponseMode"`
	if log := string(invoke(t, p, does("odd mode"), do("x", 0)).Log); !strings.Contains(log, odd) {
		t.Errorf("an odd mode: %s", log)
	}
}

func TestPagesAreRefusedByTheRuntimeAPI(t *testing.T) {
	p, _ := linked(t, execution.Config{})
	a := invoke(t, p, does("as a page"), do("x", 0))
	log := string(a.Log)
	if n := strings.Count(log, "asked: "); n != 5 || strings.Count(log, " 403 ") != n || string(a.Payload) != `"its own"` {
		t.Errorf("answered %s\n%s", a.Payload, log)
	}
}

// between tells whether a header's only value is a moment in milliseconds between two others.
func between(header []string, first, last time.Time) bool {
	at, err := strconv.ParseInt(strings.Join(header, ","), 10, 64)
	return err == nil && at >= first.UnixMilli() && at <= last.UnixMilli()
}

func TestHeadersOfAnEvent(t *testing.T) {
	turned := hand()
	p, _ := linked(t, execution.Config{Clock: turned})
	f := does("headers")
	e := execution.Event{RequestID: "1", Payload: []byte("{}"), TraceID: "Root=1", ClientContext: `{"a":1}`}
	before := time.Now()
	a := invoke(t, p, f, e)
	var got map[string][]string
	if err := json.Unmarshal(a.Payload, &got); err != nil {
		t.Fatal(err)
	}
	if !between(got["Lambda-Runtime-Deadline-Ms"], before.Add(time.Minute), time.Now().Add(time.Minute)) {
		t.Errorf("by the machine's clock the deadline is %v", got)
	}
	delete(got, "Lambda-Runtime-Deadline-Ms")
	want := map[string]string{
		"Content-Type": "application/json", "Content-Length": "2", "Lambda-Runtime-Aws-Request-Id": "1",
		"Lambda-Runtime-Invoked-Function-Arn": f.ARN, "Lambda-Runtime-Trace-Id": "Root=1",
		"Lambda-Runtime-Client-Context": `{"a":1}`,
	}
	if len(got) != len(want) {
		t.Errorf("got %v", got)
	}
	for name, value := range want {
		if !slices.Equal(got[name], []string{value}) {
			t.Errorf("%s is %v, not %s", name, got[name], value)
		}
	}
}

func TestEnvironmentIsExact(t *testing.T) {
	t.Setenv("PLLDB_SECRET", "leaks")
	p, b := linked(t, execution.Config{})
	f := does("lambda")
	f.Environment = map[string]string{"AWS_REGION": "eu-west-1", "MINE": "a=b", "TZ": "Mars", "PATH": "/mine"}
	var got []string
	if err := json.Unmarshal(invoke(t, p, f, do("environment", 0)).Payload, &got); err != nil {
		t.Fatal(err)
	}
	var folder string
	if err := json.Unmarshal(invoke(t, p, f, do("folder", 0)).Payload, &folder); err != nil {
		t.Fatal(err)
	}
	var stream string
	for stream = range b.all() {
		if !regexp.MustCompile(`^\d{4}/\d\d/\d\d/\[\$LATEST\][0-9a-f]{32}$`).MatchString(stream) {
			t.Errorf("the stream is %s", stream)
		}
	}
	slices.Sort(got)
	text := regexp.MustCompile(`127\.0\.0\.1:\d+`).ReplaceAllString(strings.Join(got, "\n"), "ADDRESS")
	want := strings.Join([]string{
		"AWS_LAMBDA_LOG_STREAM_NAME=" + stream, "AWS_LAMBDA_RUNTIME_API=ADDRESS", "AWS_REGION=eu-west-1",
		"LAMBDA_TASK_ROOT=" + folder, "LANG=en_US.UTF-8", "MINE=a=b", "PATH=/mine", "TZ=:UTC",
		"_HANDLER=bootstrap", "_X_AMZN_TRACE_ID=",
	}, "\n")
	if text != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

func TestTimeout(t *testing.T) {
	for name, function := range map[string]string{
		"in an event": "lambda", "ignoring signals": "ignores SIGTERM", "after its answer": "after",
	} {
		t.Run(name, func(t *testing.T) {
			p, b := linked(t, execution.Config{})
			f := does(function)
			f.Timeout = 500 * time.Millisecond
			a := invoke(t, p, f, do("hang", 0))
			want := lambdaError("Sandbox.Timedout", "RequestId: id-hang Error: Task timed out after 0.50 seconds")
			if function == "after" {
				want = `"early"`
			}
			if string(a.Payload) != want {
				t.Errorf("got %s", a.Payload)
			}
			log := regexp.MustCompile(`(?s)^START RequestId: id-hang Version: \$LATEST\n` +
				`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z id-hang Task timed out after 0\.50 seconds\nEND RequestId: id-hang\n` +
				`REPORT RequestId: id-hang\tDuration: .* ms\tBilled Duration: \d+ ms\tMemory Size: 128 MB\t` +
				`(Max Memory Used: \d+ MB\t)?` +
				`Init Duration: .* ms\tStatus: timeout$`)
			if !log.MatchString(b.text()) {
				t.Errorf("logged\n%s", b.text())
			}
			if string(a.Log) != b.text()+"\n" {
				t.Errorf("the tail is %q", a.Log)
			}
		})
	}
}

func TestStartThatHangsIsRetriedInTheEventsTime(t *testing.T) {
	turned := hand()
	started := make(chan string, 10)
	p, _ := linked(t, execution.Config{Clock: turned, Log: func(_ execution.Function, _ string, _ time.Time, text string) {
		started <- text
	}})
	answer := make(chan execution.Answer, 1)
	go func() {
		a, _ := p.Invoke(t.Context(), does("never asks"), do("x", 0))
		answer <- a
	}()
	turnUntil(t, turned, 2*time.Second, func() bool { return len(started) > 0 })
	first := regexp.MustCompile(`^INIT_REPORT Init Duration: \d+\.00 ms\tPhase: init\tStatus: timeout$`)
	if got := <-started; !first.MatchString(got) {
		t.Errorf("first %q", got)
	}
	turnUntil(t, turned, 20*time.Second, func() bool { return len(started) > 4 })
	got := <-answer
	if !strings.Contains(string(got.Payload), "Task timed out after 60.00 seconds") {
		t.Errorf("got %s", got.Payload)
	}
	if second := <-started; !strings.Contains(second, "Phase: invoke\tStatus: timeout") {
		t.Errorf("second %q", second)
	}
}

func TestEntrypoints(t *testing.T) {
	codes := map[string][]byte{
		"none":       zipped(t, map[string]string{"other": "x"}),
		"a picture":  zipped(t, map[string]string{"bootstrap": "\x89PNG"}),
		"outside":    zipped(t, map[string]string{"../bootstrap": "x"}),
		"no archive": []byte("hello"),
	}
	p := execution.New(execution.Config{Dir: t.TempDir(), Code: code(codes)})
	defer p.Close()
	a := invoke(t, p, does("none"), do("x", 0))
	want := lambdaError("Runtime.InvalidEntrypoint", "RequestId: id-x Error: "+
		"Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]")
	report := "Status: error\tError Type: Runtime.InvalidEntrypoint"
	if string(a.Payload) != want || !strings.Contains(string(a.Log), report) {
		t.Errorf("got %s\n%s", a.Payload, a.Log)
	}
	a = invoke(t, p, does("a picture"), do("x", 0))
	if !strings.HasSuffix(string(a.Payload), `: fork/exec /var/task/bootstrap: exec format error"}`) || a.Failed == "" {
		t.Errorf("got %s", a.Payload)
	}
	for _, name := range []string{"outside", "no archive", "unknown"} {
		_, err := p.Invoke(t.Context(), does(name), do("x", 0))
		if err == nil || !strings.Contains(err.Error(), "unpacking the code of "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
