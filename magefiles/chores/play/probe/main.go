// Command probe is the Lambda function of the play's own WebSocket API: it is the authorizer and every route at once,
// and tells clients what it was told. It speaks Lambda's Runtime API by itself, so that this is shown by somebody other
// than AWS's library, too.
//
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	base := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		if err := serve(base); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

// serve takes one event and answers it.
func serve(base string) error {
	next, err := http.Get(base + "next")
	if err != nil {
		return err
	}
	payload, err := io.ReadAll(next.Body)
	if err := errors.Join(err, next.Body.Close()); err != nil {
		return err
	}
	to := base + next.Header.Get("Lambda-Runtime-Aws-Request-Id")
	answer, err := handle(payload)
	if err != nil {
		return post(to+"/error", map[string]string{"errorType": "Probe", "errorMessage": err.Error()})
	}
	return post(to+"/response", answer)
}

func post(to string, value any) error {
	body, err := json.Marshal(value)
	if err != nil {
		return err
	}
	answer, err := http.Post(to, "application/json", bytes.NewReader(body))
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, answer.Body) // so that the connection is used again
	return errors.Join(err, answer.Body.Close())
}

// event is an authorizer's, or a route's.
type event struct {
	Type           string            `json:"type"`
	MethodARN      string            `json:"methodArn"`
	Query          map[string]string `json:"queryStringParameters"`
	Headers        map[string]string `json:"headers"`
	RequestContext map[string]any    `json:"requestContext"`
	Body           string            `json:"body"`
}

func handle(payload []byte) (any, error) {
	var e event
	if err := json.Unmarshal(payload, &e); err != nil {
		return nil, err
	}
	if e.Type == "REQUEST" {
		return e.authorize()
	}
	route := e.RequestContext["routeKey"]
	fmt.Println("route", route, "connection", e.RequestContext["connectionId"])
	switch route {
	case "$connect":
		return e.connect(), nil
	case "whoami":
		told, err := json.Marshal(e.RequestContext)
		return map[string]any{"statusCode": 200, "body": string(told)}, err
	}
	switch e.Body { // of $default, "silent" and "stranger"
	case "crash":
		os.Exit(3)
	case "raise":
		return nil, errors.New("raised on demand")
	}
	return map[string]any{"statusCode": 200, "body": e.Body}, nil
}

// authorize decides by the word in the query.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-lambda-authorizer-output.html
func (e event) authorize() (any, error) {
	effect, pass := "Allow", e.Query["pass"]
	switch pass {
	case "deny":
		effect = "Deny"
	case "break":
		return nil, errors.New("broken on demand")
	}
	return map[string]any{
		"principalId": "probe",
		"policyDocument": map[string]any{
			"Version": "2012-10-17",
			"Statement": []any{map[string]any{
				"Effect": effect, "Action": "execute-api:Invoke", "Resource": e.MethodARN,
			}},
		},
		"context": map[string]any{"who": pass},
	}, nil
}

// connect lets in who asks for no subprotocol, or for "probe" among others.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-connect-route-subprotocol.html
func (e event) connect() any {
	for name, value := range e.Headers {
		if !strings.EqualFold(name, "Sec-WebSocket-Protocol") {
			continue
		}
		for asked := range strings.SplitSeq(value, ",") {
			if strings.TrimSpace(asked) == "probe" {
				return map[string]any{"statusCode": 200, "headers": map[string]string{name: "probe"}}
			}
		}
		return map[string]any{"statusCode": 400}
	}
	return map[string]any{"statusCode": 200}
}
