package lambda

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/execution"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// InvokeFor calls a function for a service of AWS's, if the function's policy lets it. The function's own failure is an
// Answer with Failed set; in every error is a *wire.Error. Where the event has not reached a process, and may reach one
// later, traffic.ErrUncalled is in it too: too many are under way, the processes are ending, none can be made, or ctx
// ended before one was free.
func (s *Service) InvokeFor(
	ctx context.Context, arn string, by traffic.Caller, payload []byte,
) (traffic.Answer, error) {
	f, err := s.called(ctx, arn, by)
	if err != nil {
		return traffic.Answer{}, err
	}
	event := execution.Event{RequestID: wire.NewID(), Payload: payload, TraceID: traceID(s.clock.Now())}
	answer, err := s.run(ctx, s.execution(f), event)
	if err != nil {
		return traffic.Answer{}, err
	}
	return traffic.Answer{Payload: answer.Payload, Failed: answer.Failed}, nil
}

// called is the function of an ARN, if a caller may call it now.
func (s *Service) called(ctx context.Context, arn string, by traffic.Caller) (*function, error) {
	if s.runner == nil {
		return nil, wire.Unmodelled("UnknownOperationException", "calling functions: none runs here (%s)", arn)
	}
	at, name, err := placed(arn)
	if err != nil {
		return nil, err
	}
	f, err := s.known.Get(ctx, arn, func(tx *store.Tx) (*function, error) {
		f, ok := find(tx, at, name)
		if !ok {
			return nil, notFound("Function not found: %s", arn)
		}
		return f, nil
	})
	if _, refused := errors.AsType[*wire.Error](err); err != nil && !refused {
		return nil, broken(arn, err)
	}
	if err != nil {
		return nil, err
	}
	if !f.lets(by) {
		return nil, f.denied(by)
	}
	return f, f.callable(s.clock.Now())
}

// placed is where the function of an ARN is, and its name.
func placed(arn string) (wire.Place, string, error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return wire.Place{}, "", notFound("Function not found: %s", arn)
	}
	at := wire.Place{Partition: parts[1], Region: parts[3], Account: parts[4]}
	name, err := named(at.Account, at.Region, arn, "")
	return at, name, err
}

// lets tells whether the function's policy lets a service call it. Every statement allows: AddPermission makes no
// others. A condition on what the caller does not say is not met.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
func (f *function) lets(by traffic.Caller) bool {
	return slices.ContainsFunc(f.Policy, func(s statement) bool {
		return s.Principal.Service == by.Service && s.Condition.met(by) &&
			slices.ContainsFunc([]string{"lambda:InvokeFunction", "lambda:*", "*"}, func(action string) bool {
				return strings.EqualFold(s.Action, action)
			})
	})
}

// met tells whether a caller is one that the condition means.
func (c *condition) met(by traffic.Caller) bool {
	if c == nil {
		return true
	}
	account, ofAccount := c.StringEquals["AWS:SourceAccount"]
	arn, ofARN := c.ArnLike["AWS:SourceArn"]
	return (!ofAccount || account == by.Account) && (!ofARN || arnLike(arn, by.SourceARN))
}

// arnLike compares as ArnLike does: each of the six parts of an ARN by itself, case and all, with "*" for any
// characters and "?" for one. The last part may have colons in it.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html#Conditions_ARN
func arnLike(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != 6 || len(parts) != 6 {
		return false
	}
	for i := range parts {
		if !wire.Like(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

// denied is the refusal of a caller. What stands before the source is what AWS's services tell, as
// https://github.com/awslabs/aws-automated-incident-response-and-forensics/issues/13 shows.
func (f *function) denied(by traffic.Caller) *wire.Error {
	return wire.Errorf(http.StatusForbidden, "AccessDeniedException",
		"User: %s is not authorized to perform: lambda:InvokeFunction on resource: %s because no resource-based policy "+
			"allows the lambda:InvokeFunction action (for %s of the account %s)", by.Service, f.arn(), by.SourceARN, by.Account)
}
