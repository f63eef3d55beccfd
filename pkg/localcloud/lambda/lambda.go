// Package lambda is Lambda's control plane as far as the template and its readers need it: functions with their code,
// configuration and state, and their resource policies. Functions do not run yet.
//
// The words of a refusal that has no source beside it are written from memory, and so unverified.
//
// https://docs.aws.amazon.com/lambda/latest/api/API_Operations.html
package lambda

import (
	"context"
	"maps"
	"net/http"
	"slices"
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
}

// Service is Lambda: a wire.Service, and the resource types that CloudFormation makes of it.
type Service struct {
	store   *store.Store
	clock   clock.Clock
	objects resource.Objects
}

// New is the service on a store.
func New(c Config) *Service { return &Service{store: c.Store, clock: c.Clock, objects: c.Objects} }

// Types are the resource types of Lambda.
func (s *Service) Types() []resource.Type {
	return []resource.Type{functionType(&functions{s.clock, s.objects}), permissionType(&permissions{})}
}

// Operation finds the operation by the method and the path.
func (s *Service) Operation(c *wire.Call) (string, error) {
	r, _, ok := match(c)
	if !ok {
		return "", wire.Unmodelled("UnknownOperationException", "Lambda's %s %s", c.Method, c.URL.Path)
	}
	if c.AccessKey == "" {
		return r.operation, wire.Errorf(http.StatusForbidden, "MissingAuthenticationTokenException",
			"Missing Authentication Token")
	}
	return r.operation, nil
}

// Serve calls the operation.
func (s *Service) Serve(ctx context.Context, w http.ResponseWriter, c *wire.Call) error {
	r, named, _ := match(c)
	for name := range c.URL.Query() {
		if !slices.Contains(r.query, name) {
			return wire.Unmodelled("InvalidParameterValueException", "the parameter %s of %s", name, c.Operation)
		}
	}
	answer, err := r.do(s, ctx, c, named)
	if err != nil {
		return err
	}
	if code, raw := answer.([]byte); raw {
		w.Header().Set("Content-Type", "application/zip")
		_, _ = w.Write(code) // the client gets it, or is gone
		return nil
	}
	if answer == nil {
		w.Header().Set("x-amzn-RequestId", c.ID)
		w.WriteHeader(r.status)
		return nil
	}
	return wire.WriteJSON(w, c, r.status, "application/json", answer)
}

// Refuse writes the error. Which errors spell "Message" is in the API's model.
// https://docs.aws.amazon.com/lambda/latest/api/CommonErrors.html
func (s *Service) Refuse(w http.ResponseWriter, c *wire.Call, e *wire.Error) {
	maps.Copy(w.Header(), e.Header)
	w.Header().Set("x-amzn-ErrorType", e.Code)
	member, kind := "message", "User"
	if e.Code == "ResourceNotFoundException" || e.Code == "ServiceException" {
		member = "Message"
	}
	if e.Status >= http.StatusInternalServerError {
		kind = "Service"
	}
	_ = wire.WriteJSON(w, c, e.Status, "application/json", map[string]string{"Type": kind, member: e.Message})
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
