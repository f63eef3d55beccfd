package drive_test

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/drive"
)

// The test binary stands in for plldb: told what to say, it says it and does nothing else.
func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv("SAY"); ok {
		interrupted := make(chan os.Signal, 1)
		if os.Getenv("SERVE") != "" {
			signal.Notify(interrupted, os.Interrupt) // before anything is said that leads to one
		}
		fmt.Print(text)
		fmt.Fprint(os.Stderr, "the story")
		if os.Getenv("SERVE") != "" {
			<-interrupted
			fmt.Println(`{"type":"outcome","status":"served"}`)
		}
		os.Exit(len(os.Getenv("FAIL")))
	}
	os.Exit(m.Run())
}

func plldb(t *testing.T, says string, settings ...string) drive.Plldb {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return drive.Plldb{Path: path, Env: os.Environ()}.With("SAY=" + says).With(settings...)
}

func TestRunReadsTheOutcome(t *testing.T) {
	const function = `{"name":"a","versionId":"v","sha256":"s","uploaded":true}`
	outcome, err := plldb(t, `{"type":"account","account":"1"}
{"type":"notice","text":"the bucket is young"}
{"type":"templateDiff","text":"+ line"}
{"type":"plan","what":"stack plldb: create","reason":"it is not there"}
{"type":"drift","logicalId":"L","status":"MODIFIED","properties":[{"path":"/P","kind":"REMOVE","expected":"1"}]}
{"type":"outcome","status":"created","stackId":"arn","functions":[`+function+`]}
`).Run(t.Context(), "bootstrap", "setup")
	if err != nil {
		t.Fatal(err)
	}
	if outcome.Status != "created" || outcome.StackID != "arn" || outcome.Account != "" {
		t.Errorf("the outcome is %+v", outcome)
	}
	want := []drive.Function{{Name: "a", VersionID: "v", SHA256: "s", Uploaded: true}}
	if !slices.Equal(outcome.Functions, want) {
		t.Errorf("the functions are %+v", outcome.Functions)
	}
	if want := []string{"the bucket is young"}; !slices.Equal(outcome.Remarks, want) {
		t.Errorf("the remarks are %q", outcome.Remarks)
	}
	if want := []string{"stack plldb: create"}; !slices.Equal(outcome.Plans, want) {
		t.Errorf("the plan is %q", outcome.Plans)
	}
	drift := fmt.Sprint(outcome.Drifts)
	if want := "[{L  MODIFIED [{/P REMOVE 1 }]}]"; drift != want {
		t.Errorf("the drift is %s, want %s", drift, want)
	}
}

func TestRunRefusesOtherOutput(t *testing.T) {
	for _, c := range []struct{ name, says, want string }{
		{"nothing", "", "no outcome"},
		{"no outcome", `{"type":"notice","text":"x"}`, "no outcome"},
		{"more after it", `{"type":"outcome"}` + "\n" + `{"type":"notice"}`, "after the outcome"},
		{"two on a line", `{"type":"notice"}{"type":"outcome"}`, "invalid character"},
		{"over two lines", "{\n" + `"type":"outcome"}`, "unexpected end"},
		{"without a type", `{}` + "\n" + `{"type":"outcome"}`, "no type"},
		{"no JSON", "hello", "invalid character"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := plldb(t, c.says).Run(t.Context(), "bootstrap")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestAFailedRunTellsItsStory(t *testing.T) {
	p := plldb(t, `{"type":"outcome","status":"failed"}`, "FAIL=xx")
	_, err := p.Run(t.Context(), "bootstrap")
	if err == nil || !strings.Contains(err.Error(), "the story") || !strings.Contains(err.Error(), "exit status 2") {
		t.Errorf("the error is %v", err)
	}
	if _, err := p.Time(t.Context(), "version"); err == nil || !strings.Contains(err.Error(), "the story") {
		t.Errorf("timed, the error is %v", err)
	}
}

func TestRunToWantsItsExitCode(t *testing.T) {
	const says = `{"type":"outcome","status":"failed","error":{"message":"no","hint":"yes","code":2}}`
	failing := plldb(t, says, "FAIL=xx")
	outcome, err := failing.RunTo(t.Context(), 2, "bootstrap")
	if want := (drive.Problem{Message: "no", Hint: "yes", Code: 2}); err != nil || outcome.Error != want {
		t.Errorf("got %+v, %v", outcome.Error, err)
	}
	for code, p := range map[int]drive.Plldb{3: failing, 2: plldb(t, says)} {
		if _, err := p.RunTo(t.Context(), code, "bootstrap"); err == nil {
			t.Errorf("another exit code than %d is no error", code)
		}
	}
}
