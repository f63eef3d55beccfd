package stack_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// A stack that nobody touched has no drift, and asking changes nothing. Somebody else's detection is waited for.
func TestDriftInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		seen := c.deployed(first, report.Created)
		c.begin()
		c.calls = nil
		out, err := c.them.cfn.DetectStackDrift(t.Context(), &cloudformation.DetectStackDriftInput{StackName: &seen.ID})
		ok(c, out, err)
		drift, err := c.stack.Drift(t.Context(), seen)
		if err != nil || drift.Status != stack.InSync || len(drift.Resources) != 0 {
			t.Errorf("%v, %v", drift, err)
		}
		if lines := c.story.lines(); !slices.Equal(lines, []string{
			"notice: a look for drift in the stack plldb goes on already: waiting for its end",
		}) {
			t.Errorf("story %q", lines)
		}
		if n := c.count("DetectStackDrift"); n < 2 {
			t.Errorf("asked %d times", n)
		}
		if c.writes() != "DetectStackDrift DetectStackDrift" {
			t.Errorf("wrote %s", c.writes())
		}
	})
}

// What somebody changes or removes by hand is found, and asking for it mends nothing.
func TestDriftByHandInTheCloud(t *testing.T) {
	inCloud("", t, func(t *testing.T, c *cloud) {
		seen := c.deployed(first, report.Created)
		physical := map[string]string{}
		for _, e := range c.told() {
			physical[e.LogicalID] = e.PhysicalID
		}
		c.them.asks("logs", "Logs_20140328.PutRetentionPolicy",
			`{"logGroupName": "`+physical["Group"]+`", "retentionInDays": 30}`)
		c.them.asks("dynamodb", "DynamoDB_20120810.DeleteTable", `{"TableName": "`+physical["Table"]+`"}`)
		for range 2 {
			time.Sleep(time.Minute)
			drift, err := c.stack.Drift(t.Context(), seen)
			if err != nil || drift.Status != stack.Drifted {
				t.Fatalf("%s, %v", drift.Status, err)
			}
			want := []report.Drifted{
				{
					LogicalID: "Group", PhysicalID: physical["Group"], ResourceType: "AWS::Logs::LogGroup", Status: "MODIFIED",
					Properties: []report.PropertyDrift{{Path: "/RetentionInDays", Kind: "NOT_EQUAL", Expected: "7", Actual: "30"}},
				},
				{
					LogicalID: "Table", PhysicalID: physical["Table"], ResourceType: "AWS::DynamoDB::Table", Status: "DELETED",
				},
			}
			if fmt.Sprint(drift.Resources) != fmt.Sprint(want) {
				t.Errorf("told %+v", drift)
			}
		}
	})
}

// asks is a call of a service whose SDK is not among the modules: JSON over HTTP.
func (o them) asks(service, target, body string) {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, "http://localhost/", strings.NewReader(body))
	ok(o.cloud, r, err)
	r.Header.Set("X-Amz-Target", target)
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Date", time.Now().UTC().Format("20060102T150405Z"))
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+theirKey+time.Now().UTC().Format("/20060102")+
		"/eu-west-1/"+service+"/aws4_request, SignedHeaders=host;x-amz-date, Signature="+strings.Repeat("0", 64))
	answer, err := o.RoundTrip(r)
	if ok(o.cloud, answer, err).StatusCode != http.StatusOK {
		text, _ := io.ReadAll(answer.Body)
		o.t.Fatalf("%s: %s %s", target, answer.Status, text)
	}
}

// What CloudFormation found is told as it is, over all pages; what it could not look at is a warning.
func TestDriftIsTold(t *testing.T) {
	differs := types.StackResourceDrift{
		LogicalResourceId: aws.String("Group"), PhysicalResourceId: aws.String("g-1"), ResourceType: aws.String("AWS::Logs::LogGroup"),
		StackResourceDriftStatus: types.StackResourceDriftStatusModified,
		PropertyDifferences: []types.PropertyDifference{{
			PropertyPath: aws.String("/RetentionInDays"), DifferenceType: types.DifferenceTypeNotEqual,
			ExpectedValue: aws.String("7"), ActualValue: aws.String("30"),
		}},
	}
	isGone := types.StackResourceDrift{
		LogicalResourceId: aws.String("Table"), StackResourceDriftStatus: types.StackResourceDriftStatusDeleted,
	}
	bubble("", t, func(t *testing.T) {
		w := newWorld().having("UPDATE_ROLLBACK_FAILED")
		w.drifting(&cloudformation.DescribeStackDriftDetectionStatusOutput{
			DetectionStatus:       types.StackDriftDetectionStatusDetectionFailed,
			DetectionStatusReason: aws.String("Failed to detect drift on resource [Role]"),
		})
		w.On("CloudFormation.DescribeStackResourceDrifts", fakeaws.InTurn(
			fakeaws.Always(&cloudformation.DescribeStackResourceDriftsOutput{
				StackResourceDrifts: []types.StackResourceDrift{differs}, NextToken: aws.String("2"),
			}),
			fakeaws.Always(&cloudformation.DescribeStackResourceDriftsOutput{StackResourceDrifts: []types.StackResourceDrift{isGone}}),
		))
		p := w.open()
		drift, err := p.Drift(t.Context(), p.look(t))
		if err != nil || drift.Status != stack.Drifted {
			t.Fatalf("%s, %v", drift.Status, err)
		}
		want := []report.Drifted{
			{
				LogicalID: "Group", PhysicalID: "g-1", ResourceType: "AWS::Logs::LogGroup", Status: "MODIFIED",
				Properties: []report.PropertyDrift{{Path: "/RetentionInDays", Kind: "NOT_EQUAL", Expected: "7", Actual: "30"}},
			},
			{LogicalID: "Table", Status: "DELETED"},
		}
		if fmt.Sprint(drift.Resources) != fmt.Sprint(want) {
			t.Errorf("told %+v", drift)
		}
		if lines := p.story.lines(); !slices.Equal(lines, []string{
			"warning: some of the stack plldb could not be looked at for drift: Failed to detect drift on resource [Role]",
		}) {
			t.Errorf("story %q", lines)
		}
		filters := input[*cloudformation.DescribeStackResourceDriftsInput](w).StackResourceDriftStatusFilters
		if fmt.Sprint(filters) != "[MODIFIED DELETED]" {
			t.Errorf("filters %v", filters)
		}
	})
}

// drifting lets a detection go on for two polls, and then end.
func (w *world) drifting(end *cloudformation.DescribeStackDriftDetectionStatusOutput) {
	goesOn := fakeaws.Always(&cloudformation.DescribeStackDriftDetectionStatusOutput{
		DetectionStatus: types.StackDriftDetectionStatusDetectionInProgress,
	})
	w.On("CloudFormation.DetectStackDrift",
		fakeaws.Always(&cloudformation.DetectStackDriftOutput{StackDriftDetectionId: aws.String("d-1")}))
	w.On("CloudFormation.DescribeStackDriftDetectionStatus", fakeaws.InTurn(goesOn, goesOn, fakeaws.Always(end)))
}

// A signal ends it at once, whatever it waits for.
func TestDriftInterrupted(t *testing.T) {
	silent := func(ctx context.Context, _ any) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	busy := fakeaws.Fails("ValidationError", "Drift detection is already in progress for stack x")
	for name, answers := range map[string]map[string]fakeaws.Answer{
		"asking":              {"DetectStackDrift": silent},
		"for somebody else's": {"DetectStackDrift": busy},
		"polling":             {"DescribeStackDriftDetectionStatus": silent},
		"for its end": {"DescribeStackDriftDetectionStatus": fakeaws.Always(
			&cloudformation.DescribeStackDriftDetectionStatusOutput{DetectionStatus: types.StackDriftDetectionStatusDetectionInProgress})},
		"reading": {"DescribeStackResourceDrifts": silent},
	} {
		bubble(name, t, func(t *testing.T) {
			w := newWorld().having("CREATE_COMPLETE")
			w.drifting(&cloudformation.DescribeStackDriftDetectionStatusOutput{
				DetectionStatus: types.StackDriftDetectionStatusDetectionComplete,
			})
			for operation, answer := range answers {
				w.On("CloudFormation."+operation, answer)
			}
			p := w.open()
			seen := p.look(t)
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(time.Minute+100*time.Millisecond, func() { cancel(errSignal) })
			begun := time.Now()
			_, err := p.Drift(ctx, seen)
			if took := time.Since(begun); !errors.Is(err, errSignal) || took != time.Minute+100*time.Millisecond {
				t.Errorf("%v after %s", err, took)
			}
		})
	}
}
