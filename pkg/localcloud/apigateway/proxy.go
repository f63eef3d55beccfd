package apigateway

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/plldb/plldb/pkg/localcloud/traffic"
)

// proxy is the answer of a function to a proxy integration.
type proxy struct {
	status      int
	subprotocol string // of the header Sec-WebSocket-Protocol
	body        []byte
}

// integrate calls the function of a route, and reads what it answered. An error of the function, and an answer that
// is none, is 502 for who is connecting: https://github.com/dherault/serverless-offline/pull/1301.
func (p *plane) integrate(ctx context.Context, c *connection, way route, event any) (proxy, *failure) {
	if way.function == "" { // unverified
		return proxy{}, internal(http.StatusInternalServerError, "the route %s has no integration", way.key)
	}
	by := source{caller(c, c.arn(way.key)), way.key == "$disconnect"}
	answer, fail := p.invoke(ctx, way.function, by, way.timeout, event)
	if fail != nil {
		return proxy{}, fail
	}
	if answer.Failed != "" {
		return proxy{}, internal(http.StatusBadGateway, "%s failed: %s", nameOf(way.function), errorOf(answer.Payload))
	}
	read, err := parseProxy(answer.Payload)
	if err != nil {
		return proxy{}, internal(http.StatusBadGateway, "malformed Lambda proxy response of %s: %v",
			nameOf(way.function), err)
	}
	return read, nil
}

func caller(c *connection, sourceARN string) traffic.Caller {
	return traffic.Caller{Service: "apigateway.amazonaws.com", Account: c.Place.Account, SourceARN: sourceARN}
}

// parseProxy reads an answer in the form of the proxy integration. That statusCode may be a string, and may not be
// missing, is unverified.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
func parseProxy(payload []byte) (proxy, error) {
	var answer *struct {
		StatusCode        any                 `json:"statusCode"`
		Headers           map[string]any      `json:"headers"`
		MultiValueHeaders map[string][]string `json:"multiValueHeaders"`
		Body              string              `json:"body"`
		IsBase64Encoded   bool                `json:"isBase64Encoded"`
	}
	if err := json.Unmarshal(payload, &answer); err != nil {
		return proxy{}, err
	}
	if answer == nil {
		return proxy{}, errors.New("it is null")
	}
	read := proxy{subprotocol: subprotocolOf(answer.Headers, answer.MultiValueHeaders), body: []byte(answer.Body)}
	var err error
	if read.status, err = statusOf(answer.StatusCode); err != nil {
		return proxy{}, err
	}
	if answer.IsBase64Encoded {
		if read.body, err = base64.StdEncoding.DecodeString(answer.Body); err != nil {
			return proxy{}, fmt.Errorf("its body is not base64: %w", err)
		}
	}
	return read, nil
}

// statusOf reads a status that a client can be answered with.
func statusOf(value any) (int, error) {
	status := 0
	switch v := value.(type) {
	case float64:
		status = int(v)
	case string:
		status, _ = strconv.Atoi(v)
	case nil:
		return 0, errors.New("it has no statusCode")
	}
	if status < http.StatusOK || status > 599 {
		return 0, fmt.Errorf("its statusCode is %v", value)
	}
	return status, nil
}

// subprotocolOf is the subprotocol that a function chose.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
func subprotocolOf(single map[string]any, multi map[string][]string) string {
	const name = "Sec-Websocket-Protocol"
	for key, value := range single {
		if text, ok := value.(string); ok && http.CanonicalHeaderKey(key) == name {
			return text
		}
	}
	for key, values := range multi {
		if http.CanonicalHeaderKey(key) == name && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// functionError is what a function that failed answers. It has a stack trace too, which is in the function's log.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
type functionError struct {
	Type    string `json:"errorType"`
	Message string `json:"errorMessage"`
}

func parseError(payload []byte) functionError {
	var e functionError
	_ = json.Unmarshal(payload, &e) // what cannot be read is another error
	return e
}

// errorOf is what is shown of a function's error.
func errorOf(payload []byte) string {
	switch e := parseError(payload); {
	case e.Type != "" && e.Message != "":
		return beginning([]byte(e.Type + ": " + e.Message))
	case e.Type+e.Message != "":
		return beginning([]byte(e.Type + e.Message))
	}
	return beginning(payload)
}
