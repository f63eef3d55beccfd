package wire

import (
	"fmt"
	"net/http"
)

// Error is an error that AWS answers.
type Error struct {
	Status  int    // HTTP
	Code    string // "ValidationError"
	Message string
	Fields  []Field     // what else the body says: S3's BucketName, Key
	Header  http.Header // what else the answer carries; may be nil
}

// Field is one more element of an error's body.
type Field struct{ Name, Value string }

// Error is the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Errorf makes an error of a status and a code.
func Errorf(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unmodelled is the refusal of something that AWS may know and the local cloud does not: never a silent success.
func Unmodelled(code, format string, args ...any) *Error {
	return Errorf(http.StatusBadRequest, code, "plldb's local cloud does not model "+format, args...)
}

// fault is whose fault an error is, as the query protocol says it.
func (e *Error) fault() string {
	if e.Status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// writeHeader adds what the error wants in the answer's header.
func (e *Error) writeHeader(w http.ResponseWriter) {
	for name, values := range e.Header {
		w.Header()[name] = values
	}
}
