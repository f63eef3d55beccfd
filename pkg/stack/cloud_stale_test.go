package stack_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// overtakes is a change of somebody else, to its end.
func overtakes(text string) func(c *cloud) {
	return func(c *cloud) {
		c.them.begin(types.ChangeSetTypeUpdate, text)
		c.them.rests("UPDATE_COMPLETE")
	}
}

// Between the look and the first decision lie uploads, and perhaps a person's answer: what others did meanwhile is seen.
func TestStaleLookInTheCloud(t *testing.T) {
	for name, k := range map[string]struct {
		prepare, meanwhile func(c *cloud)
		text, rows, writes string
		status             report.Status
		code               int
	}{
		"a newer plldb deployed": {complete, overtakes(newerText), second, "newer", "", report.Failed, report.ExitFailed},
		"somebody did the same":  {complete, overtakes(second), second, "equal", "", report.Unchanged, 0},
		"an update was begun": {
			complete, updating(second), second, "working > equal", "", report.Unchanged, 0,
		},
		"it was protected": {rolledBack, protect, first, "protected", "", report.Failed, report.ExitFailed},
		"it was repaired": {
			createFailed("Role", simple+roleAfter("Group")), overtakes(simple), simple, "equal", "", report.Unchanged, 0,
		},
		"it was deleted": {
			complete, func(c *cloud) { c.them.delete(); gone(func(*cloud) {})(c) }, first, "absent",
			"CreateChangeSet ExecuteChangeSet", report.Created, 0,
		},
		"it was made": {
			nothing, func(c *cloud) { creating(first)(c); c.them.rests("CREATE_COMPLETE") }, first, "absent > equal",
			"CreateChangeSet", report.Unchanged, 0,
		},
	} {
		inCloud(name, t, func(t *testing.T, c *cloud) {
			k.prepare(c)
			seen := c.look()
			k.meanwhile(c)
			c.begin()
			c.calls = nil
			want := c.wanted(k.text)
			want.Stale = true
			res, err := c.stack.Deploy(t.Context(), seen, want, stack.Consents{})
			if got := strings.Join(c.rows, " > "); got != k.rows {
				t.Errorf("came by %s, want %s", got, k.rows)
			}
			if got := c.writes(); got != k.writes {
				t.Errorf("wrote %q, want %q", got, k.writes)
			}
			mustStatus(t, res, k.status)
			if k.code != 0 {
				mustProblem(t, err, k.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// A tag that another run put on the stack meanwhile stays.
func TestStaleTagsInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		seen := c.deployed(first, report.Created)
		another := c.wanted(first)
		another.Tags = map[string]string{"team": "x"}
		if _, err := c.stack.Deploy(t.Context(), c.look(), another, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		want := c.wanted(second)
		want.Stale = true
		if _, err := c.stack.Deploy(t.Context(), seen, want, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if tags := c.look().Tags; tags["team"] != "x" {
			t.Errorf("tags %v", tags)
		}
	})
}

// As long as nobody was there it takes one request more, and none where there was no stack.
func TestStaleLookOfWhatIsStillSo(t *testing.T) {
	for name, k := range map[string]struct {
		prepare func(c *cloud)
		asks    []string // before the first write
	}{
		"there":   {complete, []string{"DescribeStacks"}},
		"updated": {func(c *cloud) { complete(c); c.deployed(second, report.Updated) }, []string{"DescribeStacks"}},
		"broken":  {rolledBack, []string{"DescribeStacks", "DescribeStackEvents"}},
		"none":    {nothing, nil},
	} {
		inCloud(name, t, func(t *testing.T, c *cloud) {
			k.prepare(c)
			seen := c.look()
			c.calls = nil
			want := c.wanted(renamed)
			want.Stale = true
			if _, err := c.stack.Deploy(t.Context(), seen, want, stack.Consents{AllowDataLoss: true}); err != nil {
				t.Fatal(err)
			}
			var asked []string
			for _, form := range c.calls {
				operation := form.Get("Action")
				if operation == "CreateChangeSet" || operation == "DeleteStack" {
					break
				}
				asked = append(asked, operation)
			}
			if !slices.Equal(asked, k.asks) {
				t.Errorf("asked %v, want %v", asked, k.asks)
			}
		})
	}
}

// Each thing that is decided from is compared; a stack that cannot be looked at ends the run before anything is done.
func TestStaleLook(t *testing.T) {
	for name, change := range map[string]func(st *fakeStack){
		"another of its name": func(st *fakeStack) { st.StackId = aws.String("arn:another") },
		"its status":          func(st *fakeStack) { st.StackStatus = types.StackStatusUpdateRollbackComplete },
		"a tag": func(st *fakeStack) {
			st.Tags = append(st.Tags, types.Tag{Key: aws.String("team"), Value: aws.String("x")})
		},
		"its role": func(st *fakeStack) { st.RoleARN = aws.String("arn:aws:iam::1:role/theirs") },
		"an output": func(st *fakeStack) {
			st.Outputs = []types.Output{{OutputKey: aws.String("Version"), OutputValue: aws.String("0.0.1")}}
		},
		"an update": func(st *fakeStack) { st.LastUpdatedTime = aws.Time(time.Now()) },
		"an operation": func(st *fakeStack) {
			st.LastOperations = []types.OperationEntry{{OperationId: aws.String("op-1")}}
		},
		"nothing": nil,
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
			p := w.open()
			seen := p.look(t)
			looks := 1
			if change != nil {
				change(w.stacks[0])
				looks++
			}
			want := wanted()
			want.Stale = true
			if _, err := p.Deploy(t.Context(), seen, want, stack.Consents{}); err != nil {
				t.Fatal(err)
			}
			if n, sets := w.count("GetTemplate"), w.count("CreateChangeSet"); n != looks || sets != 1 {
				t.Errorf("looked %d times, want %d; %d change sets", n, looks, sets)
			}
		})
	}
	bubble("throttled", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE").play("ExecuteChangeSet", updates())
		p := w.open()
		seen := p.look(t)
		w.times("DescribeStacks", 9, fakeaws.Fails("Throttling", "Rate exceeded"))
		want := wanted()
		want.Stale = true
		res, err := p.Deploy(t.Context(), seen, want, stack.Consents{})
		if err != nil {
			t.Fatal(err)
		}
		mustStatus(t, res, report.Updated)
	})
	bubble("not allowed", t, func(t *testing.T) {
		w := newWorld().having("CREATE_COMPLETE")
		p := w.open()
		seen := p.look(t)
		w.On("CloudFormation.DescribeStacks", fakeaws.Fails("AccessDenied", "no longer"))
		want := wanted()
		want.Stale = true
		want.URL = func(context.Context) (string, error) { panic("asked for the template") }
		res, err := p.Deploy(t.Context(), seen, want, stack.Consents{})
		if err == nil || !strings.HasPrefix(err.Error(), "looking at the stack plldb: ") {
			t.Errorf("error %v", err)
		}
		mustStatus(t, res, report.Failed)
	})
}

// RollbackStack is sent to the stack that was looked at, not to another of its name.
func TestRollbackIsByID(t *testing.T) {
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_FAILED").play("RollbackStack", []scene{at("UPDATE_ROLLBACK_COMPLETE")}).
			play("ExecuteChangeSet", updates())
		w.happen(w.stacks[0], happening{id: "plldb", status: "CREATE_COMPLETE"})
		p := w.open()
		if _, err := p.deploy(t, stack.Consents{}); err != nil {
			t.Fatal(err)
		}
		if got := *input[*cloudformation.RollbackStackInput](w).StackName; got != *w.stacks[0].StackId {
			t.Errorf("rolled back %s", got)
		}
	})
}
