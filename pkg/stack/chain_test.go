package stack_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// The whole chain of a failure: what failed by itself, in order of time, what that stopped, what could not be undone, and
// the stack's own words. Of a single failure there is none.
func TestChain(t *testing.T) {
	const rolls = "plldb UPDATE_ROLLBACK_IN_PROGRESS The following resource(s) failed to update: [A, B]. "
	for name, c := range map[string]struct {
		events []string
		want   string
	}{
		"one failure":           {[]string{"A UPDATE_FAILED no", rolls}, ""},
		"the stack's own words": {[]string{rolls}, ""},
		"one failure, overcome": {[]string{"A DELETE_FAILED no", "A DELETE_COMPLETE", "B UPDATE_FAILED no", rolls}, ""},
		"all kinds": {
			[]string{
				"A UPDATE_FAILED no", "B UPDATE_FAILED Resource update cancelled", "Role UPDATE_FAILED Resource update cancelled",
				"Table UPDATE_FAILED nor this (Service: DynamoDb, Status Code: 400)", rolls,
				"A UPDATE_FAILED no way back", "A UPDATE_FAILED no way back",
				"plldb UPDATE_ROLLBACK_FAILED The following resource(s) failed to update: [A].",
			},
			`A (AWS::Lambda::Function) could not be updated: no
Table (AWS::DynamoDB::Table) could not be updated: nor this
cancelled because of it: B, Role
during the rollback: A (AWS::Lambda::Function) could not be updated: no way back
the stack plldb could not be updated, nor rolled back: The following resource(s) failed to update: [A]`,
		},
		"a stack without words": {
			[]string{"A UPDATE_FAILED", "B UPDATE_FAILED Resource update cancelled"},
			"A (AWS::Lambda::Function) could not be updated\ncancelled because of it: B",
		},
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("UPDATE_ROLLBACK_FAILED", func(st *fakeStack) { st.events = nil })
			w.happen(w.stacks[0], told("plldb UPDATE_IN_PROGRESS User Initiated"))
			for _, e := range c.events {
				w.happen(w.stacks[0], told(e))
			}
			w.happen(w.stacks[0], told("plldb UPDATE_ROLLBACK_FAILED"))
			_, err := w.open().Watch(t.Context())
			p := mustProblem(t, err, report.ExitStack)
			if got := strings.Join(p.Chain, "\n"); got != c.want || (p.Chain == nil) != (c.want == "") {
				t.Errorf("chain\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

// The local cloud's own failures make such a chain, too.
func TestChainInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		c.fails("CREATE", "Group1", "it is broken", 1)
		c.fails("DELETE", "Group0", "it is in use", 0)
		_, err := c.deploy(many(3, "7"), stack.Consents{})
		p := mustProblem(t, err, report.ExitStack)
		if len(p.Chain) < 3 || p.Chain[0] != "Group1 (AWS::Logs::LogGroup) could not be created: it is broken" ||
			!slices.Contains(p.Chain, "during the rollback: Group0 (AWS::Logs::LogGroup) could not be deleted: it is in use") ||
			!strings.HasPrefix(p.Chain[len(p.Chain)-1], "the stack plldb could not be created, nor rolled back: ") {
			t.Errorf("chain %s", strings.Join(p.Chain, "\n"))
		}
	})
}

// Whoever waits for somebody else says for whom, as far as the token of the operation tells.
func TestWhomARunWaitsFor(t *testing.T) {
	other := func(c *cloud) *stack.Stack { return stack.New(c.client(theirKey), "plldb", report.Discard{}, clock{}) }
	inCloud("another run", t, func(t *testing.T, c *cloud) {
		// The bubble's time begins at midnight.
		done := make(chan error, 1)
		time.AfterFunc(0, func() {
			_, err := other(c).Deploy(t.Context(), stack.Seen{Name: "plldb"}, c.wanted(first), stack.Consents{})
			done <- err
		})
		time.Sleep(2 * time.Second)
		c.deployed(first, report.Unchanged)
		c.says("notice: the stack plldb is being created, begun by another run of plldb at 00:00:0")
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	inCloud("somebody", t, func(t *testing.T, c *cloud) {
		going(c)
		c.deployed(first, report.Created)
		c.says("notice: the stack plldb is being deleted, begun at 00:0")
	})
	bubble("the console", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_IN_PROGRESS").showing(updates()...)
		token := "Console-ExecuteChangeSet-7f59c3cf-00d2-40c7-b2ff-e75db0987002"
		w.happen(w.stacks[0], told("plldb UPDATE_IN_PROGRESS User Initiated"))
		for i := range w.stacks[0].events {
			w.stacks[0].events[i].ClientRequestToken = &token
		}
		w.play("ExecuteChangeSet", updates())
		p := w.open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if line := p.story.lines()[0]; !strings.HasPrefix(line, "notice: the stack plldb is being updated, begun in the console at 09:00:00") {
			t.Errorf("story %q", p.story.lines())
		}
	})
}
