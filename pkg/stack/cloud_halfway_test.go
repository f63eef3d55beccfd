package stack_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// A run that has deleted or rolled back a stack, and cannot go on, says that it did: its error alone sounds as if nothing had
// been done.
func TestAFailureHalfWaySaysSo(t *testing.T) {
	denied := localcloud.Fault{
		Operation: "CreateChangeSet", Refuse: wire.Errorf(http.StatusForbidden, "AccessDenied", "User: x is not authorized"),
	}
	for name, k := range map[string]struct {
		start  func(*cloud)
		fault  localcloud.Fault
		action string
	}{
		"denied after a deletion": {rolledBack, denied, "DeleteStack"},
		"denied after a rollback": {mended, denied, "ContinueUpdateRollback"},
		"no look after a rollback": {
			mended, localcloud.Fault{Operation: "GetTemplate", After: 1, Drop: true}, "ContinueUpdateRollback",
		},
	} {
		inCloud(name, t, func(t *testing.T, c *cloud) {
			k.start(c)
			defer c.hurts(k.fault)()
			_, err := c.deploy(second, stack.Consents{})
			if !errors.Is(err, stack.ErrHalfWay) || !strings.HasPrefix(c.writes(), k.action) {
				t.Errorf("after %s: %v", c.writes(), err)
			}
		})
	}
	inCloud("refused after a rollback", t, func(t *testing.T, c *cloud) {
		mended(c)
		_, err := c.deploy(rekeyed, stack.Consents{})
		if p := mustProblem(t, err, report.ExitFailed); !strings.HasSuffix(p.Message, "; "+stack.ErrHalfWay.Error()) {
			t.Errorf("said %q", p.Message)
		}
	})
	inCloud("refused at once", t, func(t *testing.T, c *cloud) {
		complete(c)
		_, err := c.deploy(rekeyed, stack.Consents{})
		if p := mustProblem(t, err, report.ExitFailed); strings.Contains(p.Message, stack.ErrHalfWay.Error()) {
			t.Errorf("said %q", p.Message)
		}
	})
}

// Whether AWS has begun what it answers with a fault of its own is not known. Nothing is thrown away then.
func TestAFaultOfAWSLeavesDoubt(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		complete(c)
		lift := c.hurts(localcloud.Fault{
			Operation: "ExecuteChangeSet", Refuse: wire.Errorf(http.StatusInternalServerError, "InternalFailure", "sorry"),
		})
		_, err := c.deploy(second, stack.Consents{})
		p := mustProblem(t, err, report.ExitRunning)
		if !strings.HasPrefix(p.Message, "whether changing the stack plldb has begun is not known") ||
			strings.Contains(c.writes(), "DeleteChangeSet") {
			t.Errorf("said %q; wrote %s", p.Message, c.writes())
		}
		lift()
		c.deployed(second, report.Updated)
	})
}
