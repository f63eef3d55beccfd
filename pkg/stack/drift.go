package stack

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"

	"github.com/plldb/plldb/pkg/report"
)

// busyDetection is how long to wait while another detection goes on: AWS says that one takes up to several
// minutes.
const busyDetection = 5 * time.Second

// CloudFormation's words for the drift of a stack (types.StackDriftStatus).
const (
	InSync     = "IN_SYNC"
	Drifted    = "DRIFTED"
	Unknown    = "UNKNOWN"     // some resources could not be compared, and no other differs
	NotChecked = "NOT_CHECKED" // nothing was compared
)

// Drift is what a stack was found to be, beside what its template says.
type Drift struct {
	Status    string           // InSync, Drifted, Unknown or NotChecked
	Resources []report.Drifted // those that differ
}

// Drift has CloudFormation compare what is in the stack with its template, waits for it, and returns what differs. It
// changes nothing. A state in which CloudFormation does not compare, and resources that could not be compared, are a
// warning; that there is no stack is a *report.Problem. A cancelled ctx ends it with its cause; the comparison does no
// harm, and is left to end.
func (s *Stack) Drift(ctx context.Context, seen Seen) (Drift, error) {
	switch {
	case !seen.Exists:
		return Drift{Status: NotChecked}, refusal("set it up first: plldb bootstrap setup",
			"there is no stack %s to look for drift in", s.name)
	case !mayDrift(seen.Status):
		s.undriftable(fmt.Sprintf(": it %s (%s)", said(seen.Status), seen.Status))
		return Drift{Status: NotChecked}, nil
	}
	drift, err := s.compare(ctx, seen)
	if err == nil {
		return drift, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return Drift{Status: NotChecked}, fmt.Errorf("looking for drift in the stack %s: %w", s.name, err)
}

// drifting are the states in which CloudFormation looks for drift.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-stack-drift.html
func drifting() []string {
	return []string{createComplete, updateComplete, updateRollbackComplete, updateRollbackFailed}
}

func mayDrift(status string) bool { return slices.Contains(drifting(), status) }

// undriftable warns that there is nothing to say about drift, and when there would be.
func (s *Stack) undriftable(why string) {
	among := drifting()
	last := len(among) - 1
	s.warn(fmt.Sprintf("drift was not looked for in the stack %s%s; CloudFormation looks for it in %s and %s",
		s.name, why, strings.Join(among[:last], ", "), among[last]))
}

// compare begins a detection, waits for its end and reads what it found.
func (s *Stack) compare(ctx context.Context, seen Seen) (Drift, error) {
	id, err := s.detect(ctx, seen)
	if err != nil {
		return Drift{}, err
	}
	if id == "" {
		return Drift{Status: NotChecked}, nil
	}
	end, err := s.detected(ctx, id)
	if err != nil {
		return Drift{}, err
	}
	resources, err := s.drifts(ctx, seen.ID)
	return Drift{driftStatus(end, len(resources)), resources}, err
}

// driftStatus is CloudFormation's word for the stack where it has one. A detection that failed for some resources cannot
// know that all of them are as they should be.
func driftStatus(end *cloudformation.DescribeStackDriftDetectionStatusOutput, differ int) string {
	word := string(end.StackDriftStatus)
	switch {
	case differ > 0:
		return Drifted
	case word != "" && word != InSync:
		return word
	case end.DetectionStatus == types.StackDriftDetectionStatusDetectionFailed:
		return Unknown
	}
	return InSync
}

// detect begins a detection and returns its id; "" where none is possible. There is one at a time
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/detect-drift-stack.html), and the id of another is not
// told: its end is waited for, and then this one begun. The other may be this run's own, since the call has no token:
// one whose answer was lost is sent again. The two sentences are those that public tools look for; the code beside them
// is unverified.
func (s *Stack) detect(ctx context.Context, seen Seen) (string, error) {
	for told := false; ; told = true {
		out, err := s.client.DetectStackDrift(ctx, &cloudformation.DetectStackDriftInput{StackName: &seen.ID}, s.poll)
		if err == nil {
			return aws.ToString(out.StackDriftDetectionId), nil
		}
		_, message := answer(err)
		switch {
		case strings.Contains(message, "Drift detection cannot be performed"): // its state is another by now
			s.undriftable(", whose state is another by now")
			return "", nil
		case !strings.Contains(message, "already in progress"):
			return "", err
		case !told:
			text := "a look for drift in the stack " + s.name + " goes on already: waiting for its end"
			s.sink.Tell(report.Notice{Text: text})
		}
		if err := s.clock.Sleep(ctx, busyDetection); err != nil {
			return "", err
		}
	}
}

// detected waits for the end of a detection. One that failed has looked at some resources all the same.
func (s *Stack) detected(
	ctx context.Context, id string,
) (*cloudformation.DescribeStackDriftDetectionStatusOutput, error) {
	in := &cloudformation.DescribeStackDriftDetectionStatusInput{StackDriftDetectionId: &id}
	for begun := s.clock.Now(); ; {
		out, err := s.client.DescribeStackDriftDetectionStatus(ctx, in, s.poll)
		if err != nil {
			return nil, err
		}
		switch out.DetectionStatus {
		case types.StackDriftDetectionStatusDetectionComplete:
			return out, nil
		case types.StackDriftDetectionStatusDetectionFailed:
			s.warn("some of the stack " + s.name + " could not be looked at for drift: " +
				clean(aws.ToString(out.DetectionStatusReason)))
			return out, nil
		}
		if err := s.clock.Sleep(ctx, pause(s.clock.Now().Sub(begun), false, false)); err != nil {
			return nil, err
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
