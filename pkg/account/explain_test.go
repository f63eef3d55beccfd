package account_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
)

// answering is a session whose endpoint gives every question, once, the same answer.
func answering(t *testing.T, status int, body string) *account.Session {
	t.Helper()
	signed(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	return load(t, account.Options{Region: "eu-west-1", EndpointURL: server.URL})
}

// ofS3 is an error answer of S3.
func ofS3(code, message string) string {
	return "<Error><Code>" + code + "</Code><Message>" + message + "</Message><RequestId>R</RequestId></Error>"
}

func putPolicy(ctx context.Context, s *account.Session) error {
	name, policy := bucket, "{}"
	_, err := s.S3().PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &name, Policy: &policy})
	return fmt.Errorf("setting the policy of %s: %w", name, err)
}

func describe(ctx context.Context, s *account.Session) error {
	name := "plldb"
	_, err := s.CloudFormation().DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	return fmt.Errorf("looking at the stack plldb: %w", err)
}

// What STS, S3 and CloudFormation refuse, by the codes that they use.
func TestWhatAWSRefuses(t *testing.T) {
	const early = "Signature expired: 20261121T001427Z is now earlier than 20261121T014428Z (20261121T015928Z - 15 min.)"
	for _, test := range []struct {
		code, message string
		words         []string
	}{
		{"ExpiredToken", "The provided token has expired.", []string{"credentials have expired", "aws login", "aws sso login"}},
		{"ExpiredTokenException", "The security token has expired", []string{"credentials have expired"}},
		{"TokenRefreshRequired", "The provided token must be refreshed.", []string{"credentials have expired"}},
		{"RequestExpired", "Request has expired.", []string{"have expired", "new credentials", "clock"}},
		{"InvalidClientTokenId", "The security token is invalid.", []string{"does not know", "not enabled"}},
		{"UnrecognizedClientException", "The security token is invalid.", []string{"does not know"}},
		{"InvalidAccessKeyId", "The key does not exist.", []string{"does not know", "AWS_ACCESS_KEY_ID"}},
		{"InvalidToken", "The provided token is malformed.", []string{"does not know"}},
		{"SignatureDoesNotMatch", "The signature we calculated does not match", []string{"signature", "AWS_SECRET_ACCESS_KEY"}},
		{"SignatureDoesNotMatch", early, []string{"clock differs"}},
		{"SignatureDoesNotMatch", "Signature not yet current: 2026 is still later than 2026", []string{"clock differs"}},
		{"IncompleteSignature", "The request signature does not conform", []string{"signature"}},
		{"RequestTimeTooSkewed", "The difference is too large.", []string{"clock differs", "set the clock"}},
		{"OptInRequired", "You are not subscribed.", []string{"may not use", "You are not subscribed."}},
		{"AllAccessDisabled", "", []string{"not allowed: ", "setting the policy of " + bucket, "s3:PutBucketPolicy"}},
	} {
		t.Run(test.code, func(t *testing.T) {
			s := answering(t, http.StatusForbidden, ofS3(test.code, test.message))
			problem(t, putPolicy(t.Context(), s), report.ExitDenied, test.words...)
		})
	}
}

// S3 gives HEAD no reason: an expired token is a bare 400 then. To any other question that is no refusal.
func TestWhatS3RefusesToHead(t *testing.T) {
	s := answering(t, http.StatusBadRequest, "")
	problem(t, headBucket(t.Context(), s), report.ExitDenied, "S3 refused HeadBucket", "expired", "aws login")
	problem(t, putPolicy(t.Context(), s), report.ExitFailed, "S3 answered PutBucketPolicy with BadRequest")
}

// The same codes come in the other services' form.
func TestWhatOtherServicesRefuse(t *testing.T) {
	s := answering(t, http.StatusForbidden, refusal("ExpiredToken", "The security token included in the request is expired"))
	for _, ask := range []func(context.Context, *account.Session) error{describe, whoAmINow} {
		problem(t, ask(t.Context(), s), report.ExitDenied, "credentials have expired")
	}
}

// An answer that is no refusal is told in the service's own words, with the code to look for.
func TestOtherAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		status int
		body   string
		words  []string
	}{
		"a fault of ours": {
			http.StatusBadRequest, ofS3("MalformedPolicy", "Policy has invalid resource"),
			[]string{"S3 answered PutBucketPolicy with MalformedPolicy: Policy has invalid resource (setting the policy of "},
		},
		"without a sentence": {
			http.StatusConflict, ofS3("OperationAborted", ""),
			[]string{"S3 answered PutBucketPolicy with OperationAborted (setting"},
		},
		"throttled": {
			http.StatusServiceUnavailable, ofS3("SlowDown", "Reduce your rate."), []string{"SlowDown", "fewer requests"},
		},
		"a fault of theirs": {
			http.StatusInternalServerError, ofS3("InternalError", "We failed."), []string{"InternalError", "fault is AWS's"},
		},
		"unavailable": {http.StatusServiceUnavailable, "", []string{"ServiceUnavailable", "fault is AWS's"}},
		"no code": {
			http.StatusBadGateway, "<Error></Error>", []string{"S3 answered PutBucketPolicy with ", "fault is AWS's"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := answering(t, test.status, test.body)
			problem(t, putPolicy(t.Context(), s), report.ExitFailed, test.words...)
		})
	}
}

// CloudFormation's errors hold their code in another place, and one without any is told by its status.
func TestBrokenCloudFormation(t *testing.T) {
	s := answering(t, http.StatusInternalServerError, "")
	problem(t, describe(t.Context(), s), report.ExitFailed,
		"CloudFormation answered DescribeStacks with HTTP status 500 (looking", "fault is AWS's")
}

func TestThrottledCloudFormation(t *testing.T) {
	s := answering(t, http.StatusBadRequest, refusal("Throttling", "Rate exceeded"))
	problem(t, describe(t.Context(), s), report.ExitFailed,
		"CloudFormation answered DescribeStacks with Throttling", "fewer requests")
}

// A captive portal, a proxy that blocks, or a server of another kind answers in AWS's place.
func TestAnswersThatAreNotAWS(t *testing.T) {
	for status, body := range map[int]string{
		http.StatusOK:         "<html><body><p>Please log in</body></html>",
		http.StatusAccepted:   "",
		http.StatusForbidden:  "<html><body><p>Blocked</body></html>",
		http.StatusNotFound:   "404 page not found",
		http.StatusBadGateway: "<html><body><p>No upstream</body></html>",
	} {
		s := answering(t, status, body)
		problem(t, whoAmINow(t.Context(), s), report.ExitFailed,
			"no answer of AWS's", "STS's GetCallerIdentity", "wants a login")
	}
}

// What goes wrong before anything is sent is told without the SDK's wrapping.
func TestInputThatTheSDKRefuses(t *testing.T) {
	_, err := account.Ready(ready(), nil).S3().PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{})
	problem(t, fmt.Errorf("setting the policy: %w", err), report.ExitFailed,
		"S3 could not be asked for PutBucketPolicy", "(setting the policy)")
}

func TestExplainLeavesAlone(t *testing.T) {
	known := &report.Problem{Message: "no", Code: report.ExitUsage}
	cloud := fakeaws.New(map[string]fakeaws.Answer{"STS.GetCallerIdentity": fakeaws.Always(nil)})
	stopped, stop := context.WithCancel(t.Context())
	stop()
	_, cancelled := account.Ready(cloud.Config(), nil).WhoAmI(stopped)
	for name, err := range map[string]error{
		"nothing":             nil,
		"a problem":           known,
		"a wrapped problem":   fmt.Errorf("looking: %w", known),
		"an interrupt":        fmt.Errorf("looking: %w", context.Canceled),
		"an interrupted call": cancelled,
		"what it cannot know": errors.New("no space left on device"),
	} {
		if got := account.Explain(err); got != err {
			t.Errorf("%s: got %v, want %v", name, got, err)
		}
	}
	if !errors.Is(cancelled, context.Canceled) {
		t.Errorf("the call ended with %v, which shows nothing", cancelled)
	}
}

// The error behind the words stays within reach.
func TestExplainKeepsTheCause(t *testing.T) {
	s := answering(t, http.StatusForbidden, ofS3("ExpiredToken", "expired"))
	err := putPolicy(t.Context(), s)
	if !errors.Is(account.Explain(err), err) {
		t.Error("the cause is lost")
	}
}
