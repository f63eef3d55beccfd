package s3

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// The codes and statuses are those of https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; a message
// whose words are not on that page has its source beside it.

func refuse(status int, code, message string, fields ...wire.Field) *wire.Error {
	return &wire.Error{Status: status, Code: code, Message: message, Fields: fields}
}

// notModelled is the refusal of what S3 may know and this package does not.
func notModelled(format string, args ...any) *wire.Error {
	e := wire.Unmodelled("NotImplemented", format, args...)
	e.Status = http.StatusNotImplemented
	return e
}

func field(name, value string) wire.Field { return wire.Field{Name: name, Value: value} }

func accessDenied() *wire.Error { return refuse(http.StatusForbidden, "AccessDenied", "Access Denied") }

func noSuchBucket(name string) *wire.Error {
	return refuse(http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist", field("BucketName", name))
}

func noSuchKey(key string) *wire.Error {
	return refuse(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.", field("Key", key))
}

func noSuchVersion(key, id string) *wire.Error {
	return refuse(http.StatusNotFound, "NoSuchVersion", "The specified version does not exist.",
		field("Key", key), field("VersionId", id))
}

func invalidArgument(message, name, value string) *wire.Error {
	return refuse(http.StatusBadRequest, "InvalidArgument", message,
		field("ArgumentName", name), field("ArgumentValue", value))
}

func invalidRequest(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "InvalidRequest", format, args...)
}

func malformedXML() *wire.Error {
	return refuse(http.StatusBadRequest, "MalformedXML",
		"The XML you provided was not well-formed or did not validate against our published schema")
}

func malformedPolicy(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusBadRequest, "MalformedPolicy", format, args...)
}

// operationAborted is what S3 answers to settings written side by side.
// https://github.com/hashicorp/terraform-provider-aws/issues/7628
func operationAborted() *wire.Error {
	return refuse(http.StatusConflict, "OperationAborted",
		"A conflicting conditional operation is currently in progress against this resource. Please try again.")
}

func preconditionFailed(condition string) *wire.Error {
	return refuse(http.StatusPreconditionFailed, "PreconditionFailed",
		"At least one of the pre-conditions you specified did not hold", field("Condition", condition))
}

func tooLarge(size int64, limit int64) *wire.Error {
	return refuse(http.StatusBadRequest, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed size",
		field("ProposedSize", strconv.FormatInt(size, 10)), field("MaxSizeAllowed", strconv.FormatInt(limit, 10)))
}

// wrongRegion is the answer to a request that is signed for another region than the bucket's and reaches the endpoint
// of the bucket's region. The local cloud is every region's endpoint, so this, and not PermanentRedirect with the name
// of a host outside of it, is what fits.
// https://github.com/s3fs-fuse/s3fs-fuse/issues/227 shows the answer.
func wrongRegion(got, want string) *wire.Error {
	return refuse(http.StatusBadRequest, "AuthorizationHeaderMalformed", fmt.Sprintf(
		"The authorization header is malformed; the region '%s' is wrong; expecting '%s'", got, want), field("Region", want))
}

// Refuse writes the error. HEAD has no body; nor has 304.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#RESTErrorResponses
func (s *Service) Refuse(w http.ResponseWriter, c *wire.Call, e *wire.Error) {
	h := w.Header()
	for name, values := range e.Header {
		h[name] = values
	}
	h.Set("x-amz-request-id", c.ID)
	h.Set("x-amz-id-2", hostID(c.ID))
	h.Set("Server", "AmazonS3")
	if c.Method == http.MethodHead || e.Status == http.StatusNotModified {
		w.WriteHeader(e.Status)
		return
	}
	h.Set("Content-Type", "application/xml")
	w.WriteHeader(e.Status)
	_, _ = w.Write([]byte(errorText(c, e))) // the client is told, or is gone
}

func errorText(c *wire.Call, e *wire.Error) string {
	code := e.Code
	if code == "InternalFailure" { // the router's name for what S3 calls otherwise
		code = "InternalError"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s<Error><Code>%s</Code><Message>%s</Message>",
		declaration, wire.Escape(code), wire.Escape(e.Message))
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "<%s>%s</%s>", f.Name, wire.Escape(f.Value), f.Name)
	}
	fmt.Fprintf(&b, "<Resource>%s</Resource><RequestId>%s</RequestId><HostId>%s</HostId></Error>",
		wire.Escape(c.URL.Path), c.ID, hostID(c.ID))
	return b.String()
}

// hostID looks like the second id of AWS's answers.
func hostID(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func badRequest(code, message string) error { return refuse(http.StatusBadRequest, code, message) }
