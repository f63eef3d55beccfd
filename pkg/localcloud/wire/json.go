package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// JSON is a service that speaks AWS JSON (DynamoDB 1.0, Logs 1.1): the operation in a header, JSON in and out.
// https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
type JSON struct {
	Target     string // the prefix of X-Amz-Target: "DynamoDB_20120810"
	Version    string // "1.0", "1.1"
	Operations map[string]JSONOperation
}

// JSONOperation answers with a value that encoding/json writes.
type JSONOperation func(ctx context.Context, c *Call, body []byte) (any, error)

// In makes an operation of a function with a typed input. A member that the type has not is refused, and so is one of
// another spelling ("tablename") or one that stands twice.
func In[T any](do func(ctx context.Context, c *Call, in T) (any, error)) JSONOperation {
	return func(ctx context.Context, c *Call, body []byte) (any, error) {
		var in T
		if err := Over(c, body, &in, "ValidationException"); err != nil {
			return nil, err
		}
		return do(ctx, c, in)
	}
}

// Over reads a body over a value, a pointer to a structure, as strictly as In: what the body does not say stays. wrong is
// the code with which a strange member is refused.
func Over(c *Call, body []byte, value any, wrong string) error {
	if len(bytes.TrimSpace(body)) == 0 {
		body = []byte("{}")
	}
	err := decode(body, value)
	if e, unknown := errors.AsType[*errUnknown](err); unknown {
		return Unmodelled(wrong, "the parameter %q of %s", e.name, c.Operation)
	}
	if err != nil {
		return Errorf(http.StatusBadRequest, "SerializationException", "the request cannot be read: %v", err)
	}
	return nil
}

// Operation is what X-Amz-Target names.
func (j *JSON) Operation(c *Call) (string, error) {
	name, ok := strings.CutPrefix(c.Header.Get("X-Amz-Target"), j.Target+".")
	if _, known := j.Operations[name]; !ok || !known {
		return name, Errorf(http.StatusBadRequest, "UnknownOperationException",
			"plldb's local cloud does not model the operation %q", c.Header.Get("X-Amz-Target"))
	}
	if c.AccessKey == "" {
		return name, Errorf(http.StatusBadRequest, "MissingAuthenticationTokenException",
			"Request is missing Authentication Token")
	}
	return name, nil
}

// Serve calls the operation.
func (j *JSON) Serve(ctx context.Context, w http.ResponseWriter, c *Call) error {
	result, err := j.Operations[c.Operation](ctx, c, c.Body)
	if err != nil {
		return err
	}
	return WriteJSON(w, c, http.StatusOK, "application/x-amz-json-"+j.Version, result)
}

// Refuse writes the error.
func (j *JSON) Refuse(w http.ResponseWriter, c *Call, e *Error) {
	body := map[string]string{"__type": "com.amazonaws." + c.Service + "#" + e.Code, "message": e.Message}
	e.writeHeader(w)
	_ = WriteJSON(w, c, e.Status, "application/x-amz-json-"+j.Version, body) // the client is told, or is gone
}

// WriteJSON writes an answer.
func WriteJSON(w http.ResponseWriter, c *Call, status int, contentType string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing the answer of %s: %w", c.Operation, err)
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("x-amzn-RequestId", c.ID)
	w.WriteHeader(status)
	_, _ = w.Write(text) // the client gets it, or is gone
	return nil
}
