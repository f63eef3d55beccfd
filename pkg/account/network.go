package account

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"

	"github.com/plldb/plldb/pkg/report"
)

// network explains that no answer came.
func network(err error) *report.Problem {
	failed := func(message, hint string) *report.Problem {
		return &report.Problem{Message: message + before(err), Hint: hint, Code: report.ExitFailed}
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if !dns.IsNotFound {
			return failed("the name "+dns.Name+" could not be looked up: "+dns.Err, "check the network, then run this again")
		}
		return failed("the name "+dns.Name+" is not found",
			"check the network, the endpoint if one is set, and the region's name: one that does not exist has no such name")
	}
	host := hostOf(err)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed("nothing answers at "+host+": connection refused", "check the endpoint, and whether it is running")
	case isCertificate(err):
		return failed("the certificate of "+host+" is not trusted: "+last(err),
			"behind a proxy that reads TLS, name its certificate in AWS_CA_BUNDLE")
	case isPlain(err):
		return failed(host+" does not speak TLS", "if that is right, write http:// in the endpoint's URL")
	case isTimeout(err):
		return failed(host+" does not answer", "check the network, a proxy, and the endpoint; then run this again")
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return failed("there is no way to "+host+": "+last(err), "check the network, then run this again")
	case isNetwork(err):
		return failed("the connection to "+host+" broke"+how(err), "run this again")
	}
	return nil
}

// how says what broke a connection; that it was merely closed says nothing more.
func how(err error) string {
	if isBrokenOff(err) || errors.Is(err, io.EOF) {
		return " off"
	}
	return ": " + last(err)
}

func isTimeout(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || ok && e.Timeout()
}

func isCertificate(err error) bool {
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	return verify || unknown
}

func isPlain(err error) bool {
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok || errors.Is(err, http.ErrSchemeMismatch)
}

func isNetwork(err error) bool {
	_, op := errors.AsType[*net.OpError](err)
	_, u := errors.AsType[*url.Error](err)
	return op || u || isTimeout(err) || isBrokenOff(err)
}

// hostOf names who should have answered: the proxy, if it was that one; the endpoint's host; or, where the wait was ended
// from outside and the SDK has kept no more, the service.
func hostOf(err error) string {
	if via, ok := errors.AsType[*net.OpError](err); ok && via.Op == "proxyconnect" { // so net/http marks it
		if dial, ok := errors.AsType[*net.OpError](via.Err); ok && dial.Addr != nil {
			return "the proxy " + dial.Addr.String()
		}
		return "the proxy"
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		if at, parsed := url.Parse(u.URL); parsed == nil && at.Host != "" {
			return at.Host
		}
	}
	if op := operation(err); op != nil {
		return "AWS's " + op.ServiceID
	}
	return "the AWS endpoint"
}
