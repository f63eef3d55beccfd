package account_test

import (
	"crypto/sha1"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// profile makes text the profile "dev" of a person without any other credentials.
func profile(t *testing.T, text string) {
	t.Helper()
	clean(t)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	configured(t, "[profile dev]\nregion = eu-west-1\n"+text)
}

func whoIsDev(t *testing.T) error {
	t.Helper()
	return whoAmINow(t.Context(), load(t, account.Options{Profile: "dev"}))
}

// endpoint gives one service of the SDK an endpoint with one answer.
func endpoint(t *testing.T, variable string, status int, header http.Header, body string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for name, values := range header {
			w.Header()[name] = values
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	}))
	t.Cleanup(server.Close)
	t.Setenv(variable, server.URL)
}

func errorType(code string) http.Header { return http.Header{"X-Amzn-Errortype": {code}} }

const (
	ssoProfile = "sso_start_url = https://d.awsapps.com/start\nsso_region = eu-west-1\n" +
		"sso_account_id = 123456789012\nsso_role_name = dev\n"
	ssoSession = "sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = dev\n" +
		"[sso-session corp]\nsso_start_url = https://d.awsapps.com/start\nsso_region = eu-west-1\n"
)

// token leaves what `aws sso login` leaves for a session, by its name, or for a profile without one, by its start URL.
func token(t *testing.T, owner string, expires time.Time, more map[string]string) {
	t.Helper()
	of := map[string]string{"accessToken": "T", "expiresAt": expires.UTC().Format(time.RFC3339)}
	for name, value := range more {
		of[name] = value
	}
	text, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(owner))
	file := filepath.Join(os.Getenv("HOME"), ".aws", "sso", "cache", hex.EncodeToString(sum[:])+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// An SSO session that has expired, or was never begun, in all the ways in which the SDK says so.
func TestSSOExpired(t *testing.T) {
	yesterday, tomorrow := time.Now().Add(-24*time.Hour), time.Now().Add(24*time.Hour)
	refreshable := map[string]string{"clientId": "C", "clientSecret": "S", "refreshToken": "R"}
	for name, prepare := range map[string]func(t *testing.T){
		"a profile, never logged in": func(t *testing.T) { profile(t, ssoProfile) },
		"a profile, expired": func(t *testing.T) {
			profile(t, ssoProfile)
			token(t, "https://d.awsapps.com/start", yesterday, nil)
		},
		"a session, never logged in": func(t *testing.T) { profile(t, ssoSession) },
		"a session, expired": func(t *testing.T) {
			profile(t, ssoSession)
			token(t, "corp", yesterday, nil)
		},
		"a session that cannot be refreshed": func(t *testing.T) {
			profile(t, ssoSession)
			token(t, "corp", yesterday, refreshable)
			endpoint(t, "AWS_ENDPOINT_URL_SSO_OIDC", http.StatusBadRequest, errorType("InvalidGrantException"),
				`{"error":"invalid_grant"}`)
		},
		"a session that was ended": func(t *testing.T) {
			profile(t, ssoSession)
			token(t, "corp", tomorrow, nil)
			endpoint(t, "AWS_ENDPOINT_URL_SSO", http.StatusUnauthorized, errorType("UnauthorizedException"),
				`{"message":"Session token not found or invalid"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			prepare(t)
			problem(t, whoIsDev(t), report.ExitDenied, "the SSO session has expired", "aws sso login")
		})
	}
}

// What is not an expired session is not said to be one.
func TestSSOFails(t *testing.T) {
	profile(t, ssoSession)
	token(t, "corp", time.Now().Add(time.Hour), nil)
	endpoint(t, "AWS_ENDPOINT_URL_SSO", http.StatusForbidden, errorType("ForbiddenException"), `{"message":"No access"}`)
	problem(t, whoIsDev(t), report.ExitDenied, "no credentials could be obtained: No access", "get-caller-identity")

	t.Setenv("AWS_ENDPOINT_URL_SSO", "http://127.0.0.1:1")
	problem(t, whoIsDev(t), report.ExitFailed, "nothing answers at 127.0.0.1:1")
}

func TestLoginExpired(t *testing.T) {
	profile(t, "login_session = arn:aws:iam::123456789012:user/ann\n")
	problem(t, whoIsDev(t), report.ExitDenied, "the `aws login` session has expired", "run `aws login`")
}

// What a credential_process writes may be a secret, so it is never shown.
func TestCredentialProcessFails(t *testing.T) {
	for command, want := range map[string]string{
		"exit 3":                          "exit status 3",
		"echo hush":                       "not the JSON that is expected",
		`echo '{"Version":"hush"}'`:       "not the JSON that is expected",
		`echo '{"Version":1}'`:            "missing AccessKeyId",
		`echo '{"Version":7,"a":"hush"}'`: "wrong version",
	} {
		t.Run(want, func(t *testing.T) {
			profile(t, "credential_process = "+command+"\n")
			err := whoIsDev(t)
			problem(t, err, report.ExitDenied, "credential_process gave no credentials: ", want, "by hand")
			if p := report.AsProblem(account.Explain(err)); strings.Contains(p.Message+p.Hint, "hush") {
				t.Errorf("%q shows what the process wrote", p.Message)
			}
		})
	}
}

const assuming = "role_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n" +
	"[profile base]\naws_access_key_id = A\naws_secret_access_key = B\n"

// A role that may not be assumed: it is that call, not the one that it was for, which was denied.
func TestRoleThatMayNotBeAssumed(t *testing.T) {
	profile(t, assuming)
	endpoint(t, "AWS_ENDPOINT_URL_STS", http.StatusForbidden, nil, refusal("AccessDenied",
		"User: arn:aws:iam::123456789012:user/ann is not authorized to perform: sts:AssumeRole on resource: "+
			"arn:aws:iam::123456789012:role/admin"))
	want := "not allowed: sts:AssumeRole on arn:aws:iam::123456789012:role/admin"
	problem(t, whoIsDev(t), report.ExitDenied, want)
	problem(t, putPolicy(t.Context(), load(t, account.Options{Profile: "dev"})), report.ExitDenied, want)
}

func TestRoleOfExpiredCredentials(t *testing.T) {
	profile(t, assuming)
	endpoint(t, "AWS_ENDPOINT_URL_STS", http.StatusForbidden, nil, refusal("ExpiredToken", "expired"))
	problem(t, putPolicy(t.Context(), load(t, account.Options{Profile: "dev"})), report.ExitDenied,
		"credentials have expired")
}

// Without IAM's sentence the action is that of the call which was denied.
func TestRoleDeniedWithoutASentence(t *testing.T) {
	profile(t, assuming)
	endpoint(t, "AWS_ENDPOINT_URL_STS", http.StatusForbidden, nil, refusal("AccessDenied", "Access denied"))
	problem(t, putPolicy(t.Context(), load(t, account.Options{Profile: "dev"})), report.ExitDenied,
		"not allowed: sts:AssumeRole (setting the policy of "+bucket+")")
}

// The code of an MFA device is asked for once, where somebody can answer.
func TestMFACodeIsAskedFor(t *testing.T) {
	profile(t, "mfa_serial = arn:aws:iam::123456789012:mfa/ann\n"+assuming)
	var got []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = append(got, r.FormValue("Action")+" "+r.FormValue("TokenCode"))
		if r.FormValue("Action") == "AssumeRole" {
			_, _ = w.Write([]byte(`<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A</AccessKeyId>` +
				`<SecretAccessKey>B</SecretAccessKey><SessionToken>C</SessionToken><Expiration>2999-01-01T00:00:00Z</Expiration>` +
				`</Credentials></AssumeRoleResult></AssumeRoleResponse>`))
			return
		}
		answers(w, r)
	}))
	defer server.Close()
	t.Setenv("AWS_ENDPOINT_URL_STS", server.URL)
	asked := 0
	s := load(t, account.Options{Profile: "dev", MFA: func() (string, error) { asked++; return "123456", nil }})
	for range 2 {
		if err := whoAmINow(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"AssumeRole 123456", "GetCallerIdentity ", "GetCallerIdentity "}
	if asked != 1 || !slices.Equal(got, want) {
		t.Errorf("asked %d times; STS got %q, want %q", asked, got, want)
	}
}

// Whatever else stands between a person and credentials is told in the innermost words.
func TestCredentialsThatCannotBeObtained(t *testing.T) {
	clean(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	endpoint(t, "AWS_CONTAINER_CREDENTIALS_FULL_URI", http.StatusBadRequest,
		http.Header{"Content-Type": {"application/json"}}, `{"code":"Nope","message":"no role\nhere"}`)
	err := whoAmINow(t.Context(), load(t, account.Options{Region: "eu-west-1"}))
	problem(t, err, report.ExitDenied, "no credentials could be obtained: no role here\n")
}
