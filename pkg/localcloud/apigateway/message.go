package apigateway

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// message deals with one that a client sent: it is answered before the next one is read, so the order is kept, which
// is more than AWS promises. What goes wrong is told in a message.
func (p *plane) message(ctx context.Context, c *connection, text []byte) {
	m := &incoming{connection: c, requestID: randomID(), text: text, began: p.pace.Now()}
	stage, err := p.look(ctx, c)
	switch {
	case err != nil:
		p.fail(ctx, m, internal(http.StatusInternalServerError, "%v", err))
	case stage == nil: // AWS's way is unverified
		_ = p.hub.Drop(c.ID, 1001, "Going away") // or it has ended
	case !p.buckets.take(stage.stage, stage.rate, stage.burst, m.began): // the message is unverified
		p.fail(ctx, m, refusal(http.StatusTooManyRequests, "Too Many Requests", "the stage is throttled"))
	default:
		p.route(ctx, m, stage)
	}
}

// incoming is a message of a client.
type incoming struct {
	*connection
	requestID string
	text      []byte
	way       route
	began     time.Time
}

// route calls the function of the route that a message takes, and gives the client its answer, if it is to have one
// (trap 53).
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-route-response.html
func (p *plane) route(ctx context.Context, m *incoming, stage *served) {
	way, ok := stage.picks(m.text)
	if !ok {
		p.fail(ctx, m, forbidden("no route takes it, and there is no $default"))
		return
	}
	m.way = way
	body := string(m.text)
	told := m.context(way.key, "MESSAGE", m.requestID, m.began)
	told.MessageID = randomID()
	answer, fail := p.integrate(ctx, m.connection, way, event{RequestContext: told, Body: &body})
	if fail == nil && way.answers && len(answer.body) > largestMessage { // unverified
		fail = internal(http.StatusInternalServerError, "the answer of %s is over %d bytes", nameOf(way.function),
			largestMessage)
	}
	if fail != nil {
		p.fail(ctx, m, fail)
		return
	}
	p.received(m, answer.status)
	// Whatever its status: https://github.com/yai333/React-Chat-App-using-AWS-API-Gateway-Websocket-and-Serverless-Framework/issues/2
	if way.answers && len(answer.body) > 0 {
		_ = p.send(ctx, m.ID, way.key, answer.body) // or the client is gone
	}
}

// fail tells the client that its message came to nothing, on every route, and who watches, why.
func (p *plane) fail(ctx context.Context, m *incoming, f *failure) {
	p.received(m, f.status)
	p.warn(m.connection, m.way, f)
	_ = p.send(ctx, m.ID, m.way.key, notice(f.message, m.ID, m.requestID)) // or the client is gone
}

func (p *plane) received(m *incoming, status int) {
	now := p.pace.Now()
	p.watch.Tell(traffic.Event{
		Time: now, Kind: traffic.Received, Connection: m.ID, Route: m.way.key, Function: nameOf(m.way.function),
		Text: beginning(m.text), Bytes: len(m.text), Status: status, Took: now.Sub(m.began),
	})
}

// send sends a message to a client, as text. Bytes that are none are replaced, since a client ends a connection that
// brings them (https://www.rfc-editor.org/rfc/rfc6455#section-8.1); what AWS does with them is unverified.
func (p *plane) send(ctx context.Context, id, routeKey string, text []byte) error {
	text = bytes.ToValidUTF8(text, []byte("\uFFFD"))
	if err := p.hub.Send(ctx, id, text); err != nil {
		return err
	}
	p.watch.Tell(traffic.Event{
		Time: p.pace.Now(), Kind: traffic.Sent, Connection: id, Route: routeKey, Text: beginning(text), Bytes: len(text),
	})
	return nil
}

// notice is a message of API Gateway's own, to the letter:
// https://github.com/aws/chalice/issues/1406, https://github.com/Kludex/mangum/issues/128.
func notice(message, connectionID, requestID string) []byte {
	quoted, err := json.Marshal(message)
	if err != nil {
		quoted = []byte(`"Internal server error"`)
	}
	return fmt.Appendf(nil, `{"message": %s, "connectionId":"%s", "requestId":"%s"}`, quoted, connectionID, requestID)
}
