package wire

import (
	"context"
	"net/http"
	"strings"
)

// stranger stands for every service that the local cloud has not. It refuses in the words of the protocol that the
// request seems to speak, so that the client shows what is said. The status is one that no SDK tries again.
type stranger struct{}

// Operation is none.
func (stranger) Operation(c *Call) (string, error) {
	return "", Errorf(http.StatusNotImplemented, "NotImplemented", "plldb's local cloud has no service %q", c.Service)
}

// Serve is not reached.
func (s stranger) Serve(_ context.Context, _ http.ResponseWriter, c *Call) error {
	_, err := s.Operation(c)
	return err
}

// Refuse writes the error.
func (stranger) Refuse(w http.ResponseWriter, c *Call, e *Error) {
	if strings.HasPrefix(c.Header.Get("Content-Type"), "application/x-www-form-urlencoded") {
		(&Query{}).Refuse(w, c, e)
		return
	}
	w.Header().Set("X-Amzn-ErrorType", e.Code)
	(&JSON{Version: "1.1"}).Refuse(w, c, e)
}
