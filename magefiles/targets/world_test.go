package targets_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/stack"
)

const (
	accountID = "123456789012"
	region    = "eu-west-1"

	runsKey  = "AKIDEXAMPLE" // a run's, or a mage process's
	testsKey = "AKIDTESTS"   // of the same account: what the tests do themselves
)

// world is the local cloud at the other end of HTTP: an account, empty at first, where everything is done at once.
type world struct {
	*localcloud.Cloud
	url string

	mu    sync.Mutex
	asked []string // operations of runs in order, answered or not
}

func newWorld(t *testing.T) *world {
	t.Helper()
	local, err := localcloud.Open(t.Context(), localcloud.Options{
		Clock: clock.Real(clock.Top), Accounts: map[string]string{runsKey: accountID, testsKey: accountID},
	})
	mustDo(t, err)
	server := httptest.NewServer(local)
	t.Cleanup(func() {
		mustDo(t, local.Close())
		server.Close()
	})
	w := &world{Cloud: local, url: server.URL}
	local.Faults().Call(localcloud.Fault{Match: w.note})
	return w
}

// note writes down what a run asks for, and hurts nothing.
func (w *world) note(in *wire.Call) bool {
	if in.AccessKey == runsKey {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.asked = append(w.asked, in.Operation)
	}
	return false
}

func (w *world) did(op string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Contains(w.asked, op)
}

// deny has an operation refused to runs; "PutObject .zip" is that of such objects alone. "" denies nothing.
func (w *world) deny(op string) {
	if op == "" {
		return
	}
	op, object, _ := strings.Cut(op, " ")
	w.Faults().Call(localcloud.Fault{
		Operation: op,
		Match: func(in *wire.Call) bool {
			return in.AccessKey == runsKey && strings.HasSuffix(in.URL.Path, object)
		},
		Refuse: wire.Errorf(http.StatusForbidden, "AccessDenied", "no"),
	})
}

const (
	logGroup = "Resources:\n  Log:\n    Type: AWS::Logs::LogGroup\n    Properties: {RetentionInDays: 1}\n"
	table    = "Resources:\n  Precious:\n    Type: AWS::DynamoDB::Table\n    Properties:\n" +
		"      BillingMode: PAY_PER_REQUEST\n      KeySchema: [{AttributeName: Id, KeyType: HASH}]\n" +
		"      AttributeDefinitions: [{AttributeName: Id, AttributeType: S}]\n"
)

func (w *world) formation() *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region: region, BaseEndpoint: &w.url, Credentials: credentials.NewStaticCredentialsProvider(testsKey, "secret", ""),
	})
}

// make makes a stack plldb, past plldb; ours says that it has plldb's tag.
func (w *world) make(t *testing.T, template string, ours bool) {
	t.Helper()
	in := &cloudformation.CreateStackInput{StackName: aws.String("plldb"), TemplateBody: &template}
	if ours {
		in.Tags = []types.Tag{{Key: aws.String(stack.TagKey), Value: aws.String(stack.TagValue)}}
	}
	_, err := w.formation().CreateStack(t.Context(), in)
	mustDo(t, err)
}

// held makes a stack of plldb's that could not be deleted, and cannot.
func held(t *testing.T, w *world) {
	t.Helper()
	w.make(t, logGroup, true)
	w.Faults().Resource(localcloud.ResourceFault{LogicalID: "Log", Action: "DELETE", Fail: "it is held"})
	_, err := w.formation().DeleteStack(t.Context(), &cloudformation.DeleteStackInput{StackName: aws.String("plldb")})
	mustDo(t, err)
	w.status(t, types.StackStatusDeleteFailed)
}

// wedged makes a stack of plldb's whose update could neither be done nor undone, and cannot.
func wedged(t *testing.T, w *world) {
	t.Helper()
	const second = "  Second:\n    Type: AWS::Logs::LogGroup\n    DependsOn: Log\n    Properties: {RetentionInDays: 1}\n"
	w.make(t, logGroup+second, true)
	w.Faults().Resource(localcloud.ResourceFault{LogicalID: "Second", Action: "UPDATE", Times: 1, Fail: "no"})
	w.Faults().Resource(localcloud.ResourceFault{LogicalID: "Log", Action: "UPDATE", Times: 1}) // goes well once
	w.Faults().Resource(localcloud.ResourceFault{LogicalID: "Log", Action: "UPDATE", Fail: "no way back"})
	_, err := w.formation().UpdateStack(t.Context(), &cloudformation.UpdateStackInput{
		StackName:    aws.String("plldb"),
		TemplateBody: aws.String(strings.ReplaceAll(logGroup+second, "InDays: 1", "InDays: 3")),
	})
	mustDo(t, err)
	w.status(t, types.StackStatusUpdateRollbackFailed)
}

func (w *world) status(t *testing.T, want types.StackStatus) {
	t.Helper()
	out, err := w.formation().DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("plldb")})
	mustDo(t, err)
	if got := out.Stacks[0].StackStatus; got != want {
		t.Fatalf("the stack is %s, want %s", got, want)
	}
}
