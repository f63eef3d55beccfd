package wire

import (
	"net/http"
	"regexp"
)

// regions are the names that regions have in each partition. New ones come along, so it is their shape.
// https://docs.aws.amazon.com/general/latest/gr/rande.html
var regions = regexp.MustCompile(`^(us|eu|ap|sa|ca|me|af|il|mx|cn|us-gov|us-iso[bf]?|eu-isoe|eusc-de)` +
	`-(central|(north|south)(east|west)?|east|west)-\d{1,2}$`)

// IsRegion tells whether a name has the shape of a region's.
func IsRegion(name string) bool { return regions.MatchString(name) }

// elsewhere is how the services refuse a signature for a region that is none. What they say of the region itself is not
// AWS's: there, an endpoint has one region.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/signature-v4-troubleshooting.html
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
func elsewhere(c *Call) *Error {
	status, code := http.StatusForbidden, "SignatureDoesNotMatch"
	switch c.Service {
	case "s3":
		status, code = http.StatusBadRequest, "AuthorizationHeaderMalformed"
	case "dynamodb", "logs":
		status, code = http.StatusBadRequest, "InvalidSignatureException"
	case "lambda":
		code = "InvalidSignatureException"
	}
	return Errorf(status, code, "Credential should be scoped to a valid region. plldb's local cloud does not know the "+
		"region %q", c.Region)
}
