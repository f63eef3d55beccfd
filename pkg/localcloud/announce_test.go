package localcloud_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/plldb/plldb/pkg/localcloud"
)

func announced(state string) localcloud.Options {
	return localcloud.Options{State: state, Announce: true}
}

func TestAStateHasOneServerThatOthersFind(t *testing.T) {
	leavesNothing(t)
	state := t.TempDir()
	if url, _, ok := localcloud.Serving(t.Context(), state); ok {
		t.Fatalf("found %s where nobody serves", url)
	}
	first, _ := serve(t, announced(state))
	url, pid, ok := localcloud.Serving(t.Context(), state)
	if !ok || url != first.URL || pid != os.Getpid() {
		t.Fatalf("found %q, %d, %v, not %s", url, pid, ok, first.URL)
	}
	_, err := localcloud.Serve(t.Context(), announced(state))
	already, is := errors.AsType[*localcloud.Already](err)
	if !is || already.URL != first.URL || !strings.Contains(err.Error(), state) {
		t.Errorf("a second one: %v", err)
	}
	serve(t, localcloud.Options{State: state}) // whoever does not announce itself is in nobody's way
	mustDo(t, first.Close())
	if _, _, ok := localcloud.Serving(t.Context(), state); ok {
		t.Error("found although it is closed")
	}
	second, _ := serve(t, announced(state))
	if url, _, _ := localcloud.Serving(t.Context(), state); url != second.URL {
		t.Errorf("found %s, not %s", url, second.URL)
	}
}

// What a killed server left in the folder counts for nothing, even if its address is another's by now.
func TestANoteOfTheDeadIsNotBelieved(t *testing.T) {
	leavesNothing(t)
	state := t.TempDir()
	other, _ := serve(t, announced(t.TempDir()))
	for _, note := range []string{
		`{"ID":"dead","URL":"` + other.URL + `","PID":1}`, `{"ID":"dead","URL":"http://127.0.0.1:1","PID":1}`,
		`{"ID":"","URL":"` + other.URL + `"}`, `{"ID":"x","URL":":"}`, `half a no`, ``,
	} {
		mustDo(t, os.WriteFile(filepath.Join(state, "serving.json"), []byte(note), 0o600))
		if url, _, ok := localcloud.Serving(t.Context(), state); ok {
			t.Errorf("%s: found %s", note, url)
		}
	}
	server, err := localcloud.Serve(t.Context(), announced(state))
	mustDo(t, err)
	mustDo(t, server.Close())
}

func TestOfServersThatBeginAtOnceOneServes(t *testing.T) {
	leavesNothing(t)
	state := t.TempDir()
	var serving atomic.Int32
	var wait, all sync.WaitGroup
	all.Add(8)
	for range 8 {
		wait.Go(func() {
			server, err := localcloud.Serve(t.Context(), announced(state))
			if _, already := errors.AsType[*localcloud.Already](err); err != nil && !already {
				t.Error(err)
			}
			all.Done()
			all.Wait()
			if err == nil {
				serving.Add(1)
				mustDo(t, server.Close())
			}
		})
	}
	wait.Wait()
	if n := serving.Load(); n != 1 {
		t.Errorf("%d serve", n)
	}
}

func TestACloudInMemoryCannotBeAnnounced(t *testing.T) {
	leavesNothing(t)
	if _, err := localcloud.Serve(t.Context(), announced("")); err == nil {
		t.Error("it was")
	}
}

// reset begins a server that forgets the state, and ends it.
func reset(t *testing.T, state string) error {
	t.Helper()
	o := announced(state)
	o.Reset = true
	server, err := localcloud.Serve(t.Context(), o)
	if err != nil {
		return err
	}
	return server.Close()
}

func TestResetForgetsTheStateAndNothingElse(t *testing.T) {
	leavesNothing(t)
	state := filepath.Join(t.TempDir(), "state")
	mustDo(t, reset(t, state)) // nothing is there
	server, _ := serve(t, announced(state))
	if _, is := errors.AsType[*localcloud.Already](reset(t, state)); !is {
		t.Error("forgot what is being served")
	}
	mustDo(t, server.Close())

	foreign := filepath.Join(state, "thesis.txt")
	mustDo(t, os.WriteFile(foreign, nil, 0o600))
	if err := reset(t, state); err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Errorf("with something foreign in it: %v", err)
	}
	if _, err := os.Stat(filepath.Join(state, "state.db")); err != nil {
		t.Errorf("and it removed %v", err)
	}
	mustDo(t, os.Remove(foreign))
	key, err := localcloud.Key(state)
	mustDo(t, err)
	ours := []string{"blobs/left", "functions/left", "serving.json-left", ".state-left", "key-left"}
	for _, name := range ours {
		path := filepath.Join(state, name)
		mustDo(t, os.MkdirAll(filepath.Dir(path), 0o700))
		mustDo(t, os.WriteFile(path, nil, 0o600))
	}
	mustDo(t, reset(t, state))
	for _, name := range ours {
		if _, err := os.Stat(filepath.Join(state, name)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", name, err)
		}
	}
	if again, err := localcloud.Key(state); err != nil || again != key {
		t.Errorf("the key was %s, and is %s, %v", key, again, err)
	}
}

// A server that is suspended, or busy for seconds, does not answer. The folder is still its own.
func TestAServerThatDoesNotAnswerHasItsFolder(t *testing.T) {
	leavesNothing(t)
	state := t.TempDir()
	first, cfg := serve(t, announced(state))
	fill(t, cfg)
	note := filepath.Join(state, "serving.json")
	for _, text := range []string{"", `{"ID":"asleep","URL":"http://127.0.0.1:1","PID":7}`} {
		mustDo(t, os.WriteFile(note, []byte(text), 0o600))
		_, err := localcloud.Serve(t.Context(), announced(state))
		if already, is := errors.AsType[*localcloud.Already](err); !is || (already.PID == 7) != (text != "") {
			t.Errorf("beside it: %v", err)
		}
		if _, is := errors.AsType[*localcloud.Already](reset(t, state)); !is {
			t.Error("its state was forgotten")
		}
	}
	if got := status(t, cfg); got != "CREATE_IN_PROGRESS" {
		t.Errorf("the stack is %s", got)
	}
	mustDo(t, first.Close())
}

func TestServeForgetsTheStateOnceItListens(t *testing.T) {
	leavesNothing(t)
	state := t.TempDir()
	first, cfg := serve(t, announced(state))
	fill(t, cfg)
	mustDo(t, first.Close())
	stays := func(why string) {
		t.Helper()
		again, cfg := serve(t, localcloud.Options{State: state})
		if got := status(t, cfg); got == "" {
			t.Errorf("%s: the stack is gone", why)
		}
		mustDo(t, again.Close())
	}

	taken, _ := serve(t, localcloud.Options{})
	o := announced(state)
	o.Reset, o.Addr = true, strings.TrimPrefix(taken.URL, "http://")
	if _, err := localcloud.Serve(t.Context(), o); err == nil {
		t.Fatal("it listens where another does")
	}
	stays("the port was taken")

	o.Addr = ""
	foreign := filepath.Join(state, "thesis.txt")
	mustDo(t, os.WriteFile(foreign, nil, 0o600))
	if _, err := localcloud.Serve(t.Context(), o); err == nil || !strings.Contains(err.Error(), "thesis.txt") {
		t.Fatalf("with something foreign: %v", err)
	}
	stays("something foreign was there")

	mustDo(t, os.Remove(foreign))
	_, cfg = serve(t, o)
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err != nil || len(out.Stacks) != 0 {
		t.Errorf("left are %v, %v", out, err)
	}
}
