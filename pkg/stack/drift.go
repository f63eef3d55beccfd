package stack

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// busyDetection is how long to wait while somebody else's detection goes on: AWS says that one takes up to several
// minutes.
const busyDetection = 5 * time.Second

// Drift has CloudFormation compare what is in the stack with its template, waits for it, and returns what differs. It
// changes nothing. A state in which CloudFormation does not compare is a *report.Problem, and resources that could not
// be compared are a warning. A cancelled ctx ends it with its cause; the comparison does no harm, and is left to end.
func (s *Stack) Drift(ctx context.Context, seen Seen) ([]report.Drifted, error) {
	if !mayDrift(seen) {
		return nil, s.undriftable(seen)
	}
	var drifted []report.Drifted
	id, err := s.detect(ctx, seen)
	if err == nil {
		err = s.detected(ctx, id)
	}
	if err == nil {
		drifted, err = s.drifts(ctx, seen.ID)
	}
	if err == nil {
		return drifted, nil
	}
	if _, ok := errors.AsType[*report.Problem](err); ok {
		return nil, err
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return nil, fmt.Errorf("looking for drift in the stack %s: %w", s.name, err)
}

// mayDrift says whether CloudFormation looks for drift in a stack of that state.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
func mayDrift(seen Seen) bool {
	return seen.Exists &&
		slices.Contains([]string{createComplete, updateComplete, updateRollbackComplete, updateRollbackFailed}, seen.Status)
}

func (s *Stack) undriftable(seen Seen) *report.Problem {
	switch {
	case !seen.Exists:
		return refusal("set it up first: plldb bootstrap setup", "there is no stack %s to look for drift in", s.name)
	case inProgress(seen.Status):
		return refusal("wait for its end, then ask again: "+watchCommand,
			"CloudFormation looks for no drift in the stack %s now: it %s (%s)", s.name, said(seen.Status), seen.Status)
	}
	return refusal("bring the stack to a state that ends in _COMPLETE, then ask again",
		"CloudFormation looks for no drift in the stack %s: it %s (%s)", s.name, said(seen.Status), seen.Status)
}

// detect begins a detection and returns its id. There is one at a time
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/detect-drift-stack.html), and the id of somebody
// else's is not told: theirs is waited for, and then this one begun. The two sentences are those that public tools look
// for; the code beside them is unverified.
func (s *Stack) detect(ctx context.Context, seen Seen) (string, error) {
	for told := false; ; told = true {
		out, err := s.client.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: &seen.ID}, s.poll)
		if err == nil {
			return aws.ToString(out.StackDriftDetectionId), nil
		}
		_, message := answer(err)
		switch {
		case strings.Contains(message, "Drift detection cannot be performed"): // its state is another by now
			return "", refusal("wait until nobody else works on it, then ask again",
				"CloudFormation looks for no drift in the stack %s now: somebody else works on it", s.name)
		case !strings.Contains(message, "already in progress"):
			return "", err
		case !told:
			text := "somebody else looks for drift in the stack " + s.name + ": waiting for the end of that"
			s.sink.Tell(report.Notice{Text: text})
		}
		if err := s.clock.Sleep(ctx, busyDetection); err != nil {
			return "", err
		}
	}
}

// detected waits for the end of a detection. One that failed has looked at some resources all the same.
func (s *Stack) detected(ctx context.Context, id string) error {
	in := &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: &id}
	for begun := s.clock.Now(); ; {
		out, err := s.client.DescribeStackDriftDetectionStatus(ctx, in, s.poll)
		if err != nil {
			return err
		}
		switch out.DetectionStatus {
		case types.StackDriftDetectionStatusDetectionComplete:
			return nil
		case types.StackDriftDetectionStatusDetectionFailed:
			s.warn("some of the stack " + s.name + " could not be looked at for drift: " +
				clean(aws.ToString(out.DetectionStatusReason)))
			return nil
		}
		if err := s.clock.Sleep(ctx, pause(s.clock.Now().Sub(begun), false, false)); err != nil {
			return err
		}
	}
}

// drifts reads what the last detection found to differ.
func (s *Stack) drifts(ctx context.Context, id string) ([]report.Drifted, error) {
	var drifted []report.Drifted
	in := &cloudformation.DescribeStackResourceDriftsInput{
		StackName: &id,
		StackResourceDriftStatusFilters: []types.StackResourceDriftStatus{
			types.StackResourceDriftStatusModified, types.StackResourceDriftStatusDeleted,
		},
	}
	for pages := cloudformation.NewDescribeStackResourceDriftsPaginator(s.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx, s.poll)
		if err != nil {
			return nil, err
		}
		for _, d := range page.StackResourceDrifts {
			drifted = append(drifted, driftOf(d))
		}
	}
	return drifted, nil
}

func driftOf(d types.StackResourceDrift) report.Drifted {
	drifted := report.Drifted{
		LogicalID:    aws.ToString(d.LogicalResourceId),
		PhysicalID:   aws.ToString(d.PhysicalResourceId),
		ResourceType: aws.ToString(d.ResourceType),
		Status:       string(d.StackResourceDriftStatus),
	}
	for _, p := range d.PropertyDifferences {
		drifted.Properties = append(drifted.Properties, report.PropertyDrift{
			Path:     aws.ToString(p.PropertyPath),
			Kind:     string(p.DifferenceType),
			Expected: aws.ToString(p.ExpectedValue),
			Actual:   aws.ToString(p.ActualValue),
		})
	}
	return drifted
}
