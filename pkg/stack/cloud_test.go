package stack_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/localcloud"
	cloudclock "github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/report"
	"github.com/plldb/plldb/pkg/stack"
)

// The access keys: the run's, and that of somebody else of the same account.
const (
	ourKey   = "PLLDB"
	theirKey = "THEIRS"
)

// cloud is a stack in the local cloud, whose clock is the bubble's: it takes no time. It is also the network between
// the two.
type cloud struct {
	t     *testing.T
	aws   *localcloud.Cloud
	stack *stack.Stack
	story *story
	them  them // somebody else

	mu    sync.Mutex
	calls []url.Values // the run's, each attempt
	rows  []string     // of the table, that the run's decisions come of
	// before is done once, before the run's next call of an operation is served.
	before map[string]func()
}

// quick is how much faster than AWS the cloud is where the pace does not matter: there are as much fewer polls.
const quick = 5

// inCloud runs a test in turned time, in a quick cloud of its own.
func inCloud(name string, t *testing.T, f func(t *testing.T, c *cloud)) {
	t.Helper()
	bubble(name, t, func(t *testing.T) { f(t, openCloud(t, localcloud.Options{Clock: cloudclock.Real(quick)})) })
}

func openCloud(t *testing.T, o localcloud.Options) *cloud {
	t.Helper()
	c := &cloud{t: t, story: &story{}, before: map[string]func(){}}
	var err error
	if c.aws, err = localcloud.Open(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	c.stack = stack.New(c.client(ourKey), "plldb", c.story, clock{})
	c.stack.OnDecision(func(_ stack.Verb, row string) { c.rows = append(c.rows, row) })
	c.them = them{c, c.client(theirKey), s3.New(s3.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String("http://localhost"), UsePathStyle: true,
		HTTPClient: &http.Client{Transport: c}, Credentials: credentials.NewStaticCredentialsProvider(theirKey, "s", ""),
	})}
	c.them.makeBucket(templates)
	return c
}

func (c *cloud) client(key string) *cloudformation.Client {
	return cloudformation.New(cloudformation.Options{
		Region: "eu-west-1", BaseEndpoint: aws.String("http://localhost"), HTTPClient: &http.Client{Transport: c},
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	})
}

// RoundTrip brings a request to the cloud, as a network does that loses no bytes and takes no time.
func (c *cloud) RoundTrip(r *http.Request) (answer *http.Response, err error) {
	body := []byte{}
	if r.Body != nil {
		body, err = io.ReadAll(r.Body)
	}
	if err != nil {
		return nil, err
	}
	c.hear(r, body)
	defer func() {
		if aborted := recover(); aborted != nil && aborted != http.ErrAbortHandler {
			panic(aborted)
		} else if aborted != nil {
			answer, err = nil, errors.Join(io.ErrUnexpectedEOF, r.Context().Err())
		}
	}()
	served := r.Clone(r.Context())
	served.Host, served.Body = r.URL.Host, io.NopCloser(bytes.NewReader(body))
	recorder := httptest.NewRecorder()
	c.aws.ServeHTTP(recorder, served)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// hear remembers a call of the run, and lets happen what shall happen before it.
func (c *cloud) hear(r *http.Request, body []byte) {
	form, err := url.ParseQuery(string(body))
	operation := form.Get("Action")
	if err != nil || operation == "" || !strings.Contains(r.Header.Get("Authorization"), ourKey) {
		return
	}
	c.mu.Lock()
	c.calls = append(c.calls, form)
	do := c.before[operation]
	delete(c.before, operation)
	c.mu.Unlock()
	if do != nil {
		do()
	}
}

// writes names the run's calls that changed something, in order.
func (c *cloud) writes() string {
	var names []string
	for _, form := range c.calls {
		names = append(names, form.Get("Action"))
	}
	return writesAmong(names)
}

func (c *cloud) count(operation string) (n int) {
	for _, form := range c.calls {
		if form.Get("Action") == operation {
			n++
		}
	}
	return n
}

// hurts has something go wrong with calls of the run.
func (c *cloud) hurts(f localcloud.Fault) (lift func()) {
	f.Service = "cloudformation"
	f.Match = func(c *wire.Call) bool { return c.AccessKey == ourKey }
	return c.aws.Faults().Call(f)
}

// fails has work on a resource fail; "" lets it pass, before the next fault has its turn.
func (c *cloud) fails(action, logicalID, reason string, times int) (lift func()) {
	return c.aws.Faults().Resource(localcloud.ResourceFault{
		LogicalID: logicalID, Action: action, Fail: reason, Times: times,
	})
}

func (c *cloud) look() stack.Seen {
	c.t.Helper()
	seen, err := c.stack.Look(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return seen
}

func (c *cloud) wanted(text string) stack.Wanted {
	return stack.Wanted{Text: []byte(text), Version: "0.1.0", URL: c.them.templateURL(text)}
}

// deploy is a whole setup, begun by a look.
func (c *cloud) deploy(text string, consents stack.Consents) (stack.Result, error) {
	c.t.Helper()
	c.calls = nil
	return c.stack.Deploy(c.t.Context(), c.look(), c.wanted(text), consents)
}

func (c *cloud) destroy(consents stack.Consents) (stack.Result, error) {
	c.t.Helper()
	c.calls = nil
	return c.stack.Destroy(c.t.Context(), c.look(), consents)
}

// deployed is a setup that must go well.
func (c *cloud) deployed(text string, want report.Status) stack.Seen {
	c.t.Helper()
	res, err := c.deploy(text, stack.Consents{})
	if err != nil {
		c.t.Fatal(err)
	}
	mustStatus(c.t, res, want)
	return res.Seen
}

// begin forgets what was told until now.
func (c *cloud) begin() { c.story.events, c.rows = nil, nil }

// checkStory holds that the sink was told the events that CloudFormation tells of the stacks, of all of them since a
// moment: none missing, none twice, in order. What belongs to the making of change sets is nobody's story.
func (c *cloud) checkStory(since time.Time, ids ...string) {
	c.t.Helper()
	var want []report.StackEvent
	for _, id := range ids {
		for _, e := range c.them.events(id) {
			if !e.Time.Before(since) && e.Status != "REVIEW_IN_PROGRESS" {
				want = append(want, e)
			}
		}
	}
	got := c.told()
	if len(want) == 0 || !slices.Equal(got, want) {
		c.t.Errorf("told %d events:\n%s\nwant %d:\n%s", len(got), eventLines(got), len(want), eventLines(want))
	}
}

// told are the stack events that the sink was told.
func (c *cloud) told() (events []report.StackEvent) {
	for _, e := range c.story.events {
		if e, is := e.(report.StackEvent); is {
			events = append(events, e)
		}
	}
	return events
}

func eventLines(events []report.StackEvent) string {
	var lines []string
	for _, e := range events {
		lines = append(lines, e.Time.Format("15:04:05.000 ")+e.LogicalID+" "+e.Status+" "+e.Reason)
	}
	return strings.Join(lines, "\n")
}

// says holds that the story has a line that begins so.
func (c *cloud) says(begin string) {
	c.t.Helper()
	if !slices.ContainsFunc(c.story.lines(), func(l string) bool { return strings.HasPrefix(l, begin) }) {
		c.t.Errorf("nothing begins with %q in\n%s", begin, strings.Join(c.story.lines(), "\n"))
	}
}

// status is the stack's, as somebody else sees it.
func (c *cloud) status(want string) types.Stack {
	c.t.Helper()
	st := c.them.stack("plldb")
	if string(st.StackStatus) != want {
		c.t.Fatalf("the stack is %s (%s), want %s", st.StackStatus, aws.ToString(st.StackStatusReason), want)
	}
	return st
}
