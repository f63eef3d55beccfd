// Package apigateway is API Gateway, as far as WebSocket APIs need it. Its control plane has APIs with their
// authorizers, integrations, routes, route responses and stages; they are made by CloudFormation alone, and read,
// changed and removed by everybody. Its data plane lets clients connect to them, and functions write to the clients.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/api-reference.html
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api.html
package apigateway

import (
	"context"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/resource"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Config is what the service stands on. Without Hub, Functions or Pace no API is served.
type Config struct {
	Store *store.Store
	Clock clock.Clock

	Hub       *websocket.Hub  // the connections
	Functions traffic.Invoker // what routes and authorizers call
	Pace      clock.Alarm     // of throttles and timeouts, and of the times that events carry
	Watch     traffic.Watcher // may be nil
	// Recovers says that connections are written down, for Recover: only the one server of a state does that.
	Recovers bool
	// Settle brings the state up to the present before a message is dealt with. It may be nil.
	Settle func(ctx context.Context) error
}

// Service is API Gateway: a wire.Service, and the resource types that CloudFormation makes of it.
type Service struct {
	wire.REST
	store *store.Store
	clock clock.Clock
	plane *plane // nil where no API is served
}

// New is the service on a store.
func New(c Config) *Service {
	s := &Service{store: c.Store, clock: c.Clock, plane: newPlane(c)}
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
