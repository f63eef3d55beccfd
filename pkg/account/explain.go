package account

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/report"
)

// Explain turns what the SDK and the network return into a Problem. A Problem stays as it is, and so does an error that
// comes of the context being cancelled: what that means is known where it was cancelled.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*report.Problem](err); ok || errors.Is(err, context.Canceled) {
		return err
	}
	for _, explain := range []func(error) *report.Problem{credentials, refused, network, answered} {
		if p := explain(err); p != nil {
			p.Err = err
			return p
		}
	}
	return err
}

// credentials explains why there are none to sign with.
func credentials(err error) *report.Problem {
	denied := func(message, hint string) *report.Problem {
		return &report.Problem{Message: message, Hint: hint, Code: report.ExitDenied}
	}
	if within(err, "ec2imds") {
		return denied("no AWS credentials were found",
			"log in with `aws login` or `aws sso login`, name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return denied("the SSO session has expired", "run `aws sso login` with the same profile, then this again")
	}
	if _, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return denied("the profile's credential_process gave no credentials: "+last(err), "run that command by hand and see what it says")
	}
	if _, ok := errors.AsType[config.AssumeRoleTokenProviderNotSetError](err); ok {
		return denied("the profile asks for an MFA code, and there is no terminal to type it on",
			"run this on a terminal, or export the credentials of a session that has passed MFA")
	}
	text := err.Error()
	switch {
	case strings.Contains(text, "please reauthenticate"):
		return denied("the `aws login` session has expired", "run `aws login` with the same profile, then this again")
	case strings.Contains(text, "get identity: get credentials:") && !isNetwork(err):
		return denied("no credentials could be obtained: "+last(err), "`aws sts get-caller-identity` with the same profile shows whether it is plldb")
	}
	return nil
}

// within says whether an operation of the service is anywhere in err's chain.
func within(err error, service string) bool {
	for err != nil {
		if op, ok := err.(*smithy.OperationError); ok && op.ServiceID == service {
			return true
		}
		err = errors.Unwrap(err)
	}
	return false
}

// last returns the innermost text of err.
func last(err error) string {
	for inner := errors.Unwrap(err); inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err.Error()
}

// refused explains an AWS error code about who calls and what they may do.
func refused(err error) *report.Problem {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return nil
	}
	problem := func(message, hint string) *report.Problem {
		return &report.Problem{Message: message, Hint: hint, Code: report.ExitDenied}
	}
	switch e.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "ExpiredTokenId":
		return problem("the AWS credentials have expired", "get new ones (`aws login`, `aws sso login`, or a new session token), then run this again")
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken", "AuthFailure":
		return problem("AWS does not know these credentials in this region",
			"check AWS_ACCESS_KEY_ID and the session token; a region that is not enabled in the account answers the same")
	case "SignatureDoesNotMatch", "IncompleteSignature":
		return problem("AWS does not accept the signature of these credentials", "check AWS_SECRET_ACCESS_KEY")
	case "RequestTimeTooSkewed", "SignatureExpired", "RequestInTheFuture":
		return problem("this machine's clock differs from AWS's by too much", "set the clock, then run this again")
	case "OptInRequired", "SubscriptionRequiredException":
		return problem("the account may not use this service or region: "+e.ErrorMessage(), "enable it in the account's settings, or choose another region")
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden", "AuthorizationError", "AllAccessDisabled":
		return problem("not allowed: "+action(err, e), "ask whoever keeps the account to allow it, or use other credentials")
	}
	return nil
}

// authorized finds the action in IAM's own sentence: "… is not authorized to perform: s3:PutBucketPolicy on resource …".
var authorized = regexp.MustCompile(`not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)(?: on resource: "?([^\s"]+))?`)

// action names the IAM action that was denied: in AWS's words if they hold it, else by the operation.
func action(err error, e smithy.APIError) string {
	if m := authorized.FindStringSubmatch(e.ErrorMessage()); m != nil {
		if m[2] != "" {
			return m[1] + " on " + m[2]
		}
		return m[1]
	}
	op, ok := errors.AsType[*smithy.OperationError](err)
	if !ok {
		return e.ErrorMessage()
	}
	return actionOf(op.ServiceID, op.OperationName) + before(err)
}

// before returns what the steps have put before the SDK's text: what was being done, to what.
func before(err error) string {
	head, _, _ := strings.Cut(err.Error(), "operation error ")
	head = strings.TrimSuffix(strings.TrimSpace(head), ":")
	if head == "" {
		return ""
	}
	return " (" + head + ")"
}

// network explains that no answer came.
func network(err error) *report.Problem {
	failed := func(message, hint string) *report.Problem {
		return &report.Problem{Message: message, Hint: hint, Code: report.ExitFailed}
	}
	host := hostOf(err)
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return failed("the name "+dns.Name+" is not found", "check the network and the region's name: a region that does not exist has no such name")
	}
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return failed("nothing answers at "+host+": connection refused", "check the endpoint, and whether it is running")
	case isCertificate(err):
		return failed("the certificate of "+host+" is not trusted: "+last(err), "behind a proxy that reads TLS, name its certificate in AWS_CA_BUNDLE")
	case isTimeout(err):
		return failed(host+" does not answer", "check the network, a proxy, and the endpoint; then run this again")
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return failed("there is no way to "+host+": "+last(err), "check the network, then run this again")
	case isNetwork(err):
		return failed("the connection to "+host+" broke: "+last(err), "run this again")
	}
	return nil
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

func isNetwork(err error) bool {
	_, op := errors.AsType[*net.OpError](err)
	_, u := errors.AsType[*url.Error](err)
	return op || u || isTimeout(err)
}

func hostOf(err error) string {
	if u, ok := errors.AsType[*url.Error](err); ok {
		if at, parsed := url.Parse(u.URL); parsed == nil && at.Host != "" {
			return at.Host
		}
	}
	return "the AWS endpoint"
}

// answered explains every other AWS error: what was being done, the service's own sentence, and its code.
func answered(err error) *report.Problem {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return nil
	}
	op, ok := errors.AsType[*smithy.OperationError](err)
	if !ok {
		return nil
	}
	p := &report.Problem{
		Message: fmt.Sprintf("%s answered %s with %s%s%s", op.ServiceID, op.OperationName, e.ErrorCode(), said(e), before(err)),
		Code:    report.ExitFailed,
	}
	if strings.Contains(e.ErrorCode(), "Throttl") || e.ErrorCode() == "SlowDown" || e.ErrorCode() == "RequestLimitExceeded" {
		p.Hint = "AWS asks for fewer requests: wait a minute, then run this again"
	} else if e.ErrorFault() == smithy.FaultServer {
		p.Hint = "the fault is AWS's: run this again in a while"
	}
	return p
}

func said(e smithy.APIError) string {
	if e.ErrorMessage() == "" {
		return ""
	}
	return ": " + e.ErrorMessage()
}
