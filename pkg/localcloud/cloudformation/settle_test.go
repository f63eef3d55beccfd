package cloudformation_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
)

// A process that is killed has lost nothing: another goes on over the same folder.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	hand := clock.NewHand(noon)
	disk := func() *store.Store {
		s, err := store.Open(dir)
		return must(t, s, err)
	}
	c := openAt(t, disk(), hand)
	c.execute(c.propose("killed", "first", types.ChangeSetTypeCreate, two))
	c.pass(8 * time.Second)
	c.status("killed", types.StackStatusCreateInProgress)
	other := openAt(t, disk(), hand)
	other.things.made = 2
	hand.Turn(time.Hour) // nobody looks for an hour: the story is the same
	other.rests("killed", types.StackStatusCreateComplete)
	want := open(t)
	want.create("killed", two)
	if got, want := strings.Join(other.story("killed"), "\n"), strings.Join(want.story("killed"), "\n"); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}

// A resource that stalls holds up what needs it and nothing else, until it no longer does.
func TestStalls(t *testing.T) {
	c := open(t)
	c.faults.stall("CREATE Base", true)
	c.execute(c.propose("stalls", "first", types.ChangeSetTypeCreate, two))
	c.pass(5 * time.Minute)
	c.status("stalls", types.StackStatusCreateInProgress)
	c.faults.stall("CREATE Base", false)
	c.rests("stalls", types.StackStatusCreateComplete)
	story := strings.Join(c.story("stalls"), "\n")
	for _, want := range []string{
		"  15s Beside CREATE_COMPLETE", " 311s Base CREATE_COMPLETE", " 321s Top CREATE_COMPLETE",
	} {
		if !strings.Contains(story, want) {
			t.Errorf("no %q in\n%s", want, story)
		}
	}
}

func TestInjectedFailure(t *testing.T) {
	c := open(t)
	c.faults.fail("CREATE Top", "out of order")
	c.execute(c.propose("hurt", "first", types.ChangeSetTypeCreate, two))
	c.rests("hurt", types.StackStatusRollbackComplete)
	if story := strings.Join(c.story("hurt"), "\n"); !strings.Contains(story, "Top CREATE_FAILED: out of order") {
		t.Error(story)
	}
}

// At the clock's top speed everything is done by the next call.
func TestTopSpeed(t *testing.T) {
	c := openAt(t, store.Memory(), clock.Real(clock.Top))
	out, err := c.CreateChangeSet(c.ctx(), proposal("top", "first", types.ChangeSetTypeCreate, two))
	id := *must(t, out, err).Id
	c.execute(id)
	c.status("top", types.StackStatusCreateComplete)
	_, err = c.UpdateStack(c.ctx(), &cfn.UpdateStackInput{StackName: aws.String("top"), TemplateBody: aws.String(updated)})
	must(t, 0, err)
	st := c.status("top", types.StackStatusUpdateRollbackComplete)
	_, err = c.DeleteStack(c.ctx(), &cfn.DeleteStackInput{StackName: aws.String("top")})
	must(t, 0, err)
	c.status(*st.StackId, types.StackStatusDeleteComplete)
}

// Settling what is settled, or not due yet, writes nothing.
func TestSettlingWritesNothing(t *testing.T) {
	dir := t.TempDir()
	disk, err := store.Open(dir)
	c := openAt(t, must(t, disk, err), clock.NewHand(noon))
	c.execute(c.propose("quiet", "first", types.ChangeSetTypeCreate, two))
	c.pass(4 * time.Second)
	read := func() string {
		text, err := os.ReadFile(filepath.Join(dir, "state.db"))
		return string(must(t, text, err))
	}
	before := read()
	for range 3 {
		must(t, 0, c.service.Settle(c.ctx()))
	}
	if read() != before {
		t.Error("the state was written")
	}
	c.pass(time.Hour)
	if read() == before {
		t.Error("nothing is ever written")
	}
}

// Stacks are brought forward together, in the order of what is due.
func TestSideBySide(t *testing.T) {
	c := open(t)
	first := c.propose("first", "set", types.ChangeSetTypeCreate, two)
	second := c.propose("second", "set", types.ChangeSetTypeCreate, two)
	c.execute(first)
	c.hand.Turn(time.Second)
	c.execute(second)
	c.hand.Turn(time.Hour)
	c.status("first", types.StackStatusCreateComplete)
	c.status("second", types.StackStatusCreateComplete)
	want := "create Base create Beside create Base create Beside create Top create Top"
	if got := strings.Join(c.things.calls, " "); got != want {
		t.Errorf("%s", got)
	}
}
