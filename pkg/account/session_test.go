package account_test

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

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

const whoAmI = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws-cn:iam::123456789012:user/ann</Arn><UserId>AIDA</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`

func answers(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(whoAmI)) }

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
	for _, noise := range []string{"operation error", "https response", "smithy", "StatusCode"} {
		if strings.Contains(p.Message, noise) {
			t.Errorf("%q holds the SDK's noise %q", p.Message, noise)
		}
	}
}

func TestWhoAmI(t *testing.T) {
	signed(t)
	server := httptest.NewServer(http.HandlerFunc(answers))
	defer server.Close()

	got, err := load(t, account.Options{Region: "cn-north-1", EndpointURL: server.URL}).WhoAmI(t.Context())
	want := account.Identity{
		Account: "123456789012", Region: "cn-north-1", Partition: "aws-cn",
		Caller: "arn:aws-cn:iam::123456789012:user/ann", Endpoint: server.URL,
	}
	if err != nil || got != want {
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
	file := filepath.Join(t.TempDir(), "config")
	text := "[profile base]\naws_access_key_id = A\naws_secret_access_key = B\n" +
		"[profile admin]\nrole_arn = arn:aws:iam::123456789012:role/admin\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/ann\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CONFIG_FILE", file)
	_, err := account.Load(t.Context(), account.Options{Region: "eu-west-1", Profile: "admin"})
	problem(t, err, report.ExitDenied, "MFA", "terminal")
}

func TestWhatAWSRefuses(t *testing.T) {
	for code, want := range map[string]struct {
		exit int
		word string
	}{
		"ExpiredToken":          {report.ExitDenied, "expired"},
		"InvalidClientTokenId":  {report.ExitDenied, "not enabled"},
		"SignatureDoesNotMatch": {report.ExitDenied, "AWS_SECRET_ACCESS_KEY"},
		"AccessDenied":          {report.ExitDenied, "sts:GetCallerIdentity"},
		"ValidationError":       {report.ExitFailed, "ValidationError"},
	} {
		t.Run(code, func(t *testing.T) {
			signed(t)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusForbidden)
				_, _ = w.Write([]byte(`<ErrorResponse><Error><Code>` + code + `</Code><Message>no</Message></Error></ErrorResponse>`))
			}))
			defer server.Close()
			_, err := load(t, account.Options{Region: "eu-west-1", EndpointURL: server.URL}).WhoAmI(t.Context())
			problem(t, err, want.exit, want.word)
		})
	}
}

func TestNothingAnswers(t *testing.T) {
	signed(t)
	_, err := load(t, account.Options{Region: "eu-west-1", EndpointURL: "http://127.0.0.1:1"}).WhoAmI(t.Context())
	problem(t, err, report.ExitFailed, "nothing answers at 127.0.0.1:1")
}

// Trap 67: an endpoint that accepts and stays silent. The test's own deadline stands for the ten seconds.
func TestTrap67SilentEndpoint(t *testing.T) {
	signed(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 1)
	defer cancel()
	_, err = load(t, account.Options{Region: "eu-west-1", EndpointURL: "http://" + l.Addr().String()}).WhoAmI(ctx)
	problem(t, err, report.ExitFailed, "does not answer")
}

type recorder struct{ events []report.Event }

func (r *recorder) Tell(e report.Event) { r.events = append(r.events, e) }

func TestRequestsAreTold(t *testing.T) {
	signed(t)
	var n atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n.Add(1) == 1 {
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		answers(w, r)
	}))
	defer server.Close()
	told := &recorder{}
	if _, err := load(t, account.Options{Region: "eu-west-1", EndpointURL: server.URL, Sink: told}).WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []report.Request
	for _, e := range told.events {
		r := e.(report.Request)
		r.Took = 0
		got = append(got, r)
	}
	if len(got) != 2 || got[0].Status != 500 || got[0].Attempt != 1 || got[1].Status != 200 || got[1].Attempt != 2 || got[1].Operation != "GetCallerIdentity" {
		t.Errorf("told %+v", got)
	}
}

// A connection dialled ahead is used, also by TLS, and what nobody used is closed.
func TestDialAhead(t *testing.T) {
	signed(t)
	var opened, closed atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(answers))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		switch s {
		case http.StateNew:
			opened.Add(1)
		case http.StateClosed:
			closed.Add(1)
		}
	}
	server.TLS = &tls.Config{}
	server.StartTLS()
	defer server.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, block, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)

	s := load(t, account.Options{Region: "eu-west-1", EndpointURL: server.URL})
	drop := s.DialAhead(t.Context(), 3)
	if _, err := s.WhoAmI(t.Context()); err != nil {
		t.Fatal(err)
	}
	drop()
	for closed.Load() < 2 {
		select {
		case <-t.Context().Done():
			t.Fatal("the connections that nobody used are still open")
		default:
		}
	}
	if n := opened.Load(); n != 3 {
		t.Errorf("%d connections were opened, want the three dialled ahead", n)
	}
}
