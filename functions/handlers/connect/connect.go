// Package connect answers the WebSocket API's $connect route.
package connect

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Handle lets the connection stand by answering 200; anything else refuses it.
func Handle(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}
