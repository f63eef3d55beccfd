// Package disconnect answers the WebSocket API's $disconnect route.
package disconnect

import (
	"context"
	"net/http"

	"github.com/aws/aws-lambda-go/events"
)

// Handle answers 200. API Gateway calls it when it can (trap 26), and no client sees the answer.
func Handle(context.Context, events.APIGatewayWebsocketProxyRequest) (events.APIGatewayProxyResponse, error) {
	return events.APIGatewayProxyResponse{StatusCode: http.StatusOK}, nil
}
