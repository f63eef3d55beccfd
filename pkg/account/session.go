// Package account answers whose account and region a run works in, and makes the clients that talk to it: credentials by
// the SDK's own chain, one HTTP client with bounds on every wait, and the words for what AWS and the network refuse.
package account

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/plldb/plldb/pkg/report"
)

// metadataWait bounds each of the two calls (token, role) to the instance metadata service, which is the end of the
// chain where there are no credentials at all (trap 63).
const metadataWait = 700 * time.Millisecond

// Options say where to work. What is empty is left to the SDK's chain: environment, shared config, SSO, `aws login`,
// container and instance roles.
type Options struct {
	Region      string
	Profile     string
	EndpointURL string                 // instead of AWS, for every service
	MFA         func() (string, error) // asks for the code of a profile with mfa_serial; nil where nobody can answer
	Sink        report.Sink            // is told each request

	// Dial opens a connection to host:port instead of the network, for tests.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

// Session is a loaded configuration. Nothing has been asked of AWS yet.
type Session struct {
	cfg    aws.Config
	dialer *dialer                     // nil where the configuration was given ready-made
	asked  *atomic.Pointer[time.Timer] // the bound of signing in, which ends when somebody is asked for an MFA code
}

// Load reads the configuration. It makes no request; what is wrong with the settings is a Problem with the exit code for
// usage.
func Load(ctx context.Context, o Options) (*Session, error) {
	d := newDialer(o.Dial)
	asked := new(atomic.Pointer[time.Timer])
	o.MFA = unbounded(o.MFA, asked)
	cfg, err := config.LoadDefaultConfig(ctx, o.sources(d)...)
	if err != nil {
		return nil, loadProblem(err, o)
	}
	if o.EndpointURL != "" { // the SDK forgets it under AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
		cfg.BaseEndpoint = &o.EndpointURL
	}
	if err := checkRegion(cfg); err != nil {
		return nil, err
	}
	if c, ok := cfg.HTTPClient.(*awshttp.BuildableClient); ok {
		cfg.HTTPClient = d.client(c)
	}

	return &Session{cfg: watched(cfg, o.Sink), dialer: d, asked: asked}, nil
}

// Ready makes a session of a configuration that is complete, as tests have it.
func Ready(cfg aws.Config, sink report.Sink) *Session {
	return &Session{cfg: watched(cfg, sink), asked: new(atomic.Pointer[time.Timer])}
}

// unbounded stops the clock of signing in when the question is put.
func unbounded(question func() (string, error), bound *atomic.Pointer[time.Timer]) func() (string, error) {
	if question == nil {
		return nil
	}
	return func() (string, error) {
		if timer := bound.Load(); timer != nil {
			timer.Stop()
		}
		return question()
	}
}

func (o Options) sources(d *dialer) []func(*config.LoadOptions) error {
	sources := []func(*config.LoadOptions) error{
		config.WithHTTPClient(d.buildable()),
		config.WithLogger(logging.Nop{}), // the SDK's own warnings would break into the story
		config.WithEC2RoleCredentialOptions(askMetadataOnce),
	}
	if o.Region != "" {
		sources = append(sources, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		sources = append(sources, config.WithSharedConfigProfile(o.Profile))
	}
	if o.EndpointURL != "" {
		sources = append(sources, config.WithBaseEndpoint(o.EndpointURL))
	}
	if o.MFA != nil {
		sources = append(sources, config.WithAssumeRoleCredentialOptions(func(a *stscreds.AssumeRoleOptions) {
			a.TokenProvider = o.MFA
		}))
	}
	return sources
}

// askMetadataOnce replaces the SDK's metadata client, whose retries take four to five seconds where nobody answers.
func askMetadataOnce(o *ec2rolecreds.Options) {
	o.Client = imds.New(imds.Options{
		Retryer: aws.NopRetryer{},
		HTTPClient: awshttp.NewBuildableClient().WithTimeout(metadataWait).WithTransportOptions(
			func(t *http.Transport) { t.Proxy = nil }),
	})
}

// regionShape is what every region's name looks like: us-east-1, us-gov-west-1, eusc-de-east-1.
var regionShape = regexp.MustCompile(`^[a-z]{2,5}(-[a-z]+)+-[0-9]+$`)

// IsRegion says whether s has the form of a region's name.
func IsRegion(s string) bool { return regionShape.MatchString(s) }

func checkRegion(cfg aws.Config) error {
	switch {
	case cfg.Region == "":
		return &report.Problem{
			Message: "no AWS region is set",
			Hint:    "name one with --region, AWS_REGION, or a profile that has one (aws configure set region eu-west-1)",
			Code:    report.ExitUsage,
		}
	case cfg.BaseEndpoint == nil && !IsRegion(cfg.Region):
		return &report.Problem{
			Message: fmt.Sprintf("%q is not the name of an AWS region", cfg.Region),
			Hint:    "regions are named like eu-west-1; `aws ec2 describe-regions` lists those of this account",
			Code:    report.ExitUsage,
		}
	}
	return nil
}

func loadProblem(err error, o Options) error {
	p := &report.Problem{Code: report.ExitUsage, Err: err}
	if _, ok := errors.AsType[config.SharedConfigProfileNotExistError](err); ok {
		p.Message = fmt.Sprintf("the profile %q does not exist", o.Profile)
		if o.Profile == "" {
			p.Message = "the profile that AWS_PROFILE names does not exist"
		}
		p.Hint = "`aws configure list-profiles` lists those that do"
		return p
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		p.Message, p.Code = "the profile asks for an MFA code, and there is no terminal to type it on", report.ExitDenied
		p.Hint = "run this on a terminal, or export the credentials of a session that has passed MFA"
		return p
	}
	p.Message = "the AWS configuration cannot be read: " + err.Error()
	p.Hint = "look at ~/.aws/config, ~/.aws/credentials and the AWS_ variables"
	return p
}

// Region is where the session works.
func (s *Session) Region() string { return s.cfg.Region }

// S3 makes the client for the bucket. Where an endpoint is set, AWS_ENDPOINT_URL_S3 included, it asks path-style:
// endpoints that are not AWS seldom have a name for every bucket.
func (s *Session) S3() *s3.Client {
	return s3.NewFromConfig(s.cfg, func(o *s3.Options) {
		o.UsePathStyle = o.UsePathStyle || o.BaseEndpoint != nil
	})
}

// CloudFormation makes the client for the stack.
func (s *Session) CloudFormation() *cloudformation.Client { return cloudformation.NewFromConfig(s.cfg) }
