package cloudformation_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	cfn "github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/localcloud/store"
)

func TestSummaries(t *testing.T) {
	c := open(t)
	text := "Description: said\n" + resourceOne("", "Text: a")
	sum, err := c.GetTemplateSummary(c.ctx(), &cfn.GetTemplateSummaryInput{TemplateBody: &text})
	if s := must(t, sum, err); *s.Description != "said" || s.Capabilities[0] != types.CapabilityCapabilityIam ||
		*s.CapabilitiesReason != "The following resource(s) require capabilities: [AWS::Test::Role]" ||
		s.ResourceTypes[0] != "AWS::Test::Role" {
		t.Errorf("%+v", s)
	}
	c.create("sum", text)
	valid, err := c.GetTemplateSummary(c.ctx(), &cfn.GetTemplateSummaryInput{StackName: aws.String("sum")})
	if s := must(t, valid, err); *s.Description != "said" {
		t.Errorf("%+v", s)
	}
	one, err := c.DescribeStackResource(c.ctx(), &cfn.DescribeStackResourceInput{
		StackName: aws.String("sum"), LogicalResourceId: aws.String("One"),
	})
	if d := must(t, one, err).StackResourceDetail; *d.PhysicalResourceId != "One-1" ||
		d.ResourceStatus != "CREATE_COMPLETE" {
		t.Errorf("%+v", d)
	}
	by, err := c.DescribeStackResources(c.ctx(), &cfn.DescribeStackResourcesInput{PhysicalResourceId: aws.String("One-1")})
	if r := must(t, by, err).StackResources; len(r) != 1 || *r[0].StackName != "sum" {
		t.Errorf("%+v", r)
	}
	all, err := c.DescribeStacks(c.ctx(), &cfn.DescribeStacksInput{})
	if n := len(must(t, all, err).Stacks); n != 1 {
		t.Errorf("%d stacks", n)
	}
}

func TestDrift(t *testing.T) {
	c := open(t)
	c.create("drift", two)
	change := func(work func(tx *store.Tx)) {
		must(t, 0, c.store.Update(c.ctx(), func(tx *store.Tx) error {
			work(tx)
			return nil
		}))
	}
	detect := func(want types.StackDriftStatus, drifted int32) {
		t.Helper()
		out, err := c.DetectStackDrift(c.ctx(), &cfn.DetectStackDriftInput{StackName: aws.String("drift")})
		in := &cfn.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: must(t, out, err).StackDriftDetectionId}
		d, err := c.DescribeStackDriftDetectionStatus(c.ctx(), in)
		if must(t, d, err).DetectionStatus != types.StackDriftDetectionStatusDetectionInProgress {
			t.Errorf("%+v", d)
		}
		c.pass(10 * time.Second)
		d, err = c.DescribeStackDriftDetectionStatus(c.ctx(), in)
		if must(t, d, err).StackDriftStatus != want || *d.DriftedStackResourceCount != drifted {
			t.Errorf("%s, %d", d.StackDriftStatus, *d.DriftedStackResourceCount)
		}
	}
	detect(types.StackDriftStatusInSync, 0)
	change(func(tx *store.Tx) {
		store.Put(tx, "test.things", "Base-1", map[string]any{"Text": "meddled", "Kind": "a", "Extra": 1})
		store.Delete(tx, "test.things", "Beside-2")
	})
	detect(types.StackDriftStatusDrifted, 2)
	out, err := c.DescribeStackResourceDrifts(c.ctx(), &cfn.DescribeStackResourceDriftsInput{
		StackName:                       aws.String("drift"),
		StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{"MODIFIED", "DELETED"},
	})
	drifts := must(t, out, err).StackResourceDrifts
	if len(drifts) != 2 || drifts[1].StackResourceDriftStatus != types.StackResourceDriftStatusDeleted {
		t.Fatalf("%+v", drifts)
	}
	if d := drifts[0].PropertyDifferences; len(d) != 1 || *d[0].PropertyPath != "/Text" ||
		*d[0].ActualValue != "meddled" || *d[0].ExpectedValue != "base" ||
		d[0].DifferenceType != types.DifferenceTypeNotEqual {
		t.Errorf("%+v", d)
	}
	if st := c.stack("drift"); st.DriftInformation.StackDriftStatus != types.StackDriftStatusDrifted {
		t.Errorf("%+v", st.DriftInformation)
	}
}

// The form of the answers, for what no SDK looks at: empty lists are there.
func TestForm(t *testing.T) {
	c := open(t)
	c.create("form", resourceOne("", "Text: a"))
	answer := c.post("DescribeStacks", "form")
	for _, want := range []string{
		"<DescribeStacksResult><Stacks><member><StackId>arn:aws:cloudformation:eu-west-1:123456789012:stack/form/",
		"<Tags></Tags>", "<NotificationARNs></NotificationARNs>", "<CreationTime>2026-11-22T12:00:00.000Z</CreationTime>",
	} {
		if !strings.Contains(answer, want) {
			t.Errorf("no %s in %s", want, answer)
		}
	}
}

// post asks for an operation on a stack without an SDK, and returns the whole answer.
func (c *cloud) post(operation, stack string) string {
	c.t.Helper()
	form := url.Values{"Action": {operation}, "Version": {"2010-05-15"}, "StackName": {stack}}
	endpoint := *c.Options().BaseEndpoint
	request, err := http.NewRequestWithContext(c.ctx(), http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	must(c.t, request, err)
	request.Header.Set("Authorization",
		"AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/20261122/eu-west-1/cloudformation/aws4_request")
	answer, err := http.DefaultClient.Do(request)
	must(c.t, answer, err)
	defer answer.Body.Close()
	var b strings.Builder
	must(c.t, 0, answer.Write(&b))
	return b.String()
}

// The id of the operation that ExecuteChangeSet began is in DescribeStacks, and finds its events.
func TestTrap52LastOperations(t *testing.T) {
	c := open(t)
	c.create("ops", two)
	c.update("ops", "second", updated)
	st := c.rests("ops", types.StackStatusUpdateRollbackComplete)
	var kinds []string
	for _, op := range st.LastOperations {
		kinds = append(kinds, string(op.OperationType))
	}
	if got := strings.Join(kinds, " "); got != "ROLLBACK UPDATE_STACK CREATE_CHANGESET CREATE_STACK CREATE_CHANGESET" {
		t.Errorf("operations %s", got)
	}
	total := 0
	for i, want := range []string{"UPDATE_ROLLBACK_COMPLETE", "UPDATE_IN_PROGRESS"} {
		out, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{OperationId: st.LastOperations[i].OperationId})
		events := must(t, out, err).OperationEvents
		found := false
		for _, e := range events {
			found = found || string(e.ResourceStatus) == want && *e.LogicalResourceId == "ops" &&
				e.EventType == types.EventTypeStackEvent && *e.PhysicalResourceId == *st.StackId
		}
		if !found {
			t.Errorf("no %s in %v", want, events)
		}
		total += len(events)
	}
	failed, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{
		StackName: aws.String("ops"), Filters: &types.EventFilter{FailedEvents: aws.Bool(true)},
	})
	if events := must(t, failed, err).OperationEvents; len(events) != 1 || *events[0].LogicalResourceId != "Beside" ||
		events[0].EventType != types.EventTypeProvisioningError {
		t.Errorf("%+v", events)
	}
	all, err := c.DescribeEvents(c.ctx(), &cfn.DescribeEventsInput{StackName: aws.String("ops")})
	if n := len(must(t, all, err).OperationEvents); n != len(c.story("ops")) || total >= n {
		t.Errorf("%d events in all, %d of the update", n, total)
	}
	for _, in := range []*cfn.DescribeEventsInput{{}, {ChangeSetName: aws.String("second")}} {
		_, err = c.DescribeEvents(c.ctx(), in)
		refused(t, err, "ValidationError", "One of ChangeSetName, OperationId or StackName must be specified")
	}
}
