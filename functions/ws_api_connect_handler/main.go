// Command ws_api_connect_handler is the Lambda function behind the WebSocket API's $connect route.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/handlers/connect"
)

func main() { lambda.Start(connect.Handle) }
