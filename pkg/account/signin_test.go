package account_test

import (
	"context"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// silent is a network on which every connection stands and nobody ever answers.
func silent(t *testing.T) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		here, there := net.Pipe()
		t.Cleanup(func() { _ = there.Close(); _ = here.Close() })
		return here, nil
	}
}

// Whoever gives the credentials and stays silent is found out within 40 s, however often the SDK would try.
func TestSigningInIsBounded(t *testing.T) {
	profile(t, assuming)
	t.Setenv("AWS_MAX_ATTEMPTS", "5")
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://sts.test")
	synctest.Test(t, func(t *testing.T) {
		s := load(t, account.Options{Profile: "dev", Dial: silent(t)})
		start := time.Now()
		err := s.SignIn(t.Context())
		problem(t, err, report.ExitFailed, "does not answer")
		if took := time.Since(start); took != 40*time.Second {
			t.Errorf("found out after %s", took)
		}
		time.Sleep(time.Hour) // the SDK's own call goes on by itself until it has given up
	})
}

// A person who is asked for an MFA code may take longer than that.
func TestTypingAnMFACodeIsNotBounded(t *testing.T) {
	profile(t, "mfa_serial = arn:aws:iam::123456789012:mfa/ann\n"+assuming)
	t.Setenv("AWS_ENDPOINT_URL_STS", "http://sts.test")
	synctest.Test(t, func(t *testing.T) {
		typing := func() (string, error) { time.Sleep(10 * time.Minute); return "123456", nil }
		s := load(t, account.Options{Profile: "dev", Dial: silent(t), MFA: typing})
		start := time.Now()
		err := s.SignIn(t.Context())
		if took := time.Since(start); err == nil || took < 10*time.Minute {
			t.Errorf("ended after %s: %v", took, err)
		}
	})
}
