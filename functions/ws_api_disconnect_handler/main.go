// Command ws_api_disconnect_handler is the Lambda function behind the WebSocket API's $disconnect route.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/handlers/disconnect"
)

func main() { lambda.Start(disconnect.Handle) }
