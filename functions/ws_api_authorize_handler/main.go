// Command ws_api_authorize_handler is the Lambda function that the WebSocket API asks before it lets a client connect.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/handlers/authorize"
)

func main() { lambda.Start(authorize.Handle) }
