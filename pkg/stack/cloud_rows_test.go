package stack_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/stack"
)

// pairs are the rows of the table that can follow one another in a run, of the same verb: what the row before comes to,
// and what somebody else may do meanwhile. Rows that are not named before a ">" end the run; a
// watch decides once.
func pairs(verb stack.Verb) map[string]bool {
	text := map[stack.Verb]string{
		stack.Setup: `
			absent > absent: the bucket was too young for the template
			absent > rolled back: the bucket was too young for a package
			absent > working: somebody else creates it
			empty > working: somebody else creates it from the change set that was left
			working > absent
			working > foreign: it was deleted, and another made
			working > empty: it was deleted, and another proposed
			working > working: it was deleted, and another is being created
			working > held
			working > newer
			working > protected
			working > rolled back
			working > half made, with a table
			working > half made
			working > never stable, with a table
			working > drops a table
			working > half-way
			working > stuck, by force
			working > stuck
			working > equal
			working > equal, rolled back
			working > differs
			rolled back > absent
			half made > absent
			half made > working: somebody else updates it
			half-way > absent: it was never stable
			half-way > differs
			half-way > equal, rolled back
			half-way > stuck
			half-way > stuck, by force
			half-way > working: somebody else updates it
			stuck > differs
			stuck > equal, rolled back
			stuck > working: somebody else goes on with it
			stuck, by force > differs
			stuck, by force > equal, rolled back
			stuck, by force > working: somebody else goes on with it
			equal, rolled back > working: somebody else updates it
			differs > absent: somebody else deleted it
			differs > differs: somebody else was faster, and it is over
			differs > equal: somebody else did the same
			differs > working: somebody else changes it`,
		stack.Destroy: `
			working > absent
			working > foreign: it was deleted, and another made
			working > empty: it was deleted, and another proposed
			working > protected
			working > working: it was deleted, and another is being created
			working > held, by force
			working > held
			working > there
			there > held, by force
			there > working: somebody else updates it`,
	}[verb]
	all := map[string]bool{}
	for line := range strings.Lines(text) {
		if pair, _, _ := strings.Cut(strings.TrimSpace(line), ":"); pair != "" {
			all[pair] = true
		}
	}
	return all
}

// undriven are the rows that the local cloud cannot bring about: it imports nothing. TestDecideTable has them.
func undriven(row string) bool { return row == "strange" }

// trail is what the walks have come by, by verb.
type trail struct {
	rows, pairs map[stack.Verb]map[string]bool
}

func newTrail() trail {
	t := trail{map[stack.Verb]map[string]bool{}, map[stack.Verb]map[string]bool{}}
	for _, verb := range []stack.Verb{stack.Setup, stack.Destroy, stack.Watch} {
		t.rows[verb], t.pairs[verb] = map[string]bool{}, map[string]bool{}
	}
	return t
}

func (l trail) add(verb stack.Verb, rows []string) {
	for i, row := range rows {
		l.rows[verb][row] = true
		if i > 0 {
			l.pairs[verb][rows[i-1]+" > "+row] = true
		}
	}
}

// check holds that every row of the verb was come by, every pair that can follow, and no other.
func (l trail) check(t *testing.T, verb stack.Verb) {
	t.Helper()
	for _, row := range stack.Rows(verb) {
		if l.rows[verb][row] == undriven(row) {
			t.Errorf("%s: the row %q was driven: %v", verb, row, l.rows[verb][row])
		}
	}
	want := slices.Sorted(maps.Keys(pairs(verb)))
	if got := slices.Sorted(maps.Keys(l.pairs[verb])); !slices.Equal(got, want) {
		t.Errorf("%s drove\n%s\nwant\n%s", verb, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// Each row of the table, and each pair that can follow, driven through the local cloud: none is missing, and no run took a
// way that is not listed.
func TestEveryRowAndPairInTheCloud(t *testing.T) {
	trail, taken, all := newTrail(), 0, 0
	for kind, walks := range map[string]map[string]walk{
		"setup": setupWalks(), "destroy": destroyWalks(), "faster": raceWalks(),
	} {
		all += len(walks)
		for name, k := range walks {
			inCloud(kind+", "+name, t, func(t *testing.T, c *cloud) {
				k.take(t, c)
				trail.add(k.verb(), c.rows)
				taken++
			})
		}
	}
	for verb, trips := range map[stack.Verb][]trip{stack.Setup: setupTrips(), stack.Destroy: destroyTrips()} {
		all += len(trips)
		for _, k := range trips {
			inCloud(fmt.Sprint(verb, ", ", k.path), t, func(t *testing.T, c *cloud) {
				k.take(t, c, verb)
				trail.add(verb, c.rows)
				taken++
			})
		}
	}
	if taken < all { // some were left out, or failed
		t.Logf("%d of %d walks taken: the pairs are not counted", taken, all)
		return
	}
	for _, verb := range []stack.Verb{stack.Setup, stack.Destroy} {
		trail.check(t, verb)
	}
}
