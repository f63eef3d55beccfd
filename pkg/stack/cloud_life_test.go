package stack_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// Templates of real types. The table waits for the log group, so the group is always changed first.
const (
	group  = "  Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: 7}}\n"
	table  = "  Table: {Type: AWS::DynamoDB::Table, DependsOn: Group, Properties: {" + keys + "}}\n"
	keys   = billed + ", AttributeDefinitions: [{AttributeName: id, AttributeType: S}]"
	billed = "BillingMode: PAY_PER_REQUEST, KeySchema: [{AttributeName: id, KeyType: HASH}]"
	role   = "  Role: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Version: '2012-10-17', " +
		"Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: 'sts:AssumeRole'}]}}}\n"

	first  = "Resources:\n" + group + table
	simple = "Resources:\n" + group
)

var (
	// second changes both in place.
	second = strings.NewReplacer("RetentionInDays: 7", "RetentionInDays: 30",
		"PAY_PER_REQUEST", "PAY_PER_REQUEST, DeletionProtectionEnabled: true").Replace(first)
	// renamed replaces the group: the old one is removed by the cleanup.
	renamed = strings.Replace(first, "RetentionInDays: 7", "LogGroupName: named", 1)
	// rekeyed replaces the table.
	rekeyed = strings.ReplaceAll(first, "AttributeName: id", "AttributeName: key")
)

// A stack's whole life. Of all that happens the sink is told, once and in order.
func TestLifeOfAStack(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		made := c.deployed(first, report.Created)
		id := made.ID
		if now := c.look(); made.Template != first || made.Status != "CREATE_COMPLETE" || now.ID != id || !made.Exists {
			t.Errorf("made %+v, and it is %+v", made, now)
		}
		if seen := c.deployed(first, report.Unchanged); seen.Template != first || c.writes() != "" {
			t.Errorf("seen %q; wrote %s", seen.Template, c.writes())
		}
		c.deployed(first+"# a comment\n", report.Unchanged) // trap 20
		if sets := c.them.sets(); len(sets) != 0 {
			t.Errorf("change sets are left: %v", sets)
		}
		c.deployed(strings.Replace(first, "RetentionInDays: 7", "RetentionInDays: 30", 1), report.Updated)
		c.deployed(renamed, report.Updated) // trap 25
		c.status("UPDATE_COMPLETE")
		res, err := c.destroy(stack.Consents{})
		if err != nil || res.Status != report.Deleted || res.Seen.Status != "DELETE_COMPLETE" {
			t.Fatalf("%s, %v", res.Status, err)
		}
		c.checkStory(time.Time{}, id)
		for _, form := range c.calls[2:] { // trap 19
			if form.Get("Action") == "DescribeStacks" && form.Get("StackName") != id {
				t.Errorf("followed by %s", form.Get("StackName"))
			}
		}
		if c.look().Exists {
			t.Error("it is still there")
		}
	})
}

// What the cleanup could not delete is a warning, and what a policy keeps a notice: the update went well. A deletion
// that went well at the second try is neither.
func TestTrap22CleanupFailuresWarn(t *testing.T) {
	for times, want := range map[int]string{
		1: "",
		3: "warning: Group (AWS::Logs::LogGroup) could not be deleted: in use; it stays, and no longer belongs to the stack",
	} {
		inCloud(want, t, func(t *testing.T, c *cloud) {
			text := first + strings.Replace(role, "Properties", "DeletionPolicy: Retain, Properties", 1)
			c.deployed(text, report.Created)
			c.begin()
			c.fails("DELETE", "Group", "in use", times)
			c.deployed(renamed, report.Updated)
			c.says("notice: Role (AWS::IAM::Role) is kept: plldb-Role-")
			said := slices.DeleteFunc(c.story.lines(), func(l string) bool { return !strings.HasPrefix(l, "warning") })
			if got := strings.Join(said, "\n"); got != want {
				t.Errorf("said %q, want %q", got, want)
			}
		})
	}
}

// many is a template of so many log groups: more events than one page holds.
func many(n int, retention string) string {
	var b strings.Builder
	b.WriteString("Resources:\n")
	for i := range n {
		fmt.Fprintf(&b, "  Group%d: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: %s}}\n", i, retention)
	}
	return b.String()
}

// Both APIs tell the same story, over many pages, wherever the run has to change from one to the other (trap 36).
func TestTrap36BothAPIsTellTheSame(t *testing.T) {
	var want string
	for _, good := range []int{99, 0, 3} {
		inCloud(fmt.Sprint("after ", good, " calls"), t, func(t *testing.T, c *cloud) {
			c.hurts(localcloud.Fault{
				Operation: "DescribeEvents", After: good, Refuse: wire.Errorf(403, "AccessDenied", "not authorized"),
			})
			created := c.deployed(many(36, "7"), report.Created)
			c.fails("UPDATE", "Group33", "it is broken", 1)
			_, err := c.deploy(many(36, "30"), stack.Consents{})
			mustProblem(t, err, report.ExitStack)
			c.checkStory(time.Time{}, created.ID)
			if n := c.count("DescribeEvents"); n == 0 || (n > 1) != (good == 99) {
				t.Errorf("DescribeEvents was asked %d times", n)
			}
			if lines := eventLines(c.told()); want == "" {
				want = lines
			} else if lines != want {
				t.Errorf("another story:\n%s\nwant\n%s", lines, want)
			}
		})
	}
}

// Whatever is throttled, or takes effect without an answer, is done once, and its story is whole (traps 23, 24, 67).
func TestTrap24LostAnswers(t *testing.T) {
	for name, operations := range map[string][]string{
		"of writes": {"CreateChangeSet", "ExecuteChangeSet", "DeleteStack", "ContinueUpdateRollback"},
		"of reads":  {"DescribeChangeSet", "DescribeStacks", "DescribeStackEvents", "GetTemplate", "DescribeEvents"},
	} {
		inCloud(name, t, func(t *testing.T, c *cloud) {
			id := c.deployed(first, report.Created).ID
			c.stuck()()
			for _, operation := range operations {
				c.hurts(localcloud.Fault{Operation: operation, Times: 1, Lose: true})
				c.hurts(localcloud.Fault{
					Operation: operation, After: 1, Times: 1, Refuse: wire.Errorf(400, "Throttling", "Rate exceeded"),
				})
			}
			c.deployed(renamed, report.Updated)
			c.checkTokens()
			if _, err := c.destroy(stack.Consents{}); err != nil {
				t.Fatal(err)
			}
			c.checkTokens()
			c.checkStory(time.Time{}, id)
			executed := 0
			for _, e := range c.told() {
				if e.LogicalID == "plldb" && e.Status == "UPDATE_IN_PROGRESS" {
					executed++
				}
			}
			if executed != 2 {
				t.Errorf("%d updates were begun, want 2", executed)
			}
		})
	}
}

// checkTokens holds that each write has a token, the same at each attempt, and each intent one of its own. A change set
// is deleted without: there is none for that.
func (c *cloud) checkTokens() {
	c.t.Helper()
	used := map[string]string{}
	for _, form := range c.calls {
		action := form.Get("Action")
		if writesAmong([]string{action}) == "" || action == "DeleteChangeSet" {
			continue
		}
		token := cmp.Or(form.Get("ClientToken"), form.Get("ClientRequestToken"))
		if by, again := used[token]; token == "" || again && by != action {
			c.t.Errorf("%s has the token %q, which %q had", action, token, by)
		}
		used[token] = action
	}
	if len(used) > 3 {
		c.t.Errorf("another token for another attempt: %v", used)
	}
}

// stuck brings a stack that is complete into UPDATE_ROLLBACK_FAILED: the table cannot be changed, and the group not be
// changed back, until that is lifted.
func (c *cloud) stuck() (lift func()) {
	c.t.Helper()
	c.fails("UPDATE", "Group", "", 1)
	back := c.fails("UPDATE", "Group", "no way back", 0)
	forth := c.fails("UPDATE", "Table", "it is broken", 1)
	res, err := c.deploy(second, stack.Consents{})
	p := mustProblem(c.t, err, report.ExitStack)
	want := "could not be updated, nor rolled back: Table (AWS::DynamoDB::Table) could not be updated: it is broken"
	if !strings.HasSuffix(p.Message, want) {
		c.t.Errorf("message %q, want %s", p.Message, want)
	}
	mustStatus(c.t, res, report.Failed)
	c.status("UPDATE_ROLLBACK_FAILED")
	forth()
	return back
}

// Watching tells what goes on from its beginning, also when it joins in the middle, and the cause when it is over.
func TestWatchInTheCloud(t *testing.T) {
	trail := newTrail()
	inCloud("", t, func(t *testing.T, c *cloud) {
		watched := func(want report.Status) error {
			t.Helper()
			c.calls, c.rows = nil, nil
			res, err := c.stack.Watch(t.Context())
			trail.add(stack.Watch, c.rows)
			mustStatus(t, res, want)
			if c.writes() != "" {
				t.Errorf("watching wrote %s", c.writes())
			}
			return err
		}
		if err := watched(report.Absent); err != nil {
			t.Fatal(err)
		}
		set := c.them.propose(types.ChangeSetTypeCreate, first)
		if err := watched(report.Absent); err != nil { // trap 18
			t.Fatal(err)
		}
		c.them.execute(set, false)
		time.Sleep(time.Second)
		if err := watched(report.Created); err != nil {
			t.Fatal(err)
		}
		id := *c.status("CREATE_COMPLETE").StackId
		c.checkStory(time.Time{}, id)
		if err := watched(report.Unchanged); err != nil {
			t.Fatal(err)
		}

		c.begin()
		time.Sleep(time.Second)
		since := time.Now()
		c.fails("UPDATE", "Table", "it is broken", 1)
		c.them.begin(types.ChangeSetTypeUpdate, second)
		time.Sleep(500 * time.Millisecond)
		for range 2 { // while it goes on, and when all is over
			p := mustProblem(t, watched(report.RolledBack), report.ExitStack)
			want := "the stack plldb could not be updated and was rolled back: " +
				"Table (AWS::DynamoDB::Table) could not be updated: it is broken"
			if p.Message != want {
				t.Errorf("message %q", p.Message)
			}
		}
		c.checkStory(since, id)
	})
	if !t.Failed() {
		trail.check(t, stack.Watch)
	}
}
