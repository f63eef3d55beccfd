// Command ws_api_default_handler is the Lambda function behind the WebSocket API's $default route.
package main

import (
	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/handlers/unmatched"
)

func main() { lambda.Start(unmatched.Handle) }
