package account_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

// TestMain takes the machine's own proxy away; only the process that TestProxy starts has one.
func TestMain(m *testing.M) {
	if os.Getenv("HTTPS_PROXY") != testProxy {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// clean gives the test an environment without AWS: no variables, no files, no metadata service.
func clean(t *testing.T) {
	t.Helper()
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
			_ = os.Unsetenv(name)
		}
	}
	none := filepath.Join(t.TempDir(), "none")
	t.Setenv("AWS_CONFIG_FILE", none)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", none)
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", "http://127.0.0.1:1")
}

func signed(t *testing.T) {
	t.Helper()
	clean(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}

// configured makes text the shared configuration.
func configured(t *testing.T, text string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
}

const whoAmI = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws-cn:iam::123456789012:user/ann</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`

func answers(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(whoAmI)) }

// refusal is an error answer of STS and CloudFormation.
func refusal(code, message string) string {
	return "<ErrorResponse><Error><Code>" + code + "</Code><Message>" + message + "</Message></Error></ErrorResponse>"
}

func load(t *testing.T, o account.Options) *account.Session {
	t.Helper()
	s, err := account.Load(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// problem asserts that err explains itself with this exit code and these words.
func problem(t *testing.T, err error, code int, words ...string) {
	t.Helper()
	p, ok := errors.AsType[*report.Problem](account.Explain(err))
	if !ok {
		t.Fatalf("no Problem: %v", err)
	}
	if p.Code != code {
		t.Errorf("exit code %d, want %d (%s)", p.Code, code, p.Message)
	}
	for _, word := range words {
		if !strings.Contains(p.Message+"\n"+p.Hint, word) {
			t.Errorf("%q does not say %q", p.Message+"\n"+p.Hint, word)
		}
	}
	for _, noise := range []string{
		"operation error", "response error", "api error", "RequestID", "StatusCode", "exceeded maximum", "get identity",
		"deserialization", "smithy", "*types.", "x509:", "tls:", "http: ", "dial tcp", "&{", "map[", "failed to",
	} {
		if strings.Contains(p.Message+"\n"+p.Hint, noise) {
			t.Errorf("%q holds the SDK's noise %q", p.Message+"\n"+p.Hint, noise)
		}
	}
}

func TestWhoAmI(t *testing.T) {
	signed(t)
	server := httptest.NewServer(http.HandlerFunc(answers))
	defer server.Close()

	s := load(t, account.Options{Region: "cn-north-1", EndpointURL: server.URL})
	got, err := s.WhoAmI(t.Context())
	want := account.Identity{
		Account: "123456789012", Region: "cn-north-1", Partition: "aws-cn",
		Caller: "arn:aws-cn:iam::123456789012:user/ann", Endpoint: server.URL,
	}
	if err != nil || got != want || s.Region() != want.Region {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
}

func TestExpect(t *testing.T) {
	me := account.Identity{Account: "123456789012"}
	if err := errors.Join(me.Expect(""), me.Expect("123456789012")); err != nil {
		t.Error(err)
	}
	problem(t, me.Expect("999999999999"), report.ExitUsage, "123456789012", "999999999999")
}

func TestSettingsThatAreWrong(t *testing.T) {
	clean(t)
	_, err := account.Load(t.Context(), account.Options{})
	problem(t, err, report.ExitUsage, "no AWS region", "--region")
	_, err = account.Load(t.Context(), account.Options{Region: "Mars 1"})
	problem(t, err, report.ExitUsage, `"Mars 1"`)
	_, err = account.Load(t.Context(), account.Options{Region: "eu-west-1", Profile: "nobody"})
	problem(t, err, report.ExitUsage, `"nobody"`, "list-profiles")
	t.Setenv("AWS_PROFILE", "nobody")
	_, err = account.Load(t.Context(), account.Options{Region: "eu-west-1"})
	problem(t, err, report.ExitUsage, "the profile that AWS_PROFILE names does not exist")
}

// Trap 63: with nothing in the chain the metadata service is asked once, and that is said to be no credentials.
func TestTrap63NoCredentials(t *testing.T) {
	clean(t)
	_, err := load(t, account.Options{Region: "eu-west-1"}).WhoAmI(t.Context())
	problem(t, err, report.ExitDenied, "no AWS credentials", "aws login")
}

func TestTrap63MetadataIsNotRetried(t *testing.T) {
	clean(t)
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusInternalServerError)
	}))
	defer server.Close()
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", server.URL)
	_, err := load(t, account.Options{Region: "eu-west-1"}).WhoAmI(t.Context())
	problem(t, err, report.ExitDenied, "no AWS credentials")
	if n := asked.Load(); n == 0 || n > 2 { // a token, and without one a role
		t.Errorf("the metadata service was asked %d times", n)
	}
}

func TestTrap63MFAWithoutATerminal(t *testing.T) {
	signed(t)
	configured(t, "[profile base]\naws_access_key_id = A\naws_secret_access_key = B\n"+
		"[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\n"+
		"mfa_serial = arn:aws:iam::123456789012:mfa/ann\n")
	_, err := account.Load(t.Context(), account.Options{Region: "eu-west-1", Profile: "admin"})
	problem(t, err, report.ExitDenied, "MFA", "terminal")
}

func TestNothingAnswers(t *testing.T) {
	signed(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	_, err := load(t, account.Options{Region: "eu-west-1", EndpointURL: "http://127.0.0.1:1"}).WhoAmI(t.Context())
	problem(t, err, report.ExitFailed, "nothing answers at 127.0.0.1:1")
}

type recorder struct {
	mu     sync.Mutex
	events []report.Event
}

func (r *recorder) Tell(e report.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}
