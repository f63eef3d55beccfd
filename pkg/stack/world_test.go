package stack_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/stack"
)

// world is a small CloudFormation with one stack name. A write queues scenes; each DescribeStacks by id shows the next
// one, and the last one stays. It answers at once, as moto does, when a play has one scene.
type world struct {
	*fakeaws.Cloud
	mu    sync.Mutex
	ticks int
	// plays are the scenes that a write leads to, by operation; each write of that name takes the first play, and the
	// last one stays.
	plays map[string][][]scene
	// changeSet answers what becomes of a change set; nil makes it complete with no changes listed.
	changeSet func(n int) *cloudformation.DescribeChangeSetOutput
	// oneInstant makes all events happen at the same time, and oldestFirst turns the order of DescribeEvents.
	oneInstant, oldestFirst bool
	// operations gives the stack LastOperations, as AWS does.
	operations bool
	// pageSize of stack events; 0 gives all at once.
	pageSize int

	answers map[string]fakeaws.Answer // the world's own
	stacks  []*fakeStack              // newest last
	sets    []*fakeSet
}

// usual is the world's own answer.
func (w *world) usual(operation string) fakeaws.Answer { return w.answers[operation] }

type fakeStack struct {
	types.Stack
	template  string
	scenes    []scene
	events    []types.StackEvent // oldest first
	byOp      map[string][]types.OperationEvent
	resources []types.StackResourceSummary
}

type fakeSet struct {
	name, id, stackID string
	asked             int
	kind              types.ChangeSetType
	url               string
	tags              []types.Tag
}

// scene is the stack at one moment: its status, "" when AWS still shows the one before, and what happened to resources
// on the way there.
type scene struct {
	status string
	events []happening
}

type happening struct{ id, status, reason string }

func at(status string, events ...happening) scene { return scene{status, events} }

// told makes a happening from "ID STATUS reason…".
func told(text string) happening {
	parts := strings.SplitN(text, " ", 3)
	h := happening{id: parts[0], status: parts[1]}
	if len(parts) == 3 {
		h.reason = parts[2]
	}
	return h
}

func typeOf(id string) string {
	for prefix, resourceType := range map[string]string{
		"Table": "AWS::DynamoDB::Table", "Role": "AWS::IAM::Role", "Group": "AWS::Logs::LogGroup", "Bucket": "AWS::S3::Bucket",
		"Route": "AWS::ApiGatewayV2::Route", "Stage": "AWS::ApiGatewayV2::Stage", "Permission": "AWS::Lambda::Permission",
	} {
		if strings.HasPrefix(id, prefix) {
			return resourceType
		}
	}
	return "AWS::Lambda::Function"
}

const arn = "arn:aws:cloudformation:eu-west-1:123456789012:"

func newWorld() *world {
	w := &world{plays: map[string][][]scene{}, answers: map[string]fakeaws.Answer{}}
	w.Cloud = fakeaws.New(nil)
	for name, answer := range map[string]func(any) (any, error){
		"DescribeStacks":         w.describeStacks,
		"GetTemplate":            w.getTemplate,
		"DescribeStackEvents":    w.describeStackEvents,
		"DescribeEvents":         w.describeEvents,
		"ListStackResources":     w.listStackResources,
		"CreateChangeSet":        w.createChangeSet,
		"DescribeChangeSet":      w.describeChangeSet,
		"ExecuteChangeSet":       w.executeChangeSet,
		"DeleteChangeSet":        w.deleteChangeSet,
		"DeleteStack":            w.deleteStack,
		"RollbackStack":          w.rollbackStack,
		"ContinueUpdateRollback": w.continueRollback,
	} {
		w.answers[name] = func(_ context.Context, in any) (any, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			return answer(in)
		}
		w.On("CloudFormation."+name, w.answers[name])
	}
	return w
}

// having puts a stack of plldb there, in a status, with the template "old".
func (w *world) having(status string, change ...func(*fakeStack)) *world {
	st := w.add(status)
	st.template = "old"
	st.Tags = []types.Tag{{Key: aws.String(stack.TagKey), Value: aws.String(stack.TagValue)}}
	w.happen(st, happening{id: "plldb", status: "CREATE_IN_PROGRESS"})
	w.happen(st, happening{id: "plldb", status: status})
	for _, c := range change {
		c(st)
	}
	return w
}

// showing sets the scenes of what goes on with the stack that is there.
func (w *world) showing(scenes ...scene) *world {
	w.stacks[len(w.stacks)-1].scenes = scenes
	return w
}

func untagged(st *fakeStack) { st.Tags = nil }

func (w *world) add(status string) *fakeStack {
	id := fmt.Sprintf("%sstack/plldb/%d", arn, len(w.stacks)+1)
	st := &fakeStack{byOp: map[string][]types.OperationEvent{}}
	st.StackId, st.StackName = &id, aws.String("plldb")
	st.StackStatus = types.StackStatus(status)
	w.stacks = append(w.stacks, st)
	return st
}

func (w *world) happen(st *fakeStack, h happening) {
	w.ticks++
	kind, physical := typeOf(h.id), h.id+"-1"
	if h.id == "plldb" {
		kind, physical = "AWS::CloudFormation::Stack", *st.StackId
	}
	e := types.StackEvent{
		EventId:              aws.String(fmt.Sprint("event-", w.ticks)),
		StackId:              st.StackId,
		StackName:            st.StackName,
		Timestamp:            aws.Time(w.time()),
		LogicalResourceId:    aws.String(h.id),
		PhysicalResourceId:   &physical,
		ResourceType:         &kind,
		ResourceStatus:       types.ResourceStatus(h.status),
		ResourceStatusReason: aws.String(h.reason),
	}
	st.events = append(st.events, e)
	if len(st.LastOperations) > 0 {
		op := *st.LastOperations[0].OperationId
		st.byOp[op] = append(st.byOp[op], types.OperationEvent{
			EventId: e.EventId, EventType: types.EventTypeStackEvent, Timestamp: e.Timestamp, OperationId: &op,
			LogicalResourceId: e.LogicalResourceId, PhysicalResourceId: e.PhysicalResourceId,
			ResourceType: e.ResourceType, ResourceStatus: e.ResourceStatus, ResourceStatusReason: e.ResourceStatusReason,
		})
	}
}

func (w *world) time() time.Time {
	if w.oneInstant {
		return time.Date(2026, 11, 21, 9, 0, 1, 0, time.UTC)
	}
	return time.Date(2026, 11, 21, 9, 0, 0, w.ticks*1e6, time.UTC)
}

func (w *world) begin(st *fakeStack, operation string, kind types.OperationType) {
	plays := w.plays[operation]
	if len(plays) == 0 {
		panic("no play for " + operation)
	}
	st.scenes = plays[0]
	if len(plays) > 1 {
		w.plays[operation] = plays[1:]
	}
	w.operate(st, kind)
}

func (w *world) operate(st *fakeStack, kind types.OperationType) {
	if w.operations {
		w.ticks++
		entry := types.OperationEntry{OperationId: aws.String(fmt.Sprint("op-", w.ticks)), OperationType: kind}
		st.LastOperations = slices.Insert(st.LastOperations, 0, entry)
	}
}

// advance shows the next scene.
func (w *world) advance(st *fakeStack) {
	if len(st.scenes) == 0 {
		return
	}
	next := st.scenes[0]
	st.scenes = st.scenes[1:]
	if next.status == "" { // AWS shows what was before
		return
	}
	for _, h := range next.events {
		w.happen(st, h)
	}
	if strings.Contains(next.status, "ROLLBACK_IN_PROGRESS") && st.StackStatus != types.StackStatus(next.status) {
		w.operate(st, types.OperationTypeRollback)
	}
	if string(st.StackStatus) != next.status || !strings.HasSuffix(next.status, "_IN_PROGRESS") {
		w.happen(st, happening{id: "plldb", status: next.status})
	}
	st.StackStatus = types.StackStatus(next.status)
}
