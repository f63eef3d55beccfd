package lambda

import (
	"context"
	"net/http"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// route is one operation: the method and the path that name it, and what it does.
type route struct {
	operation, method string
	path              string // "{Name}" is a label
	status            int    // of success
	query             []string
	do                func(s *Service, ctx context.Context, c *wire.Call, named map[string]string) (any, error)
}

// The paths are those of the API's model. DownloadCode is none of AWS's operations: it is behind the address that
// GetFunction gives, which on AWS is one of S3's.
func routes() []route {
	const function = "/2015-03-31/functions/{FunctionName}"
	const settings = function + "/configuration"
	qualifier := []string{"Qualifier"}
	signed := []string{
		"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
	}
	list := []string{"FunctionVersion", "Marker", "MaxItems"}
	return []route{
		{"ListFunctions", http.MethodGet, "/2015-03-31/functions", 200, list, (*Service).listFunctions},
		{"ListFunctions", http.MethodGet, "/2015-03-31/functions/", 200, list, (*Service).listFunctions},
		{"GetFunction", http.MethodGet, function, 200, qualifier, (*Service).getFunction},
		{"DeleteFunction", http.MethodDelete, function, 204, qualifier, (*Service).deleteFunction},
		{"GetFunctionConfiguration", http.MethodGet, settings, 200, qualifier, (*Service).getConfiguration},
		{"UpdateFunctionConfiguration", http.MethodPut, settings, 200, nil, (*Service).updateConfiguration},
		{"GetPolicy", http.MethodGet, function + "/policy", 200, qualifier, (*Service).getPolicy},
		{"AddPermission", http.MethodPost, function + "/policy", 201, qualifier, (*Service).addPermission},
		{
			"RemovePermission", http.MethodDelete, function + "/policy/{StatementId}", 204,
			[]string{"Qualifier", "RevisionId"},
			(*Service).removePermission,
		},
		{"Invoke", http.MethodPost, function + "/invocations", 200, qualifier, (*Service).invoke},
		{"ListTags", http.MethodGet, "/2017-03-31/tags/{Resource}", 200, nil, (*Service).listTags},
		{"DownloadCode", http.MethodGet, function + "/code", 200, signed, (*Service).downloadCode},
	}
}

// match finds the route of a call, and what its labels stand for.
func match(c *wire.Call) (route, map[string]string, bool) {
	for _, r := range routes() {
		if named, ok := wire.Labels(r.path, c.URL); ok && r.method == c.Method {
			return r, named, true
		}
	}
	return route{}, nil, false
}
