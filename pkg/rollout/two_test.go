package rollout_test

import (
	"slices"
	"testing"

	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/rollout"
)

// Two first setups at once find the same empty account. Both end well, whatever the order; the stack is wholly the one's or
// wholly the other's; and whoever comes next with the same code has nothing to update.
func TestTwoSetupsAtOnce(t *testing.T) {
	t.Parallel()
	other := tree(t)
	for _, name := range names {
		program(t, other, name, "other code of "+name)
	}
	for _, k := range []struct{ name, second string }{{"of the same code", untouched}, {"of different code", other}} {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			c := newSlowCloud(t)
			runs := []*rollout.Run{
				packedRun(t, c, rollout.Settings{Dir: untouched}), packedRun(t, c, rollout.Settings{Dir: k.second}),
			}
			ends := make(chan report.Outcome)
			for _, r := range runs {
				_, err := r.Plan(t.Context())
				mustDo(t, err)
				go func() {
					_, err := r.Deploy(t.Context())
					ends <- r.Outcome(t.Context(), rollout.Setup, err)
				}()
			}
			outcomes := []report.Outcome{<-ends, <-ends}
			last := c.deployed(t, outcomes)
			next := setup(t, c, rollout.Settings{Dir: untouched})
			want := report.Updated
			if slices.Equal(last, digests(next)) {
				want = report.Unchanged
			}
			wantStatus(t, next, want)
			before := len(c.writes())
			wantStatus(t, setup(t, c, rollout.Settings{Dir: untouched}), report.Unchanged)
			if wrote := c.writes()[before:]; len(wrote) > 0 {
				t.Errorf("with nothing to do it wrote %v", wrote)
			}
		})
	}
}

// deployed holds that each run went well and that the functions run the code of one of them, and returns that.
func (c *cloud) deployed(t *testing.T, outcomes []report.Outcome) []string {
	t.Helper()
	code := c.code(t)
	for _, o := range outcomes {
		if o.Problem != nil {
			t.Errorf("status %s: %+v", o.Status, o.Problem)
		}
	}
	if !slices.ContainsFunc(outcomes, func(o report.Outcome) bool { return slices.Equal(digests(o), code) }) {
		t.Errorf("the functions run %v, which is neither's", code)
	}
	return code
}

func digests(o report.Outcome) []string {
	var list []string
	for _, f := range o.Functions {
		list = append(list, f.Digest)
	}
	slices.Sort(list)
	return list
}
