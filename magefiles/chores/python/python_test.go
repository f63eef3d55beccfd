package python_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/plldb/plldb/magefiles/chores/python"
)

// The test binary stands in for the interpreter and its programs, so that these tests need no Python; that the real
// ones do what they are asked is conformance's to show.
func TestMain(m *testing.M) {
	act := os.Getenv("STAND_IN")
	if act == "" {
		os.Exit(m.Run())
	}
	switch program := filepath.Base(strings.Join(os.Args[1:min(len(os.Args), 2)], "")); {
	case act == "broken":
		fmt.Fprintln(os.Stderr, "No module named 'moto'")
		os.Exit(1)
	case program == "moto_server.py":
		fmt.Println(`{"port": 4711, "moto": "5.2.1"}`)
		_, _ = io.Copy(io.Discard, os.Stdin)
	case program == "reader.py":
		answer()
	case program == "-I":
		fmt.Println("18000000")
	}
	os.Exit(0)
}

// answer refuses what is asked of iam, dies of sts, and gives back every other question.
func answer() {
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		switch {
		case strings.Contains(lines.Text(), `"iam"`):
			fmt.Println(`{"code": "AccessDenied", "message": "no"}`)
		case strings.Contains(lines.Text(), `"sts"`):
			fmt.Fprintln(os.Stderr, "Traceback")
			os.Exit(1)
		default:
			fmt.Printf("{\"answer\": %s}\n", lines.Text())
		}
	}
}

// find puts the test binary on the PATH as python3.
func find(t *testing.T, act string) (*python.Python, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(self, filepath.Join(bin, "python3")); err != nil {
		t.Skip("no symbolic links here:", err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("STAND_IN", act)
	return python.Find(t.Context(), t.TempDir())
}

func found(t *testing.T) *python.Python {
	t.Helper()
	p, err := find(t, "well")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestWhatIsMissingIsSaidWithTheWayToGetIt(t *testing.T) {
	_, err := find(t, "broken")
	if err == nil || !strings.Contains(err.Error(), "pip install "+python.Needs) ||
		!strings.Contains(err.Error(), "No module named 'moto'") {
		t.Errorf("without moto the error is %v", err)
	}

	t.Setenv("PATH", t.TempDir())
	_, err = python.Find(t.Context(), t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "there is no python3") {
		t.Errorf("without Python the error is %v", err)
	}
}

func TestMotoIsThereUntilItIsStopped(t *testing.T) {
	moto, err := found(t).Moto(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if moto.URL != "http://localhost:4711" || moto.Version != "5.2.1" {
		t.Errorf("moto %s is at %s", moto.Version, moto.URL)
	}
	moto.Stop() // returns when the process has ended, which it does with its standard input
}

func TestMotoThatDoesNotStartSaysWhy(t *testing.T) {
	p := found(t)
	t.Setenv("STAND_IN", "broken")
	_, err := p.Moto(t.Context())
	if err == nil || !strings.Contains(err.Error(), "No module named 'moto'") {
		t.Errorf("the error is %v", err)
	}
}

func TestReaderAsksAndTellsRefusalsFromFailures(t *testing.T) {
	reader, err := found(t).Reader(t.Context(), "eu-west-1")
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Stop()

	asked, err := reader.Ask("s3", "list_buckets", python.Params{"MaxBuckets": 1})
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(asked); !strings.Contains(got, "params:map[MaxBuckets:1] region:eu-west-1 service:s3") {
		t.Errorf("the question was %s", got)
	}
	_, err = reader.Ask("iam", "get_role", nil)
	if refusal, ok := errors.AsType[*python.Refusal](err); !ok || refusal.Code != "AccessDenied" {
		t.Errorf("the refusal is %v", err)
	}
	_, err = reader.Ask("sts", "get_caller_identity", nil)
	if _, refused := errors.AsType[*python.Refusal](err); refused {
		t.Errorf("a reader that died looks like a refusal: %v", err)
	}
	if err == nil || !strings.Contains(err.Error(), "Traceback") {
		t.Errorf("the failure is %v", err)
	}
}

func TestMaxMemoryIsWhatTheProgramPrints(t *testing.T) {
	p := found(t)
	held, err := p.MaxMemory(t.Context(), t.TempDir(), append(os.Environ(), "STAND_IN=well"), "plldb", "version")
	if err != nil || held != 18000000 {
		t.Errorf("got %d bytes, %v", held, err)
	}
}
