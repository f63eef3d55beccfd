package account

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/plldb/plldb/pkg/report"
)

// Bounds of the first question: in all, and between its tries. An endpoint that refuses, or accepts and never answers, is
// found out here (trap 67).
const (
	signInWait  = 40 * time.Second // for the credentials themselves
	whoAmIWait  = 10 * time.Second
	whoAmIPause = 500 * time.Millisecond
)

// Identity is who calls, and where.
type Identity struct {
	Account   string // twelve digits
	Region    string
	Partition string // aws, aws-cn, aws-us-gov, …
	Caller    string // ARN
	Endpoint  string // "" for AWS itself
}

// SignIn looks for the credentials, first and by itself: inside a call the SDK would take their absence for a fault of the
// network and look for them three times. It is bounded until somebody is asked for an MFA code: typing takes its time.
func (s *Session) SignIn(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bound := time.AfterFunc(signInWait, func() { cancel(errSilent) })
	defer bound.Stop()
	s.asked.Store(bound)

	_, err := s.cfg.Credentials.Retrieve(ctx)
	switch {
	case err != nil && errors.Is(context.Cause(ctx), errSilent):
		return errSilent
	case err != nil:
		return fmt.Errorf("get identity: get credentials: %w", err)
	}
	return nil
}

// errSilent is a Problem, since the SDK's errors would say that the run was cancelled.
var errSilent = &report.Problem{
	Message: "no credentials could be obtained: whoever gives them does not answer",
	Hint:    "check the network; a role is assumed at STS, an SSO session is kept by SSO's own endpoint",
	Code:    report.ExitFailed,
}

// WhoAmI asks STS GetCallerIdentity, which needs no permission.
func (s *Session) WhoAmI(ctx context.Context) (Identity, error) {
	if err := s.SignIn(ctx); err != nil {
		return Identity{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, whoAmIWait)
	defer cancel()

	client := sts.NewFromConfig(s.cfg, func(o *sts.Options) {
		o.Retryer = retry.AddWithMaxBackoffDelay(o.Retryer, whoAmIPause)
	})
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, fmt.Errorf("asking whose credentials these are: %w", err)
	}
	who, err := arn.Parse(aws.ToString(out.Arn))
	if err != nil {
		return Identity{}, notAWS("STS", "GetCallerIdentity", "")
	}

	return Identity{
		Account:   aws.ToString(out.Account),
		Region:    s.cfg.Region,
		Partition: who.Partition,
		Caller:    aws.ToString(out.Arn),
		Endpoint:  aws.ToString(client.Options().BaseEndpoint),
	}, nil
}

// IsID says whether s has the form of an account's number: twelve digits.
func IsID(s string) bool { return len(s) == 12 && strings.Trim(s, "0123456789") == "" }

// Expect refuses any account but the one that was asked for. An empty want expects nothing.
func (i Identity) Expect(want string) error {
	if want == "" || want == i.Account {
		return nil
	}
	return &report.Problem{
		Message: fmt.Sprintf("these credentials are of account %s, not %s", i.Account, want),
		Hint:    "choose other credentials (--profile, AWS_PROFILE), or leave out --account",
		Code:    report.ExitUsage,
	}
}
