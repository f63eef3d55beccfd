package cloudformation_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"strings"
	"sync"
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

// things is a service of the test's own: AWS::Test::Thing, whose state is in the store as that of any service.
type things struct {
	mu    sync.Mutex
	calls []string
	made  int
	tags  map[string]map[string]string // by logical id, as last given
}

const thingsTable = "test.things"

func (h *things) called(what string, in resource.Input) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.calls = append(h.calls, what+" "+in.LogicalID)
	if h.tags == nil {
		h.tags = map[string]map[string]string{}
	}
	h.tags[in.LogicalID] = in.Tags
}

func (h *things) Create(tx *store.Tx, in resource.Input) (resource.Made, error) {
	h.called("create", in)
	if resource.Text(in.Properties, "Text") == "refused" {
		return resource.Made{}, resource.Errorf(resource.InvalidRequest, "the text is refused")
	}
	id := resource.Text(in.Properties, "Name")
	if id == "" {
		h.mu.Lock()
		h.made++
		id = fmt.Sprintf("%s-%d", in.LogicalID, h.made)
		h.mu.Unlock()
	}
	if _, there := store.Get[map[string]any](tx, thingsTable, id); there {
		return resource.Made{}, resource.Errorf(resource.AlreadyExists, "%s already exists", id)
	}
	store.Put(tx, thingsTable, id, in.Properties)
	return h.thing(id, in), nil
}

func (h *things) thing(id string, in resource.Input) resource.Made {
	return resource.Made{
		PhysicalID: id, Attributes: map[string]any{"Arn": "arn:thing/" + id},
		Takes: time.Duration(resource.Whole(in.Properties, "Takes", 10)) * time.Second,
	}
}

func (h *things) Update(tx *store.Tx, in resource.Input) (resource.Made, error) {
	h.called("update", in)
	switch {
	case resource.Text(in.Properties, "Text") == "refused":
		return resource.Made{}, resource.Errorf(resource.InvalidRequest, "the text is refused")
	case resource.Text(in.Properties, "Maybe") == "replace":
		return resource.Made{}, resource.Errorf(resource.NotUpdatable, "not in place")
	}
	store.Put(tx, thingsTable, in.PhysicalID, in.Properties)
	return h.thing(in.PhysicalID, in), nil
}

func (h *things) Delete(tx *store.Tx, in resource.Input) (time.Duration, error) {
	h.called("delete", in)
	properties, there := store.Get[map[string]any](tx, thingsTable, in.PhysicalID)
	switch {
	case !there:
		return 0, resource.Errorf(resource.NotFound, "%s is not there", in.PhysicalID)
	case resource.Text(properties, "Text") == "stuck":
		return 0, resource.Errorf(resource.Conflict, "%s is in use", in.PhysicalID)
	}
	store.Delete(tx, thingsTable, in.PhysicalID)
	return 5 * time.Second, nil
}

func (h *things) Read(tx *store.Tx, in resource.Input) (map[string]any, error) {
	properties, there := store.Get[map[string]any](tx, thingsTable, in.PhysicalID)
	if !there {
		return nil, resource.Errorf(resource.NotFound, "%s is not there", in.PhysicalID)
	}
	return properties, nil
}

// faults are a test's Faults, by "ACTION ID".
type faults struct {
	mu     sync.Mutex
	fails  map[string]string
	stalls map[string]bool
}

func (f *faults) fail(what, reason string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fails[what] = reason
}

func (f *faults) stall(what string, on bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stalls[what] = on
}

func (f *faults) Begin(id, action string) (string, bool, time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fails[action+" "+id], f.stalls[action+" "+id], 0
}

func (f *faults) Stalls(id, action string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.stalls[action+" "+id]
}

// bucket is the test's S3: texts by "bucket/key" and "bucket/key?version".
type bucket struct {
	store *store.Store
	texts map[string]string
}

func (b bucket) Object(tx *store.Tx, account, name, key, version string) (resource.Object, error) {
	at := name + "/" + key
	if version != "" {
		at += "?" + version
	}
	switch text, ok := b.texts[at]; {
	case name == "denied":
		return resource.Object{}, wire.Errorf(403, "AccessDenied", "Access Denied")
	case !ok && version != "":
		return resource.Object{}, wire.Errorf(404, "NoSuchVersion", "The specified version does not exist.")
	case !ok:
		return resource.Object{}, wire.Errorf(404, "NoSuchKey", "The specified key does not exist.")
	default:
		draft, err := b.store.Draft(strings.NewReader(text))
		if err != nil {
			return resource.Object{}, err
		}
		store.Keep(tx, draft)
		return resource.Object{Sum: draft.Sum, Size: draft.Size, Version: version}, nil
	}
}

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
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func open(t *testing.T) *cloud { return openAt(t, store.Memory(), clock.NewHand(noon)) }

func openAt(t *testing.T, s *store.Store, now clock.Clock) *cloud {
	t.Helper()
	hand, _ := now.(*clock.Hand)
	c := &cloud{
		t: t, hand: hand, store: s, things: &things{}, bucket: bucket{s, map[string]string{}},
		faults: &faults{fails: map[string]string{}, stalls: map[string]bool{}},
	}
	c.service = cloudformation.New(cloudformation.Config{
		Store: s, Clock: now, Types: thingTypes(c.things), Objects: c.bucket, Faults: c.faults,
	})
	router := &wire.Router{
		Services:  map[string]wire.Service{"cloudformation": c.service},
		Now:       now.Now,
		AccountOf: func(string) string { return account },
		Secure:    func() bool { return true },
		Settle:    c.service.Settle,
	}
	server := httptest.NewServer(router)
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
			if physical := aws.ToString(e.PhysicalResourceId); physical != "" && *e.ResourceType != "AWS::CloudFormation::Stack" {
				line += " " + physical
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
