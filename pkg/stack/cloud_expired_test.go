package stack_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Credentials that expire while AWS works end a run with the way back, and say why; with new ones a watch tells the whole
// of it, and how it ended.
func TestCredentialsExpireInTheCloud(t *testing.T) {
	rollsBack := func(c *cloud) {
		complete(c)
		c.fails("UPDATE", "Table", "it is broken", 1)
		c.fails("UPDATE", "Group", "", 1)
		c.aws.Faults().Resource(localcloud.ResourceFault{LogicalID: "Group", Action: "UPDATE", Slow: 5 * time.Second})
	}
	watches := func(c *cloud) {
		complete(c)
		c.them.begin(types.ChangeSetTypeUpdate, second)
	}
	for name, k := range map[string]struct {
		prepare func(c *cloud)
		verb    string
		after   string // the call after which they expire
		later   time.Duration
		state   string
		end     report.Status
	}{
		"create":   {nothing, "setup", "ExecuteChangeSet", time.Second, "CREATE_IN_PROGRESS", report.Created},
		"update":   {complete, "setup", "ExecuteChangeSet", 300 * time.Millisecond, "UPDATE_IN_PROGRESS", report.Updated},
		"rollback": {rollsBack, "setup", "ExecuteChangeSet", 1500 * time.Millisecond, "UPDATE_ROLLBACK_IN_PROGRESS", report.RolledBack},
		"repair":   {mended, "setup", "ContinueUpdateRollback", 300 * time.Millisecond, "UPDATE_ROLLBACK_IN_PROGRESS", report.RolledBack},
		"delete":   {complete, "destroy", "DeleteStack", 300 * time.Millisecond, "DELETE_IN_PROGRESS", report.Deleted},
		"watch":    {watches, "watch", "DescribeStackEvents", 0, "UPDATE_IN_PROGRESS", report.Updated},
	} {
		inCloud(name, t, func(t *testing.T, c *cloud) {
			k.prepare(c)
			c.begin()
			lift := make(chan func(), 1)
			c.before[k.after] = func() {
				time.AfterFunc(k.later, func() {
					lift <- c.hurts(localcloud.Fault{
						Refuse: wire.Errorf(403, "ExpiredToken", "The security token included in the request is expired"),
					})
				})
			}
			res, err := c.run(k.verb)
			p := mustProblem(t, err, report.ExitRunning)
			mustStatus(t, res, report.Running)
			if p.Hint != "plldb bootstrap watch" || !strings.Contains(p.Message, "have expired, while the stack plldb goes on: it ") ||
				!strings.HasSuffix(p.Message, "("+k.state+")") {
				t.Errorf("problem %q, %q", p.Message, p.Hint)
			}
			(<-lift)()
			c.begin()
			res, err = c.run("watch")
			mustStatus(t, res, k.end)
			if (err != nil) != (k.end == report.RolledBack) {
				t.Error(err)
			}
		})
	}
}

// run is a setup, destroy or watch, begun by a look.
func (c *cloud) run(verb string) (stack.Result, error) {
	switch verb {
	case "setup":
		return c.deploy(second, stack.Consents{})
	case "destroy":
		return c.destroy(stack.Consents{})
	case "watch":
		return c.stack.Watch(c.t.Context())
	}
	panic(fmt.Sprint("no verb ", verb))
}
