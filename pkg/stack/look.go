package stack

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
)

// Seen is all that must be known of the stack before anything is decided.
type Seen struct {
	Name          string
	Exists        bool
	ID            string // ARN; it finds the stack even after its deletion (trap 19)
	Status        string // CloudFormation's own word, UPDATE_COMPLETE
	Reason        string // why it has that status, "" when CloudFormation does not say
	Tags          map[string]string
	Parameters    map[string]string
	Outputs       map[string]string
	Template      string    // as it was submitted, byte for byte but for non-ASCII (trap 49)
	LastOperation string    // id of the newest operation, "" where the endpoint has none (moto)
	Role          string    // ARN of the role that CloudFormation works with, "" when it uses the caller's rights
	Protected     bool      // termination protection is on
	Updated       time.Time // when an update was last begun, zero when never

	// What is in the stack, deleted resources apart; read only for the broken states, CREATE_FAILED, ROLLBACK_FAILED,
	// UPDATE_FAILED and DELETE_FAILED.
	Resources []Resource
	// EverStable says, for UPDATE_FAILED alone, that there is a state to roll back to; without one RollbackStack deletes
	// the stack (trap 51). Events are kept for 90 days only, so it may be false for an old stack: the safe side.
	EverStable bool
}

// Resource is one resource of a broken stack.
type Resource struct {
	LogicalID  string
	PhysicalID string // "" when it was never made
	Type       string
	Status     string
	Reason     string
}

// Look reads the stack: two requests side by side, and more only for a broken one. That there is none is no error.
func (s *Stack) Look(ctx context.Context) (Seen, error) { return s.look(ctx) }

// look is Look with the patience that the options give it.
func (s *Stack) look(ctx context.Context, options ...func(*cloudformation.Options)) (Seen, error) {
	var (
		found                 types.Stack
		text                  string
		stackError, textError error
		both                  sync.WaitGroup
	)
	both.Go(func() { found, stackError = s.describe(ctx, s.name, options...) })
	both.Go(func() { text, textError = s.template(ctx, options...) })
	both.Wait()
	seen := s.seenOf(found)
	switch {
	case errors.Is(stackError, errAbsent), stackError == nil && !seen.Exists:
		return Seen{Name: s.name}, nil
	case stackError != nil:
		return Seen{}, fmt.Errorf("looking at the stack %s: %w", s.name, stackError)
	case textError != nil && seen.Status != reviewInProgress: // such a stack has no template to give
		return Seen{}, fmt.Errorf("reading the template of the stack %s: %w", s.name, textError)
	}
	seen.Template = text
	return s.lookInside(ctx, seen)
}

// lookAgain makes sure of what was seen a while ago, by one request as long as it is still so. That there was no stack
// need not be asked again: a change set for a create is refused where there is one.
func (s *Stack) lookAgain(ctx context.Context, seen Seen) (Seen, error) {
	if !seen.Exists {
		return seen, nil
	}
	st, err := s.describe(ctx, s.name, s.poll)
	switch {
	case err == nil && seen.isStill(s.seenOf(st)):
		return seen, nil
	case err != nil && !errors.Is(err, errAbsent):
		return seen, fmt.Errorf("looking at the stack %s: %w", s.name, err)
	}
	return s.look(ctx, s.poll)
}

// isStill says whether the stack has not changed in anything that is decided from. Its template and what is in it change
// by an operation alone, and that shows: as the status, as the time of an update, or as the newest operation.
func (s Seen) isStill(now Seen) bool {
	return s.ID == now.ID && s.Status == now.Status && s.Updated.Equal(now.Updated) &&
		s.LastOperation == now.LastOperation && s.Role == now.Role && s.Protected == now.Protected &&
		maps.Equal(s.Tags, now.Tags) && maps.Equal(s.Outputs, now.Outputs)
}

// describe reads the stack by name or id. A stack that was deleted is found by its id only.
func (s *Stack) describe(
	ctx context.Context, id string, options ...func(*cloudformation.Options),
) (types.Stack, error) {
	out, err := s.client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &id}, options...)
	if isAbsent(err) || err == nil && len(out.Stacks) == 0 {
		return types.Stack{}, errAbsent
	}
	if err != nil {
		return types.Stack{}, err
	}
	return out.Stacks[0], nil
}

// template reads the text that the stack was last given; "" when there is no stack.
func (s *Stack) template(ctx context.Context, options ...func(*cloudformation.Options)) (string, error) {
	out, err := s.client.GetTemplate(ctx, &cloudformation.GetTemplateInput{
		StackName:     &s.name,
		TemplateStage: types.TemplateStageOriginal,
	}, options...)
	if isAbsent(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.TemplateBody), nil
}

// lookInside adds what only a broken stack is asked for.
func (s *Stack) lookInside(ctx context.Context, seen Seen) (Seen, error) {
	if !isBroken(seen.Status) {
		return seen, nil
	}
	var err error
	if seen.Resources, err = s.resources(ctx, seen.ID); err != nil {
		return Seen{}, fmt.Errorf("listing what is in the stack %s: %w", s.name, err)
	}
	if seen.Status != updateFailed {
		return seen, nil
	}
	if seen.EverStable, err = s.everStable(ctx, seen.ID); err != nil {
		return Seen{}, fmt.Errorf("reading the events of the stack %s: %w", s.name, err)
	}
	return seen, nil
}

// resources lists what is in the stack, all pages.
func (s *Stack) resources(ctx context.Context, id string) ([]Resource, error) {
	var found []Resource
	in := &cloudformation.ListStackResourcesInput{StackName: &id}
	pages := cloudformation.NewListStackResourcesPaginator(s.client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.StackResourceSummaries {
			if r.ResourceStatus != types.ResourceStatusDeleteComplete {
				found = append(found, resourceOf(r))
			}
		}
	}
	return found, nil
}

func resourceOf(r types.StackResourceSummary) Resource {
	return Resource{
		LogicalID:  aws.ToString(r.LogicalResourceId),
		PhysicalID: aws.ToString(r.PhysicalResourceId),
		Type:       aws.ToString(r.ResourceType),
		Status:     string(r.ResourceStatus),
		Reason:     aws.ToString(r.ResourceStatusReason),
	}
}

// everStable says whether the stack's own events hold a state that RollbackStack goes back to.
func (s *Stack) everStable(ctx context.Context, id string) (bool, error) {
	stable := false
	err := s.eachEvent(ctx, id, func(e types.StackEvent) bool {
		stable = s.isOwn(e) && isStable(string(e.ResourceStatus))
		return !stable
	})
	return stable, err
}

// seenOf takes from CloudFormation's description what decisions and people need.
func (s *Stack) seenOf(st types.Stack) Seen {
	seen := Seen{
		Name:       s.name,
		Exists:     st.StackStatus != deleteComplete,
		ID:         aws.ToString(st.StackId),
		Status:     string(st.StackStatus),
		Reason:     aws.ToString(st.StackStatusReason),
		Tags:       map[string]string{},
		Parameters: map[string]string{},
		Outputs:    map[string]string{},
		Role:       aws.ToString(st.RoleARN),
		Protected:  aws.ToBool(st.EnableTerminationProtection),
		Updated:    aws.ToTime(st.LastUpdatedTime),
	}
	for _, t := range st.Tags {
		seen.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	for _, p := range st.Parameters {
		seen.Parameters[aws.ToString(p.ParameterKey)] = aws.ToString(p.ParameterValue)
	}
	for _, o := range st.Outputs {
		seen.Outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	if len(st.LastOperations) > 0 { // the newest comes first
		seen.LastOperation = aws.ToString(st.LastOperations[0].OperationId)
	}
	return seen
}
