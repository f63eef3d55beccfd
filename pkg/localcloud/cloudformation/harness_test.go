package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/cloudformation"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const account, region = "123456789012", "eu-west-1"

// cloud is a CloudFormation alone, behind a real server, with a clock that the test turns.
type cloud struct {
	*cfn.Client
	t       *testing.T
	hand    *clock.Hand // nil where the clock is another
	store   *store.Store
	things  *things
	faults  *faults
	bucket  bucket
	service *cloudformation.Service
	router  *wire.Router
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) *cloud { return openAt(t, store.Memory(), clock.NewHand(noon)) }

func openAt(t *testing.T, s *store.Store, now clock.Clock) *cloud {
	t.Helper()
	things := &things{}
	return openWith(t, s, now, things, thingTypes(things))
}

func openWith(
	t *testing.T, s *store.Store, now clock.Clock, things *things, known map[string]resource.Type,
) *cloud {
	t.Helper()
	hand, _ := now.(*clock.Hand)
	c := &cloud{
		t: t, hand: hand, store: s, things: things, bucket: bucket{s, map[string]string{}},
		faults: &faults{fails: map[string]string{}, stalls: map[string]bool{}},
	}
	c.service = cloudformation.New(cloudformation.Config{
		Store: s, Clock: now, Types: known, Objects: c.bucket, Faults: c.faults,
	})
	c.router = &wire.Router{
		Services:  map[string]wire.Service{"cloudformation": c.service},
		Now:       now.Now,
		AccountOf: func(string) string { return account },
		Secure:    func() bool { return true },
		Settle:    c.service.Settle,
	}
	server := httptest.NewServer(c.router)
	t.Cleanup(server.Close)
	c.Client = cfn.New(cfn.Options{
		Region: region, BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKIAEXAMPLE", "secret", ""),
	})
	return c
}

func (c *cloud) ctx() context.Context { return c.t.Context() }

// must fails the test on an error.
func must[T any](t *testing.T, out T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// refused checks the code and the message of an error.
func refused(t *testing.T, err error, code, message string) {
	t.Helper()
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		t.Fatalf("error %v, want %s", err, code)
	}
	if e.ErrorCode() != code || !strings.Contains(e.ErrorMessage(), message) {
		t.Errorf("error %s: %s\nwant  %s: %s", e.ErrorCode(), e.ErrorMessage(), code, message)
	}
}

// pass lets time go by, a second at a time.
func (c *cloud) pass(d time.Duration) {
	c.t.Helper()
	for ; d > 0; d -= time.Second {
		c.hand.Turn(min(d, time.Second))
		if err := c.service.Settle(c.ctx()); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *cloud) stack(name string) types.Stack {
	c.t.Helper()
	out, err := c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{StackName: &name})
	return must(c.t, out, err).Stacks[0]
}

// status checks the stack's status.
func (c *cloud) status(name string, want types.StackStatus) types.Stack {
	c.t.Helper()
	st := c.stack(name)
	if st.StackStatus != want {
		c.t.Fatalf("the stack is %s (%s), want %s\n%s", st.StackStatus, aws.ToString(st.StackStatusReason), want,
			strings.Join(c.story(name), "\n"))
	}
	return st
}

// rests waits until nothing goes on with the stack, and checks its status.
func (c *cloud) rests(name string, want types.StackStatus) types.Stack {
	c.t.Helper()
	for range 300 {
		c.pass(time.Second)
		if !strings.HasSuffix(string(c.stack(name).StackStatus), "_IN_PROGRESS") {
			break
		}
	}
	return c.status(name, want)
}

// story is the stack's events, the oldest first: seconds since noon, logical id, status, physical id, reason.
func (c *cloud) story(name string) []string {
	c.t.Helper()
	var lines []string
	in := &cfn.DescribeStackEventsInput{StackName: &name}
	for pages := cfn.NewDescribeStackEventsPaginator(c.Client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(c.ctx())
		for _, e := range must(c.t, page, err).StackEvents {
			line := fmt.Sprintf("%4.0fs %s %s", e.Timestamp.Sub(noon).Seconds(), *e.LogicalResourceId, e.ResourceStatus)
			if id := aws.ToString(e.PhysicalResourceId); id != "" && *e.ResourceType != "AWS::CloudFormation::Stack" {
				line += " " + id
			}
			if e.ResourceStatusReason != nil {
				line += ": " + *e.ResourceStatusReason
			}
			lines = append([]string{line}, lines...)
		}
	}
	return lines
}

// create makes a stack through a change set and waits for it.
func (c *cloud) create(name, template string) types.Stack {
	c.t.Helper()
	c.execute(c.propose(name, "first", types.ChangeSetTypeCreate, template))
	return c.rests(name, types.StackStatusCreateComplete)
}

// update changes a stack through a change set, and begins.
func (c *cloud) update(name, set, template string) {
	c.t.Helper()
	c.execute(c.propose(name, set, types.ChangeSetTypeUpdate, template))
}

func proposal(name, set string, kind types.ChangeSetType, template string) *cfn.CreateChangeSetInput {
	return &cfn.CreateChangeSetInput{
		StackName: &name, ChangeSetName: &set, ChangeSetType: kind, TemplateBody: &template,
		Capabilities: []types.Capability{types.CapabilityCapabilityNamedIam},
	}
}

// propose makes a change set that is good, and returns its ARN.
func (c *cloud) propose(name, set string, kind types.ChangeSetType, template string) string {
	c.t.Helper()
	out, err := c.CreateChangeSet(c.ctx(), proposal(name, set, kind, template))
	id := *must(c.t, out, err).Id
	c.pass(10 * time.Second)
	if d := c.set(id); d.Status != types.ChangeSetStatusCreateComplete {
		c.t.Fatalf("the change set is %s: %s", d.Status, aws.ToString(d.StatusReason))
	}
	return id
}

func (c *cloud) set(id string) *cfn.DescribeChangeSetOutput {
	c.t.Helper()
	out, err := c.DescribeChangeSet(c.ctx(), &cfn.DescribeChangeSetInput{ChangeSetName: &id})
	return must(c.t, out, err)
}

func (c *cloud) execute(id string) {
	c.t.Helper()
	out, err := c.ExecuteChangeSet(c.ctx(), &cfn.ExecuteChangeSetInput{ChangeSetName: &id})
	must(c.t, out, err)
}

// left are the physical ids of the things that there are.
func (c *cloud) left() map[string]map[string]any {
	c.t.Helper()
	found := map[string]map[string]any{}
	err := c.store.Update(c.ctx(), func(tx *store.Tx) error {
		store.Each(tx, thingsTable, "", func(key string, properties map[string]any) bool {
			found[key] = properties
			return true
		})
		return nil
	})
	must(c.t, found, err)
	return found
}
