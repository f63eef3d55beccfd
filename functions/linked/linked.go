// Package linked has plldb's Lambda functions in one program, by their names: where the zips that plldb brings along
// cannot run, since they are for another machine, plldb starts itself as the function.
package linked

import (
	"maps"
	"slices"

	"github.com/aws/aws-lambda-go/lambda"

	"github.com/plldb/plldb/functions/handlers/authorize"
	"github.com/plldb/plldb/functions/handlers/connect"
	"github.com/plldb/plldb/functions/handlers/disconnect"
	"github.com/plldb/plldb/functions/handlers/unmatched"
)

// handlers are what the programs under functions/ hand to Lambda, by the names of their folders.
func handlers() map[string]any {
	return map[string]any{
		"ws_api_authorize_handler":  authorize.Handle,
		"ws_api_connect_handler":    connect.Handle,
		"ws_api_default_handler":    unmatched.Handle,
		"ws_api_disconnect_handler": disconnect.Handle,
	}
}

// Names are the functions that are here, sorted.
func Names() []string { return slices.Sorted(maps.Keys(handlers())) }

// Run is the function of that name, as its own program is: it asks the Runtime API for events until the process is
// ended. It comes back, with false, only if there is no such function.
func Run(name string) bool {
	handler, ok := handlers()[name]
	if !ok {
		return false
	}
	lambda.Start(handler)
	return true
}
