// Package authorize is the custom authorizer of the WebSocket API.
package authorize

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"
)

// Principal is who every connection acts as: nobody is told apart yet (R18).
const Principal = "anonymous"

// ErrNoMethod is what Handle returns for an event that does not say what is asked for. No connection is made then,
// and API Gateway answers the client with 500.
var ErrNoMethod = errors.New("the authorizer's event has no methodArn")

// Handle lets every request connect (R18), by a policy that allows the one method ARN it was asked about and nothing
// else. The event is that of a WebSocket API's REQUEST authorizer: there methodArn ends in "/$connect" and has no HTTP
// method (API Gateway's guide, Control access to WebSocket APIs with AWS Lambda REQUEST authorizers).
func Handle(
	_ context.Context, in events.APIGatewayCustomAuthorizerRequestTypeRequest,
) (events.APIGatewayCustomAuthorizerResponse, error) {
	if in.MethodArn == "" {
		return events.APIGatewayCustomAuthorizerResponse{}, ErrNoMethod
	}

	return events.APIGatewayCustomAuthorizerResponse{
		PrincipalID: Principal,
		PolicyDocument: events.APIGatewayCustomAuthorizerPolicy{
			Version: "2012-10-17",
			Statement: []events.IAMPolicyStatement{{
				Effect:   "Allow",
				Action:   []string{"execute-api:Invoke"},
				Resource: []string{in.MethodArn},
			}},
		},
	}, nil
}
