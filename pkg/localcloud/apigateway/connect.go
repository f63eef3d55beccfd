package apigateway

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
	"github.com/plldb/plldb/pkg/localcloud/websocket"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Claims tells whether a request is one for ServeAPI: for an API, by its name or its path, and not a signed call that
// manages connections, which is for the service Connections. Other credentials are the authorizer's to judge.
func (s *Service) Claims(r *http.Request) bool {
	a, ok := addressOf(r)
	return ok && !(a.managed() && strings.HasPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256"))
}

// ServeAPI answers what clients of APIs send. It returns when the connection that came of it has ended.
func (s *Service) ServeAPI(w http.ResponseWriter, r *http.Request) {
	a, ok := addressOf(r)
	h := &handshake{plane: s.plane, w: w, r: r, requestID: randomID(), connection: &connection{ID: randomID()}}
	switch {
	case !ok || s.plane == nil:
		h.refuse(forbidden("no API is served there"))
	case a.managed(): // without a signature
		s.unsigned(w, r)
	case !s.plane.front.enter():
		h.refuse(refusal(http.StatusServiceUnavailable, "Service Unavailable", "the local cloud is being closed"))
	default:
		defer s.plane.front.inside.Done()
		h.run(a)
	}
}

func forbidden(reason string) *failure { return refusal(http.StatusForbidden, "Forbidden", reason) }

// handshake is a client that wants to connect.
type handshake struct {
	*connection
	plane     *plane
	w         http.ResponseWriter
	r         *http.Request
	requestID string
	way       route
	began     time.Time
}

// run sees a client in, and serves it. The upgrade waits for the authorizer and for $connect.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-keys-connect-disconnect.html
func (h *handshake) run(a address) {
	h.began = h.plane.pace.Now()
	if fail := upgrades(h.r); fail != nil {
		h.refuse(fail)
		return
	}
	stage, fail := h.locate(a)
	if fail != nil {
		h.refuse(fail)
		return
	}
	chosen, fail := h.admit(stage)
	if fail != nil {
		h.refuse(fail)
		return
	}
	h.serve(stage, chosen)
}

// upgrades sees that a request is the opening of a WebSocket. The status of one that is none is that of
// dherault/serverless-offline's tests, which are for AWS too; the rest is unverified.
func upgrades(r *http.Request) *failure {
	status, err := websocket.Check(r)
	if err == nil {
		return nil
	}
	return refusal(status, http.StatusText(status), err.Error())
}

// locate finds the stage. That an unknown one is Forbidden is unverified; an unknown API has no name on AWS.
func (h *handshake) locate(a address) (*served, *failure) {
	at, stage, err := h.plane.reach(h.r.Context(), a)
	switch {
	case err != nil:
		return nil, internal(http.StatusInternalServerError, "%v", err)
	case at == wire.Place{} || a.Rest != "":
		return nil, forbidden("there is no such API: " + h.r.Host + h.r.URL.Path)
	case stage == nil:
		return nil, forbidden("the API " + a.API + " has no deployed stage " + strconv.Quote(a.Stage))
	}
	h.connection = &connection{
		Place: at, API: a.API, Stage: a.Stage, ID: h.ID, Domain: a.domain(h.r, at), ConnectedAt: h.began,
		SourceIP: sourceOf(h.r), UserAgent: strings.ToValidUTF8(h.r.UserAgent(), ""),
	}
	return stage, nil
}

// admit asks the stage's throttle, the authorizer and $connect, as far as there are any. It gives the subprotocol.
func (h *handshake) admit(stage *served) (string, *failure) {
	if !h.plane.buckets.take(stage.stage, stage.rate, stage.burst, h.began) { // the message is unverified
		return "", refusal(http.StatusTooManyRequests, "Too Many Requests", "the stage is throttled")
	}
	way, ok := stage.routes["$connect"]
	if !ok {
		return "", nil
	}
	h.way = way
	ctx := h.r.Context()
	told := h.context("$connect", "CONNECT", h.requestID, h.plane.pace.Now())
	if way.authorizer != nil {
		took, fail := h.authorize(ctx, way.authorizer, told)
		if fail != nil {
			return "", fail
		}
		told = h.context("$connect", "CONNECT", h.requestID, h.plane.pace.Now())
		told.Authorizer["integrationLatency"] = took.Milliseconds()
	}
	if way.function == "" {
		return "", nil
	}
	answer, fail := h.plane.integrate(ctx, h.connection, way, h.connecting(h.r, told))
	if fail != nil {
		return "", fail
	}
	if answer.status < 200 || answer.status > 299 { // the client gets the status: dherault/serverless-offline#1301
		return "", refusal(answer.status, "", nameOf(way.function)+" answered "+strconv.Itoa(answer.status))
	}
	return answer.subprotocol, nil
}

// serve answers the upgrade, and returns when the connection has ended. It is written down before. A client that has
// left while $connect ran was connected, for the function, and so its $disconnect runs; that AWS does so is
// unverified. So was one that cannot be written down.
func (h *handshake) serve(stage *served, subprotocol string) {
	p, c := h.plane, h.connection
	ctx := context.WithoutCancel(h.r.Context())
	if err := p.keep(ctx, c); err != nil {
		_ = p.part(ctx, c, stage, websocket.Ending{Code: lost}) // strikes off what is not there
		h.refuse(internal(http.StatusInternalServerError, "writing the connection down: %v", err))
		return
	}
	p.live.add(c)
	p.watch.Tell(h.event(traffic.Connected, http.StatusSwitchingProtocols, c.SourceIP))
	err := p.hub.Serve(h.w, h.r, websocket.Opening{
		ID: c.ID, Subprotocol: subprotocol,
		Message: func(ctx context.Context, text []byte) { p.message(ctx, c, text) },
		Ended:   func(e websocket.Ending) { p.ended(ctx, c, e) },
	})
	if err != nil {
		p.ended(ctx, c, websocket.Ending{Code: lost, Reason: err.Error()})
	}
}

// refuse answers a client that is not let in. What a function refused has no body; that is unverified. The form of
// the others is that of the messages that AWS sends to clients.
func (h *handshake) refuse(f *failure) {
	if h.plane != nil {
		h.plane.watch.Tell(h.event(traffic.Refused, f.status, f.reason))
	}
	header := h.w.Header()
	header.Set("Content-Type", "application/json")
	header.Set("x-amzn-RequestId", wire.NewID())
	header.Set("x-amz-apigw-id", h.requestID)
	if f.message == "" {
		h.w.WriteHeader(f.status)
		return
	}
	header.Set("x-amzn-ErrorType", errorTypes(f.status))
	h.w.WriteHeader(f.status)
	_, _ = h.w.Write(notice(f.message, h.ID, h.requestID)) // the client is told, or is gone
}

// errorTypes are those that AWS names in a header.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
func errorTypes(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "UnauthorizedException"
	case http.StatusForbidden:
		return "ForbiddenException"
	case http.StatusTooManyRequests:
		return "TooManyRequestsException"
	case http.StatusBadRequest, http.StatusUpgradeRequired:
		return "BadRequestException"
	}
	return "InternalServerErrorException"
}

func (h *handshake) event(kind traffic.Kind, status int, text string) traffic.Event {
	e := traffic.Event{
		Kind: kind, Connection: h.ID, Route: "$connect", Function: nameOf(h.way.function), Text: text, Status: status,
		Time: h.plane.pace.Now(),
	}
	if !h.began.IsZero() {
		e.Took = e.Time.Sub(h.began)
	}
	return e
}
