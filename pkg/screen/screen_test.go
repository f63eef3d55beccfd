package screen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/screen"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestMain sets a time zone of its own: the story gives the time of stack events as the person's clock does.
func TestMain(m *testing.M) {
	time.Local = time.FixedZone("east", 2*60*60)
	os.Exit(m.Run())
}

// shown is what a scenario leaves on the two streams.
type shown struct{ out, err string }

func show(s scenario, o screen.Options) shown {
	var out, story bytes.Buffer
	o.Out, o.Err, o.Verbose, o.Answer = &out, &story, s.verbose, s.answer
	on := screen.New(o)
	defer on.Close()
	for _, e := range s.events {
		on.Tell(e)
	}
	return shown{out.String(), story.String()}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is now\n%s\nwant\n%s", file, got, want)
	}
}

func TestScreens(t *testing.T) {
	for _, s := range scenarios() {
		t.Run(s.name, func(t *testing.T) {
			text, lines := show(s, screen.Options{}), show(s, screen.Options{JSON: true})
			golden(t, s.name+".story", text.err)
			golden(t, s.name+".answer", text.out)
			golden(t, s.name+".json", lines.out)
			if lines.err != text.err {
				t.Errorf("with JSON the story is\n%s\nwant\n%s", lines.err, text.err)
			}
		})
	}
}

// The command that takes a run up again can be copied from the last line (exit code 5).
func TestLastLineOfARunThatAWSGoesOnWith(t *testing.T) {
	for _, s := range scenarios() {
		if s.name != "running" {
			continue
		}
		got := show(s, screen.Options{Color: true})
		if !strings.HasSuffix(got.err, "\nplldb bootstrap watch --region eu-west-1\n") || got.out != "" {
			t.Errorf("the story ends %q, the answer is %q", got.err, got.out)
		}
	}
}

// Exit code 3: the last line says the state that the stack is in.
func TestLastLineOfAFailedStack(t *testing.T) {
	for name, state := range map[string]string{"rolled-back": "UPDATE_ROLLBACK_COMPLETE", "stuck": "DELETE_FAILED"} {
		for _, s := range scenarios() {
			if s.name != name {
				continue
			}
			if got := show(s, screen.Options{}); !strings.HasSuffix(got.out, state+"\n") {
				t.Errorf("%s: the answer ends %q, want %s", name, got.out, state)
			}
		}
	}
}

func TestLastJSONLineIsTheOutcome(t *testing.T) {
	for _, s := range scenarios() {
		lines := strings.Split(strings.TrimSpace(show(s, screen.Options{JSON: true}).out), "\n")
		for i, line := range lines {
			var head struct{ Type string }
			if err := json.Unmarshal([]byte(line), &head); err != nil {
				t.Errorf("%s: %v: %s", s.name, err, line)
			}
			if last := i == len(lines)-1; last != (head.Type == "outcome") {
				t.Errorf("%s: line %d of %d is of type %s", s.name, i+1, len(lines), head.Type)
			}
		}
	}
}

// broken is a stream that cannot be written to, as a pipe whose reader has left.
type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

// A stream that cannot be written to stops neither the run nor the other stream.
func TestABrokenStreamEndsNothing(t *testing.T) {
	for _, asJSON := range []bool{false, true} {
		var story, answer bytes.Buffer
		first := screen.New(screen.Options{Out: broken{}, Err: &story, JSON: asJSON})
		other := screen.New(screen.Options{Out: &answer, Err: broken{}, JSON: asJSON})
		for _, e := range created() {
			first.Tell(e)
			other.Tell(e)
		}
		first.Close()
		other.Close()
		want := show(scenario{events: created()}, screen.Options{JSON: asJSON})
		if story.String() != want.err || answer.String() != want.out {
			t.Errorf("story %q, answer %q", story.String(), answer.String())
		}
	}
}

// Steps tell from many goroutines at once; each line stays whole.
func TestTellFromManyGoroutines(t *testing.T) {
	var out, story bytes.Buffer
	s := screen.New(screen.Options{Out: &out, Err: &story, JSON: true})
	s.Tell(report.StepStarted{Step: report.Upload})
	var all sync.WaitGroup
	const many = 50
	for range many {
		all.Go(func() { s.Tell(report.Sent{Key: zip, VersionID: "v1", Size: 4_200, Uploaded: true}) })
	}
	all.Wait()
	s.Close()
	line := "  " + zip + ", 4.2 kB, uploaded\n"
	if got := strings.Count(story.String(), line); got != many {
		t.Errorf("%d whole lines in the story, want %d", got, many)
	}
	object := `{"type":"object","key":"` + zip + `","versionId":"v1","size":4200,"uploaded":true}` + "\n"
	if got := strings.Count(out.String(), object); got != many {
		t.Errorf("%d whole JSON lines, want %d", got, many)
	}
}
