package apigateway

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// event is what a route's function is called with.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
type event struct {
	Headers           map[string]string   `json:"headers,omitempty"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders,omitempty"`
	Query             map[string]string   `json:"queryStringParameters,omitempty"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters,omitempty"`
	RequestContext    requestContext      `json:"requestContext"`
	Body              *string             `json:"body,omitempty"`
	IsBase64Encoded   bool                `json:"isBase64Encoded"`
}

// authorization is what an authorizer's function is called with. It has no path parameters.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
type authorization struct {
	Type              string              `json:"type"`
	MethodARN         string              `json:"methodArn"`
	Headers           map[string]string   `json:"headers"`
	MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
	Query             map[string]string   `json:"queryStringParameters"`
	MultiValueQuery   map[string][]string `json:"multiValueQueryStringParameters"`
	StageVariables    map[string]string   `json:"stageVariables"`
	RequestContext    requestContext      `json:"requestContext"`
}

// requestContext says what happens, and to whom. The members stand in the order of AWS's examples.
type requestContext struct {
	RouteKey             string         `json:"routeKey"`
	DisconnectStatusCode int            `json:"disconnectStatusCode,omitempty"`
	Authorizer           map[string]any `json:"authorizer,omitempty"`
	MessageID            string         `json:"messageId,omitempty"`
	EventType            string         `json:"eventType"`
	ExtendedRequestID    string         `json:"extendedRequestId"`
	RequestTime          string         `json:"requestTime"`
	MessageDirection     string         `json:"messageDirection"`
	DisconnectReason     *string        `json:"disconnectReason,omitempty"`
	Stage                string         `json:"stage"`
	ConnectedAt          int64          `json:"connectedAt"`
	RequestTimeEpoch     int64          `json:"requestTimeEpoch"`
	Identity             client         `json:"identity"`
	RequestID            string         `json:"requestId"`
	DomainName           string         `json:"domainName"`
	ConnectionID         string         `json:"connectionId"`
	APIID                string         `json:"apiId"`
}

// client is who is connected.
type client struct {
	UserAgent string `json:"userAgent,omitempty"`
	SourceIP  string `json:"sourceIp"`
}

// context is what every event of a connection says. What an authorizer said goes with each; the time that it took
// only with $connect (MousaZeidBaker/aws-lambda-typing's samples; unverified otherwise).
func (c *connection) context(routeKey, eventType, requestID string, now time.Time) requestContext {
	r := requestContext{
		RouteKey: routeKey, EventType: eventType, ExtendedRequestID: requestID, RequestID: requestID,
		RequestTime: now.UTC().Format("02/Jan/2006:15:04:05 -0700"), RequestTimeEpoch: now.UnixMilli(),
		MessageDirection: "IN", Stage: c.Stage, ConnectedAt: c.ConnectedAt.UnixMilli(),
		Identity: client{c.UserAgent, c.SourceIP}, DomainName: c.Domain, ConnectionID: c.ID, APIID: c.API,
	}
	if c.Authorizer != nil {
		r.Authorizer = map[string]any{}
		for name, value := range c.Authorizer {
			r.Authorizer[name] = value
		}
	}
	return r
}

// connecting is the event of $connect.
func (c *connection) connecting(r *http.Request, context requestContext) event {
	headers, query := c.headersOf(r, false), queryOf(r.URL)
	return event{
		Headers: lasts(headers), MultiValueHeaders: headers, Query: lasts(query), MultiValueQuery: query,
		RequestContext: context,
	}
}

// asking is the event of an authorizer.
func (c *connection) asking(r *http.Request, context requestContext) authorization {
	headers, query := c.headersOf(r, true), queryOf(r.URL)
	return authorization{
		Type: "REQUEST", MethodARN: c.arn("$connect"), Headers: lasts(headers), MultiValueHeaders: headers,
		Query: lasts(query), MultiValueQuery: query, StageVariables: map[string]string{}, RequestContext: context,
	}
}

// leaving is the event of $disconnect. Its headers are those that AWS sends.
func (c *connection) leaving(context requestContext) event {
	headers := map[string][]string{"Host": {c.Domain}, "x-api-key": {""}, "X-Forwarded-For": {""}, "x-restapi": {""}}
	return event{Headers: lasts(headers), MultiValueHeaders: headers, RequestContext: context}
}

// lasts are the last of several values: that is the one that counts where there is room for one.
func lasts(values map[string][]string) map[string]string {
	single := map[string]string{}
	for name, all := range values {
		if len(all) > 0 {
			single[name] = all[len(all)-1]
		}
	}
	return single
}

func queryOf(u *url.URL) map[string][]string { return u.Query() }

// headersOf are a request's headers as functions see them, with those that AWS adds. Only an authorizer sees the ones
// of the upgrade itself. Names are spelt as HTTP's standards do: how the client spelt them is lost, which on AWS it
// is not.
func (c *connection) headersOf(r *http.Request, upgrade bool) map[string][]string {
	headers := map[string][]string{"Host": {c.Domain}}
	for name, values := range r.Header {
		headers[strings.Replace(name, "Sec-Websocket-", "Sec-WebSocket-", 1)] = values
	}
	delete(headers, "Connection")
	delete(headers, "Upgrade")
	delete(headers, "Content-Length")
	if upgrade {
		headers["Connection"], headers["Upgrade"], headers["content-length"] = []string{"upgrade"}, []string{"websocket"},
			[]string{"0"}
	}
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"] = []string{"http"}, []string{port}
	through := slices.Concat(r.Header.Values("X-Forwarded-For"), []string{sourceOf(r)})
	headers["X-Forwarded-For"] = []string{strings.Join(through, ", ")}
	if r.Header.Get("X-Amzn-Trace-Id") == "" {
		headers["X-Amzn-Trace-Id"] = []string{trace()}
	}
	return headers
}

// trace is the id of a trace.
// https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func trace() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	text := hex.EncodeToString(b[:])
	return "Root=1-" + text[:8] + "-" + text[8:]
}

// sourceOf is the address of who sent a request.
func sourceOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}
