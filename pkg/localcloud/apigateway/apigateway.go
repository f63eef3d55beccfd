// Package apigateway is API Gateway's control plane for WebSocket APIs, as far as the template and its readers need it:
// APIs with their authorizers, integrations, routes, route responses and stages. They are made by CloudFormation alone,
// and read, changed and removed by everybody; nothing is served on them yet.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
package apigateway

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
	Store *store.Store
	Clock clock.Clock
}

// Service is API Gateway: a wire.Service, and the resource types that CloudFormation makes of it.
type Service struct {
	wire.REST
	store *store.Store
	clock clock.Clock
}

// New is the service on a store.
func New(c Config) *Service {
	s := &Service{store: c.Store, clock: c.Clock}
	s.REST = wire.REST{Name: "API Gateway", Wrong: "BadRequestException", Routes: s.routes()}
	return s
}

// Types are the resource types of API Gateway.
func (s *Service) Types() []resource.Type {
	return []resource.Type{
		apiType(apis()), authorizerType(authorizers()), integrationType(integrations()), routeType(routes()),
		responseType(responses()), stageType(stages()),
	}
}

// on runs what reads in a transaction. The API that a path names must be there.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apis-apiid.html
func (s *Service) on(read reader) wire.RESTOperation {
	return func(ctx context.Context, c *wire.Call, labels map[string]string) (any, error) {
		var answer any
		err := s.store.Update(ctx, func(tx *store.Tx) error {
			if labels["ApiId"] != "" {
				if err := holds(tx, c.Place(), labels["ApiId"]); err != nil {
					return err
				}
			}
			var err error
			answer, err = read(tx, c.Place(), c, labels)
			return err
		})
		return answer, err
	}
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
