// Package lambda is Lambda as far as the template and its readers need it: functions with their code, configuration and
// state, their resource policies, and who calls them. What runs them is given to it.
//
// The words of a refusal that has no source beside it are written from memory, and so unverified.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
package lambda

import (
	"context"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what the service stands on.
type Config struct {
	Store   *store.Store
	Clock   clock.Clock
	Objects resource.Objects // where functions' code comes from
	Roles   Roles            // what functions run as

	// Run runs functions. Where it is nil, Invoke is refused.
	Run Runner
	// Endpoint is the URL at which functions find the local cloud, "" if there is none. It may be nil.
	Endpoint func() string
	// Pace is the clock of the pauses before an asynchronous event is tried again. nil is the machine's.
	Pace clock.Alarm
	// Secret is what functions' access keys are made with: the same secret makes the same keys.
	Secret string
}

// Roles are IAM's roles, as far as Lambda asks for them.
type Roles interface {
	// Assumable tells whether a service ("lambda.amazonaws.com") may assume the role of an ARN. What cannot be told is a
	// *wire.Error.
	Assumable(tx *store.Tx, arn, service string) (bool, error)
}

// Service is Lambda: a wire.Service, and the resource types that CloudFormation makes of it.
type Service struct {
	wire.REST
	store   *store.Store
	clock   clock.Clock
	objects resource.Objects
	roles   Roles

	runner   Runner // nil where functions do not run
	endpoint func() string
	pace     clock.Alarm
	secret   string
	known    *store.Memo[*function] // by their ARNs, for those who call them often
	events   background             // asynchronous ones
}

// New is the service on a store. Close it in the end, if functions run.
func New(c Config) *Service {
	s := &Service{
		store: c.Store, clock: c.Clock, objects: c.Objects, roles: c.Roles,
		runner: c.Run, endpoint: c.Endpoint, pace: c.Pace, secret: c.Secret,
		known: store.NewMemo[*function](c.Store),
	}
	if s.endpoint == nil {
		s.endpoint = func() string { return "" }
	}
	if s.pace == nil {
		s.pace = clock.Real(1)
	}
	s.REST = wire.REST{Name: "Lambda", Wrong: "InvalidParameterValueException", Routes: s.routes()}
	return s
}

// Close gives up the asynchronous events that are on their way, those that a function has among them, and waits until
// that is done, as long as ctx lasts.
func (s *Service) Close(ctx context.Context) error { return s.events.close(ctx) }

// Types are the resource types of Lambda.
func (s *Service) Types() []resource.Type {
	return []resource.Type{functionType(&functions{s.clock, s.objects, s.roles}), permissionType(&permissions{})}
}

// Refuse writes the error. Which errors spell "Message" is in the API's model.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
func (s *Service) Refuse(w http.ResponseWriter, c *wire.Call, e *wire.Error) {
	member, kind := "message", "User"
	if e.Code == "ResourceNotFoundException" || e.Code == "ServiceException" {
		member = "Message"
	}
	if e.Status >= http.StatusInternalServerError {
		kind = "Service"
	}
	body := map[string]string{"Type": kind, member: e.Message}
	for _, field := range e.Fields {
		body[field.Name] = field.Value
	}
	s.RefuseAs(w, c, e, body)
}

// within runs an operation in a transaction, with the moment at which it happens.
func (s *Service) within(ctx context.Context, do func(tx *store.Tx, now time.Time) error) error {
	return s.store.Update(ctx, func(tx *store.Tx) error { return do(tx, s.clock.Now()) })
}

// invalid is Lambda's refusal of an input.
func invalid(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "InvalidParameterValueException", format, args...)
}

// unvalidated is the refusal of an input by AWS's framework, before Lambda looks at it.
func unvalidated(value any, member, rule string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "ValidationException",
		"1 validation error detected: Value '%v' at '%s' failed to satisfy constraint: "+rule,
		append([]any{value, member}, args...)...)
}

func conflict(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusConflict, "ResourceConflictException", format, args...)
}

func notFound(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "ResourceNotFoundException", format, args...)
}
