package child_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/child"
)

// The test binary is the program that is run.
func TestMain(m *testing.M) {
	switch os.Getenv("ACT") {
	case "fail":
		fmt.Fprint(os.Stderr, "why")
		os.Exit(3)
	case "find":
		fmt.Print("a finding")
		os.Exit(3)
	case "print":
		fmt.Print("answer")
		fmt.Fprint(os.Stderr, "story")
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func run(t *testing.T, act string) (string, error) {
	t.Helper()
	path, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := child.Command(t.Context(), path, "argument")
	cmd.Env = append(os.Environ(), "ACT="+act)
	out, err := child.Output(cmd)

	return string(out), err
}

func TestOutputIsTheAnswerAlone(t *testing.T) {
	if out, err := run(t, "print"); err != nil || out != "answer" {
		t.Errorf("got %q, %v", out, err)
	}
}

func TestAFailureSaysWhatRanAndWhy(t *testing.T) {
	for act, why := range map[string]string{"fail": "why", "find": "a finding"} {
		_, err := run(t, act)
		if err == nil || !strings.Contains(err.Error(), "argument: exit status 3\n"+why) {
			t.Errorf("%s: the error is %v", act, err)
		}
	}
}

func TestTailIsTheLastLines(t *testing.T) {
	for _, c := range []struct {
		text string
		want string
	}{{"", ""}, {"a\n", "a"}, {"a\nb\nc\n", "b\nc"}} {
		if got := child.Tail(c.text, 2); got != c.want {
			t.Errorf("of %q it gave %q, want %q", c.text, got, c.want)
		}
	}
}

func TestClosedHoldsNothingOfTheCallersAWS(t *testing.T) {
	t.Setenv("AWS_PROFILE", "the caller's")
	t.Setenv("AWS_SESSION_TOKEN", "secret")
	env, err := child.Closed(t.Context(), t.TempDir(), "AWS_REGION=eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range env {
		if strings.Contains(setting, "the caller's") || strings.Contains(setting, "secret") {
			t.Errorf("it holds %s", setting)
		}
	}
	for _, want := range []string{"AWS_REGION=eu-west-1", "PATH=" + os.Getenv("PATH")} {
		if !slices.Contains(env, want) {
			t.Errorf("it lacks %s", want)
		}
	}
	if !slices.ContainsFunc(env, func(s string) bool { return strings.HasPrefix(s, "GOMODCACHE=") }) {
		t.Error("it does not say where go keeps its modules")
	}
}

func TestWithoutTakesAwayByPrefix(t *testing.T) {
	t.Setenv("AWS_PROFILE", "the caller's")
	env := child.Without([]string{"AWS_"}, "AWS_REGION=eu-west-1")
	if slices.Contains(env, "AWS_PROFILE=the caller's") || !slices.Contains(env, "AWS_REGION=eu-west-1") {
		t.Errorf("the environment is %q", env)
	}
}
