package account

import (
	"encoding/json"
	"errors"
	"os/exec"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/credentials/processcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/ssocreds"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/report"
)

func denied(message, hint string) *report.Problem {
	return &report.Problem{Message: message, Hint: hint, Code: report.ExitDenied}
}

// credentials explains why there are none to sign with.
func credentials(err error) *report.Problem {
	if op := operation(err); op != nil && op.ServiceID == "ec2imds" { // the end of the chain
		return denied("no AWS credentials were found", "log in with `aws login` or `aws sso login`, "+
			"name a profile with --profile, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	}
	if ssoExpired(err) {
		return denied("the SSO session has expired", "run `aws sso login` with the same profile, then this again")
	}
	if _, ok := errors.AsType[*processcreds.ProviderError](err); ok {
		return denied("the profile's credential_process gave no credentials: "+processSaid(err),
			"run that command by hand and see what it says")
	}
	if strings.Contains(err.Error(), "MultiFactorAuthentication failed") { // STS AssumeRole answers AccessDenied
		return denied("AWS does not accept that MFA code", "run this again with a fresh one: each is good once")
	}
	if strings.Contains(err.Error(), "please reauthenticate") { // the SDK's credentials/logincreds gives it no type
		return denied("the `aws login` session has expired", "run `aws login` with the same profile, then this again")
	}
	return nil
}

// ssoExpired knows both kinds of SSO profiles. One with an sso_session is refreshed by SSO OIDC, and its errors have a
// type only when a service has answered.
func ssoExpired(err error) bool {
	text := err.Error()
	if strings.Contains(text, "cached SSO token is expired") ||
		strings.Contains(text, "failed to read cached SSO token file") {
		return true
	}
	if _, ok := errors.AsType[*ssocreds.InvalidTokenError](err); ok {
		return true
	}
	e, ok := errors.AsType[smithy.APIError](err)
	op := operation(err)
	if !ok || op == nil {
		return false
	}
	switch op.ServiceID + " " + e.ErrorCode() {
	case "SSO UnauthorizedException", "SSO OIDC InvalidGrantException", "SSO OIDC ExpiredTokenException",
		"SSO OIDC InvalidClientException", "SSO OIDC UnauthorizedClientException":
		return true
	}
	return false
}

// processSaid tells why a credential_process failed, and never what it wrote: that may be a secret.
func processSaid(err error) string {
	if _, ok := errors.AsType[*exec.ExitError](err); ok {
		return last(err)
	}
	_, syntax := errors.AsType[*json.SyntaxError](err)
	_, mistyped := errors.AsType[*json.UnmarshalTypeError](err)
	if syntax || mistyped {
		return "what it writes is not the JSON that is expected of it"
	}
	return last(err)
}

// unsigned explains what else went wrong on the way to credentials, in the words of who refused them.
func unsigned(err error) *report.Problem {
	if !strings.Contains(err.Error(), "get identity: get credentials:") {
		return nil
	}
	return denied("no credentials could be obtained: "+last(err),
		"`aws sts get-caller-identity` with the same profile shows whether it is plldb")
}

// refused explains an AWS error code about who calls and what they may do, as STS, S3 and CloudFormation name it (the
// Common Errors of their API references, S3's list of error codes).
func refused(err error) *report.Problem {
	e, ok := errors.AsType[smithy.APIError](err)
	if !ok {
		return nil
	}
	switch e.ErrorCode() {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return denied("the AWS credentials have expired",
			"get new ones (`aws login`, `aws sso login`, or a new session token), then run this again")
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken", "InvalidSecurity":
		return denied("AWS does not know these credentials in this region",
			"check AWS_ACCESS_KEY_ID and the session token; a region that is not enabled in the account answers the same")
	case "BadRequest":
		return headless(err)
	case "RequestTimeTooSkewed", "RequestInTheFuture":
		return skewed()
	case "RequestExpired": // by the book the clock's fault, in practice also that of expired credentials (aws-sdk-go#253)
		return denied("AWS says that the request, or its credentials, have expired",
			"get new credentials, and see whether this machine's clock is right")
	case "SignatureDoesNotMatch", "InvalidSignatureException", "IncompleteSignature":
		if ofTheClock(e.ErrorMessage()) {
			return skewed()
		}
		return denied("AWS does not accept the signature of these credentials", "check AWS_SECRET_ACCESS_KEY")
	case "OptInRequired", "SubscriptionRequiredException", "NotSignedUp", "RegionDisabledException", "AccountProblem":
		return denied("the account may not use this service or region"+said(e),
			"enable it in the account's settings, or choose another region")
	case "AccessDenied", "AccessDeniedException", "NotAuthorized", "Forbidden", "AllAccessDisabled":
		return denied("not allowed: "+action(err, e), "ask whoever keeps the account to allow it, or use other credentials")
	}
	return nil
}

// headless explains what S3 says to HEAD when it would say ExpiredToken: the status alone (aws-sdk-js#2219).
func headless(err error) *report.Problem {
	op := operation(err)
	if op == nil || !strings.HasPrefix(op.OperationName, "Head") {
		return nil
	}
	return denied("S3 refused "+op.OperationName+" without a reason, as it does when the credentials have expired",
		"get new ones (`aws login`, `aws sso login`, or a new session token), then run this again")
}

func skewed() *report.Problem {
	return denied("this machine's clock differs from AWS's by too much", "set the clock, then run this again")
}

// ofTheClock says whether a signature was refused for its time: STS and CloudFormation have no code of its own for that
// (aws-cli#6676).
func ofTheClock(message string) bool {
	return strings.HasPrefix(message, "Signature expired") || strings.HasPrefix(message, "Signature not yet current")
}

// authorized finds the action in IAM's own sentence: "… is not authorized to perform: s3:PutBucketPolicy on resource …".
var authorized = regexp.MustCompile(
	`not authorized to perform: ([A-Za-z0-9-]+:[A-Za-z0-9*]+)(?: on resource: "?([^\s"]+))?`)

// action names the IAM action that was denied: in AWS's words if they hold it, else by the operation.
func action(err error, e smithy.APIError) string {
	if m := authorized.FindStringSubmatch(e.ErrorMessage()); m != nil {
		if m[2] != "" {
			return m[1] + " on " + m[2]
		}
		return m[1]
	}
	op := operation(err)
	if op == nil {
		return e.ErrorMessage()
	}
	return actionOf(op.ServiceID, op.OperationName) + before(err)
}
