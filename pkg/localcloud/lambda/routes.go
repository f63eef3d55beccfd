package lambda

import (
	"net/http"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// routes are the operations. The paths are those of the API's model. DownloadCode is none of AWS's operations: it is
// behind the address that GetFunction gives, which on AWS is one of S3's.
func (s *Service) routes() []wire.Route {
	const function = "/2015-03-31/functions/{FunctionName}"
	const settings = function + "/configuration"
	const tags = "/2017-03-31/tags/{Resource}"
	qualifier := []string{"Qualifier"}
	signed := []string{
		"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Date", "X-Amz-Expires", "X-Amz-SignedHeaders", "X-Amz-Signature",
	}
	list := []string{"FunctionVersion", "Marker", "MaxItems"}
	revised := []string{"Qualifier", "RevisionId"}
	on := func(name, method, path string, status int, query []string, do wire.RESTOperation) wire.Route {
		return wire.Route{Operation: name, Method: method, Path: path, Status: status, Query: query, Do: do}
	}
	return []wire.Route{
		on("ListFunctions", http.MethodGet, "/2015-03-31/functions", 200, list, s.listFunctions),
		on("ListFunctions", http.MethodGet, "/2015-03-31/functions/", 200, list, s.listFunctions),
		on("GetFunction", http.MethodGet, function, 200, qualifier, s.getFunction),
		on("DeleteFunction", http.MethodDelete, function, 204, qualifier, s.deleteFunction),
		on("GetFunctionConfiguration", http.MethodGet, settings, 200, qualifier, s.getConfiguration),
		on("UpdateFunctionConfiguration", http.MethodPut, settings, 200, nil, s.updateConfiguration),
		on("GetPolicy", http.MethodGet, function+"/policy", 200, qualifier, s.getPolicy),
		on("AddPermission", http.MethodPost, function+"/policy", 201, qualifier, s.addPermission),
		on("RemovePermission", http.MethodDelete, function+"/policy/{StatementId}", 204, revised, s.removePermission),
		on("Invoke", http.MethodPost, function+"/invocations", 200, qualifier, s.invoke),
		on("UpdateFunctionCode", http.MethodPut, function+"/code", 200, nil, s.updateCode),
		on("ListTags", http.MethodGet, tags, 200, nil, s.listTags),
		on("TagResource", http.MethodPost, tags, 204, nil, s.tag),
		on("UntagResource", http.MethodDelete, tags, 204, []string{"tagKeys"}, s.untag),
		on("DownloadCode", http.MethodGet, function+"/code", 200, signed, s.downloadCode),
	}
}
