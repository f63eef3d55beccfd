// Package handlers holds what plldb's Lambda functions do, apart from how Lambda starts them, so that something other
// than Lambda can run them too.
package handlers

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Connect answers the $connect route: 200 lets the connection stand, anything else refuses it.
func Connect(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}

// Disconnect answers the $disconnect route. API Gateway calls it when it can (trap 26) and no client sees the answer.
func Disconnect(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}

// Default answers every message, since no other route is there to match one. Its body is what the client receives, by
// way of the route's RouteResponse (trap 53); an empty one would be no answer to see.
func Default(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK, Body: "OK"}, nil
}
