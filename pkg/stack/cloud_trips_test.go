package stack_test

import (
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

// trip is a run by the rows of the table that it comes by, and how it ends.
type trip struct {
	path     string // "working > rolled back > absent"
	prepare  func(c *cloud)
	text     string // of a setup
	consents stack.Consents
	status   report.Status
	code     int
}

// losingText marks the text of a setup that is known to lose a table before there is a change set.
const losingText = "# loses a table\n"

func (k trip) take(t *testing.T, c *cloud, verb stack.Verb) {
	t.Helper()
	k.prepare(c)
	c.begin()
	var res stack.Result
	var err error
	if verb == stack.Destroy {
		res, err = c.destroy(k.consents)
	} else {
		want := c.wanted(k.text)
		want.JustVersioned = true
		if strings.HasSuffix(k.text, losingText) {
			want.Lost = func(string) []string { return []string{"Table"} }
		}
		res, err = c.stack.Deploy(t.Context(), c.look(), want, k.consents)
	}
	if got := strings.Join(c.rows, " > "); got != k.path {
		t.Errorf("came by %s, want %s; %v\n%s", got, k.path, err, strings.Join(c.story.lines(), "\n"))
	}
	if k.code != 0 {
		mustProblem(t, err, k.code)
	} else if err != nil {
		t.Error(err)
	}
	mustStatus(t, res, k.status)
}

var (
	unstable        = first + roleAfter("Table")
	unstableAlone   = simple + roleAfter("Group")
	unstableChanged = strings.Replace(unstable, "RetentionInDays: 7", "RetentionInDays: 30", 1)
	aloneChanged    = strings.Replace(unstableAlone, "RetentionInDays: 7", "RetentionInDays: 30", 1)
	newerText       = first + "Outputs: {Version: {Value: '9.0.0'}}\n"
)

// works begins an operation of somebody else on what was prepared, and does not wait for it.
func works(prepare func(c *cloud), kind types.ChangeSetType, text string) func(c *cloud) {
	return func(c *cloud) {
		prepare(c)
		c.them.begin(kind, text)
	}
}

// stalls is works without rollback: it will stand half-way.
func stalls(prepare func(c *cloud), kind types.ChangeSetType, text string) func(c *cloud) {
	return func(c *cloud) {
		prepare(c)
		c.them.execute(c.them.propose(kind, text), true)
	}
}

// failing lets work on a resource fail so many times.
func failing(prepare func(c *cloud), action, logicalID string, times int) func(c *cloud) {
	return func(c *cloud) {
		prepare(c)
		c.fails(action, logicalID, "it is broken", times)
	}
}

// sticking lets the next update fail, and its rollback too, until the run's own call.
func sticking(until string) func(c *cloud) {
	return func(c *cloud) {
		complete(c)
		c.fails("UPDATE", "Group", "", 1)
		c.before[until] = c.fails("UPDATE", "Group", "no way back", 0)
		c.fails("UPDATE", "Table", "it is broken", 1)
	}
}

// going is a stack that somebody else deletes.
func going(c *cloud) {
	complete(c)
	c.them.delete()
}

// meanwhile lets something happen while the run reads what goes on.
func meanwhile(prepare, do func(c *cloud)) func(c *cloud) {
	return func(c *cloud) {
		prepare(c)
		c.before["DescribeStackEvents"] = func() { do(c) }
	}
}

// faster lets something happen before the run's own write.
func faster(prepare func(c *cloud), operation string, do func(c *cloud)) func(c *cloud) {
	return func(c *cloud) {
		prepare(c)
		c.before[operation] = func() { do(c) }
	}
}

// gone waits until the stack is deleted, and then does more.
func gone(do func(c *cloud)) func(c *cloud) {
	return func(c *cloud) {
		time.Sleep(time.Minute)
		do(c)
	}
}

func protect(c *cloud) { c.them.protect() }

// creating and updating begin a change of somebody else, whose end nobody waits for.
func creating(text string) func(c *cloud) {
	return func(c *cloud) { c.them.begin(types.ChangeSetTypeCreate, text) }
}

func updating(text string) func(c *cloud) {
	return func(c *cloud) { c.them.begin(types.ChangeSetTypeUpdate, text) }
}

func setupTrips() []trip {
	const create, change = types.ChangeSetTypeCreate, types.ChangeSetTypeUpdate
	none, forced := stack.Consents{}, stack.Consents{ForceRollback: true}
	stack3, failed := report.ExitStack, report.ExitFailed
	trips := []trip{
		{"working > held", func(c *cloud) {
			failing(complete, "DELETE", "Group", 0)(c)
			c.them.delete()
		}, first, none, report.Failed, stack3},
		{
			"working > rolled back > absent", works(failing(nothing, "CREATE", "Table", 1), create, first), first, none,
			report.Created, 0,
		},
		{
			"working > half made, with a table", stalls(failing(nothing, "CREATE", "Role", 1), create, unstable), unstable, none,
			report.Failed, failed,
		},
		{
			"working > half made > absent", stalls(failing(nothing, "CREATE", "Role", 1), create, unstableAlone), unstableAlone,
			none, report.Created, 0,
		},
		{"working > never stable, with a table", stalls(failing(createFailed("Role", unstable), "UPDATE", "Group", 1), change,
			unstableChanged), unstable, none, report.Failed, failed},
		{"working > half-way > absent", stalls(failing(createFailed("Role", unstableAlone), "UPDATE", "Group", 1), change,
			aloneChanged), unstableAlone, none, report.Created, 0},
		{
			"working > half-way > differs", stalls(failing(complete, "UPDATE", "Table", 1), change, second), second, none,
			report.Updated, 0,
		},
		{"working > stuck > differs", works(sticking("ContinueUpdateRollback"), change, second), second, none, report.Updated, 0},
		{
			"working > stuck, by force > differs", works(sticking("CreateChangeSet"), change, second), rekeyed,
			stack.Consents{ForceRollback: true, AllowDataLoss: true},
			report.Updated, 0,
		},
		{
			"half-way > stuck, by force > differs", failing(updateFailed, "UPDATE", "Group", 1), rekeyed,
			stack.Consents{ForceRollback: true, AllowDataLoss: true},
			report.Updated, 0,
		},
		{"working > drops a table", works(complete, change, renamed), first + losingText, none, report.Failed, failed},
		{"drops a table", complete, first + losingText, none, report.Failed, failed},
		{"working > newer", works(complete, change, newerText), first, none, report.Failed, failed},
		{"newer", func(c *cloud) { c.deployed(newerText, report.Created) }, first, none, report.Failed, failed},
		{
			"working > protected", meanwhile(works(failing(nothing, "CREATE", "Table", 1), create, first), protect), first, none,
			report.Failed, failed,
		},
		{"protected", func(c *cloud) { rolledBack(c); protect(c) }, first, none, report.Failed, failed},
		{"working > foreign", meanwhile(going, gone(theirs)), first, none, report.Failed, failed},
		{"working > empty", meanwhile(going, gone(reviewed)), first, none, report.Created, 0},
		{"working > working > equal", meanwhile(going, gone(creating(first))), first, none, report.Unchanged, 0},
		{"empty > working > equal", func(c *cloud) {
			set := c.them.propose(create, first)
			c.before["CreateChangeSet"] = func() { c.them.execute(set, false) }
		}, first, none, report.Unchanged, 0},
		{
			"half made > working > equal", faster(createFailed("Role", unstableAlone), "DeleteStack", updating(aloneChanged)),
			aloneChanged, none, report.Unchanged, 0,
		},
		{"half-way > working > equal", faster(updateFailed, "RollbackStack", updating(second)), second, none, report.Unchanged, 0},
		{
			"stuck, by force > working > differs", faster(mended, "ContinueUpdateRollback", func(c *cloud) { c.them.goOn() }), second,
			forced, report.Updated, 0,
		},
	}
	return slices.Concat(trips, discarded(), young(), overtaken(), tookBack())
}

// tookBack are the setups for what the stack was before an update that was rolled back: only a change set can tell that
// nothing is left to do.
func tookBack() []trip {
	none := stack.Consents{}
	rolling := works(failing(complete, "UPDATE", "Table", 1), types.ChangeSetTypeUpdate, second)
	back := func(c *cloud) {
		rolling(c)
		c.them.rests("UPDATE_ROLLBACK_COMPLETE")
	}
	return []trip{
		{"working > equal, rolled back", rolling, first, none, report.Unchanged, 0},
		{"equal, rolled back", back, first, none, report.Unchanged, 0},
		{"half-way > equal, rolled back", updateFailed, first, none, report.Updated, 0},
		{"stuck, by force > equal, rolled back", mended, first, stack.Consents{ForceRollback: true}, report.Updated, 0},
		{"equal, rolled back > working > differs", faster(back, "CreateChangeSet", updating(second)), first, none, report.Updated, 0},
	}
}

// discarded are the setups on an empty stack that is on its way out, as one goes whose first change set was refused.
func discarded() []trip {
	return []trip{{"working > absent", func(c *cloud) {
		reviewed(c)
		c.them.delete()
		c.status("DELETE_IN_PROGRESS")
	}, first, stack.Consents{}, report.Created, 0}}
}

// young are the creates in a bucket that has only just begun to version (trap 44).
func young() []trip {
	packed := simple + role + "  Function: {Type: AWS::Lambda::Function, Properties: {Role: !GetAtt Role.Arn, Runtime: " +
		"provided.al2023, Handler: bootstrap, Code: {S3Bucket: templates, S3Key: fn.zip}}}\n"
	return []trip{
		{"absent > absent", func(c *cloud) {
			c.hurts(localcloud.Fault{
				Operation: "CreateChangeSet", Times: 1,
				Refuse: wire.Errorf(400, "ValidationError", "S3 error: The specified key does not exist."),
			})
		}, first, stack.Consents{}, report.Created, 0},
		{"absent > rolled back > absent", faster(nothing, "DeleteStack", func(c *cloud) {
			c.them.put(templates, "fn.zip", zipped(c.t))
		}), packed, stack.Consents{}, report.Created, 0},
	}
}

// overtaken are the updates that somebody else made meanwhile, to their end.
func overtaken() []trip {
	made := func(text string) func(c *cloud) {
		return func(c *cloud) {
			updating(text)(c)
			c.them.rests("UPDATE_COMPLETE")
		}
	}
	return []trip{
		{"differs > equal", faster(complete, "ExecuteChangeSet", made(second)), second, stack.Consents{}, report.Unchanged, 0},
		{"differs > differs", faster(complete, "ExecuteChangeSet", made(renamed)), second, stack.Consents{}, report.Updated, 0},
	}
}

func destroyTrips() []trip {
	none, force := stack.Consents{}, stack.Consents{Force: true}
	held := func(times int) func(c *cloud) {
		return func(c *cloud) { failing(complete, "DELETE", "Group", times)(c); c.them.delete() }
	}
	return []trip{
		{"working > held", held(1), "", none, report.Deleted, 0},
		{"working > held, by force", held(0), "", force, report.Deleted, 0},
		{"working > foreign", meanwhile(going, gone(theirs)), "", none, report.Failed, report.ExitFailed},
		{"working > empty", meanwhile(going, gone(reviewed)), "", none, report.Deleted, 0},
		{"working > working > there", meanwhile(going, gone(creating(first))), "", none, report.Deleted, 0},
		{
			"working > protected", meanwhile(works(complete, types.ChangeSetTypeUpdate, renamed), protect), "", none,
			report.Failed, report.ExitFailed,
		},
	}
}
