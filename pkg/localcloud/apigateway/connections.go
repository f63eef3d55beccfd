package apigateway

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Connections is the service "execute-api": what functions do with connections, signed.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
func (s *Service) Connections() wire.Service {
	m := &management{service: s}
	m.REST = wire.REST{Name: "ApiGatewayManagementApi", Wrong: "BadRequestException"}
	const connection = "/@connections/{ConnectionId}"
	for _, path := range []string{localPath + "{ApiId}/{Stage}", "/{Stage}"} {
		path += connection
		m.Routes = append(
			m.Routes,
			wire.Route{Operation: "PostToConnection", Method: http.MethodPost, Path: path, Do: m.on(m.post)},
			wire.Route{Operation: "GetConnection", Method: http.MethodGet, Path: path, Do: m.on(m.get), Status: http.StatusOK},
			wire.Route{Operation: "DeleteConnection", Method: http.MethodDelete, Path: path, Do: m.on(m.end)},
		)
	}
	for _, method := range []string{http.MethodPost, http.MethodGet, http.MethodDelete} {
		for _, path := range []string{localPath + "{ApiId}" + connection, connection} {
			m.Routes = append(m.Routes, wire.Route{Operation: method + " @connections", Method: method, Path: path, Do: astray})
		}
	}
	return m
}

// astray refuses a call whose address lacks the stage, or the API too, which is Forbidden on AWS, and says what it
// lacks. https://github.com/aws/aws-sdk-php/issues/1955
func astray(_ context.Context, call *wire.Call, labels map[string]string) (any, error) {
	base := call.Host + localPath + "API/STAGE"
	switch a, ok := addressOf(call.Request); {
	case hostOf(call.Host).API != "":
		base = call.Host + "/STAGE"
	case ok:
		base = call.Host + localPath + a.API + "/STAGE"
	}
	return nil, wire.Errorf(http.StatusForbidden, "ForbiddenException",
		"Forbidden: the address names no stage of an API. Call http://%s/@connections/%s", base, labels["ConnectionId"])
}

// unsigned refuses a call without a signature, in the words of REST APIs; unverified here.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func (s *Service) unsigned(w http.ResponseWriter, r *http.Request) {
	s.Connections().Refuse(w, &wire.Call{Request: r, ID: wire.NewID()}, wire.Errorf(http.StatusForbidden,
		"MissingAuthenticationTokenException", "Missing Authentication Token"))
}

// management manages connections, which is possible as long as they are open: one that waits for $connect is not yet
// (trap 26).
type management struct {
	wire.REST
	service *Service
}

type manager func(ctx context.Context, p *plane, c *connection, call *wire.Call) (any, error)

// on finds the connection that a call is about. One that the address has not is gone; that AWS says so of another
// stage's is unverified. The words for a wrong id, and the empty answer for one that is gone: brefphp/bref,
// tests/Websocket/Samples.
func (m *management) on(do manager) wire.RESTOperation {
	return func(ctx context.Context, call *wire.Call, labels map[string]string) (any, error) {
		a, ok := addressOf(call.Request)
		p := m.service.plane
		if !ok || p == nil {
			return nil, noStage()
		}
		if err := m.permits(ctx, p, a, call); err != nil {
			return nil, err
		}
		id := labels["ConnectionId"]
		if !isID(id) {
			return nil, bad("Invalid connectionId: %s", id)
		}
		c := p.live.get(id)
		if c == nil || c.API != a.API || c.Stage != a.Stage {
			return nil, gone()
		}
		answer, err := do(ctx, p, c, call)
		if errors.Is(err, websocket.ErrGone) {
			return nil, gone()
		}
		return answer, err
	}
}

// permits sees that there is the stage, and that it is the caller's:
// https://csdcorp.com/blog/coding/aws-websocket-403-using-posttoconnect/
func (m *management) permits(ctx context.Context, p *plane, a address, call *wire.Call) error {
	at, stage, err := p.reach(ctx, a)
	if err == nil && (stage == nil || at.Account != call.Account || at.Region != call.Region) {
		err = noStage()
	}
	return err
}

func noStage() error { return wire.Errorf(http.StatusForbidden, "ForbiddenException", "Forbidden") }

const goneCode = "GoneException"

func gone() error { return wire.Errorf(http.StatusGone, goneCode, "") }

// Refuse writes an error, and tells who watches. One that says nothing has no body.
func (m *management) Refuse(w http.ResponseWriter, call *wire.Call, e *wire.Error) {
	if m.service.plane != nil {
		m.service.plane.turnedAway(call.Request, e)
	}
	if e.Code != goneCode {
		m.REST.Refuse(w, call, e)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("x-amzn-ErrorType", e.Code)
	w.Header().Set("x-amzn-RequestId", call.ID)
	w.WriteHeader(e.Status)
}

// turnedAway tells who watches of a call that was refused, with the id that it asked for.
func (p *plane) turnedAway(r *http.Request, e *wire.Error) {
	_, id, _ := strings.Cut(r.URL.Path, "@connections/")
	text := e.Message
	if e.Code == goneCode {
		text = "there is no such connection"
	}
	p.watch.Tell(traffic.Event{
		Time: p.pace.Now(), Kind: traffic.Refused, Connection: beginning([]byte(strings.ToValidUTF8(id, ""))),
		Route: "@connections", Text: text, Status: e.Status,
	})
}

// post sends data to the client.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
func (m *management) post(ctx context.Context, p *plane, c *connection, call *wire.Call) (any, error) {
	if len(call.Body) > largestMessage { // unverified words
		return nil, wire.Errorf(http.StatusRequestEntityTooLarge, "PayloadTooLargeException", "Message too long")
	}
	if err := p.send(ctx, c.ID, "", call.Body); err != nil {
		return nil, err
	}
	return wire.File{Status: http.StatusOK, ContentType: "application/json"}, nil
}

// get tells of a connection.
// https://docs.aws.amazon.com/apigatewayv2/latest/api-reference/apigatewaymanagementapi.html
func (m *management) get(_ context.Context, p *plane, c *connection, _ *wire.Call) (any, error) {
	active, err := p.hub.Active(c.ID)
	if err != nil {
		return nil, err
	}
	return map[string]any{
		"connectedAt": iso(c.ConnectedAt), "lastActiveAt": iso(active),
		"identity": map[string]string{"sourceIp": c.SourceIP, "userAgent": c.UserAgent},
	}, nil
}

// iso is a time in ISO 8601. That it has milliseconds is unverified.
func iso(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// end ends a connection. Code and reason: https://github.com/boto/boto3/issues/3789.
func (m *management) end(_ context.Context, p *plane, c *connection, _ *wire.Call) (any, error) {
	if err := p.hub.Drop(c.ID, 1000, "Connection Closed Normally"); err != nil {
		return nil, err
	}
	return wire.File{Status: http.StatusNoContent}, nil
}
