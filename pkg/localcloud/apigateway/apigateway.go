// Package apigateway is API Gateway's control plane for WebSocket APIs, as far as the template and its readers need it:
// APIs with their authorizers, integrations, routes, route responses and stages. They are made by CloudFormation alone
// and read by everybody; nothing is served on them yet.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
package apigateway

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
	Store *store.Store
	Clock clock.Clock // unused as long as nothing here takes its time beside CloudFormation's steps
}

// Service is API Gateway: a wire.Service, and the resource types that CloudFormation makes of it.
type Service struct {
	store *store.Store
}

// New is the service on a store.
func New(c Config) *Service { return &Service{store: c.Store} }

// Types are the resource types of API Gateway.
func (s *Service) Types() []resource.Type {
	return []resource.Type{
		apiType(apis()), authorizerType(authorizers()), integrationType(integrations()), routeType(routes()),
		responseType(responses()), stageType(stages()),
	}
}

// Operation finds the operation by the method and the path.
func (s *Service) Operation(c *wire.Call) (string, error) {
	r, _, ok := match(c)
	if !ok {
		return "", wire.Unmodelled("UnknownOperationException", "API Gateway's %s %s", c.Method, c.URL.Path)
	}
	if c.AccessKey == "" {
		return r.operation, wire.Errorf(http.StatusForbidden, "MissingAuthenticationTokenException",
			"Missing Authentication Token")
	}
	return r.operation, nil
}

// Serve calls the operation.
func (s *Service) Serve(ctx context.Context, w http.ResponseWriter, c *wire.Call) error {
	r, labels, _ := match(c)
	for name := range c.URL.Query() {
		if !slices.Contains(r.query, name) {
			return wire.Unmodelled("BadRequestException", "the parameter %s of %s", name, c.Operation)
		}
	}
	var answer any
	err := s.store.Update(ctx, func(tx *store.Tx) error {
		at := scope{c.Account, c.Region, c.Partition()}
		if labels["ApiId"] != "" {
			if err := at.holds(tx, labels["ApiId"]); err != nil {
				return err
			}
		}
		var err error
		answer, err = r.read(tx, at, c, labels)
		return err
	})
	if err != nil {
		return err
	}
	return wire.WriteJSON(w, c, http.StatusOK, "application/json", answer)
}

// Refuse writes the error.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
func (s *Service) Refuse(w http.ResponseWriter, c *wire.Call, e *wire.Error) {
	maps.Copy(w.Header(), e.Header)
	w.Header().Set("x-amzn-ErrorType", e.Code)
	_ = wire.WriteJSON(w, c, e.Status, "application/json", map[string]string{"message": e.Message})
}

func bad(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "BadRequestException", format, args...)
}

func conflict(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusConflict, "ConflictException", format, args...)
}

func missing(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusNotFound, "NotFoundException", format, args...)
}

func unmodelled(format string, args ...any) *wire.Error {
	return wire.Unmodelled("BadRequestException", format, args...)
}

// stamp is a time as API Gateway tells it: to the second.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }
