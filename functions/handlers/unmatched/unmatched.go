// Package unmatched answers the WebSocket API's $default route.
package unmatched

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Handle answers every message, since no other route is there to match one. Its body is what the client receives, by way of
// the route's RouteResponse (trap 53); an empty one would be no answer to see.
func Handle(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK, Body: "OK"}, nil
}
