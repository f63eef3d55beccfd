package lambda

import (
	"net/http"
	"strings"

	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// How long bodies may be, in bytes. Which one a zip in a request has is unverified: the one in the messages that people
// quote has changed with the years.
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
const (
	callLimit  = 6 << 20
	eventLimit = 1 << 20
	codeLimit  = 70167211
	otherLimit = 1 << 20 // ours
)

// Bound is how long the body of a call may be. https://github.com/pelmers/streetwarp-web/issues/14 and
// https://github.com/ASFHyP3/hyp3/issues/2241 show code and words.
func (s *Service) Bound(c *wire.Call) (int, *wire.Error) {
	limit, operation := otherLimit, c.Method+" "+c.URL.Path
	switch {
	case strings.HasSuffix(c.URL.Path, "/invocations"):
		limit, operation = callLimit, "InvokeFunction"
	case strings.HasSuffix(c.URL.Path, "/code"):
		limit, operation = codeLimit, "UpdateFunctionCode"
	}
	return limit, tooLarge("Request must be smaller than %d bytes for the %s operation", limit, operation)
}

func tooLarge(format string, args ...any) *wire.Error {
	return wire.Errorf(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", format, args...)
}
