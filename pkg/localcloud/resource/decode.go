package resource

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// Decode reads properties into T, a structure with a member for each property that is modelled. Any other property that
// is set is refused: its type knows it (Type.Properties), but what it does on AWS would not happen here.
func Decode[T any](in Input, typeName string) (T, error) {
	var value T
	text, err := json.Marshal(in.Properties)
	if err != nil {
		return value, Errorf(Internal, "the properties of %s cannot be written: %v", in.LogicalID, err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&value); err != nil {
		name, unknown := strings.CutPrefix(err.Error(), "json: unknown field ")
		if unknown {
			return value, Unmodelled("the property %s of %s", strings.Trim(name, `"`), typeName)
		}
		return value, Errorf(InvalidRequest, "Model validation failed: %v", err)
	}
	return value, nil
}

// Unmodelled is the refusal of something that AWS knows and the local cloud does not.
func Unmodelled(format string, args ...any) *Error {
	return Errorf(InvalidRequest, "plldb's local cloud does not model "+format, args...)
}

// Refused is what a resource's handler makes of a service's refusal: CloudFormation's handlers call the services
// through AWS's SDK for Java, whose messages end in the service, the status and the request.
// https://github.com/aws-samples/aws-account-vending-machine/issues/23 shows one of Lambda's.
//
// What the local cloud refuses for itself stays as it is: no service of AWS said it.
func Refused(service string, e *wire.Error) *Error {
	if strings.HasPrefix(e.Message, "plldb's local cloud") {
		return Errorf(InvalidRequest, "%s", e.Message)
	}
	return Errorf(codeOf(e), "%s (Service: %s, Status Code: %d, Request ID: %s)",
		e.Message, service, e.Status, wire.NewID())
}

// codeOf is the handler's code for a service's: by its name, else by its status.
// https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html
func codeOf(e *wire.Error) string {
	switch {
	case e.Status == http.StatusNotFound || strings.HasSuffix(e.Code, "NotFoundException"):
		return NotFound
	case e.Status == http.StatusConflict && strings.Contains(e.Message, "already exist"):
		return AlreadyExists
	case e.Status == http.StatusConflict || e.Code == "ResourceInUseException":
		return Conflict
	case e.Status == http.StatusForbidden:
		return AccessDenied
	case e.Status == http.StatusTooManyRequests:
		return Throttling
	case e.Status >= http.StatusInternalServerError:
		return Internal
	}
	return InvalidRequest
}
