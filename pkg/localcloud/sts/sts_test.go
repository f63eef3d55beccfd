package sts_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/plldb/plldb/pkg/localcloud/sts"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// accountOf knows the access keys of the tests.
func accountOf(key string) string {
	return map[string]string{"AKIDA": "111111111111", "AKIDB": "111111111111", "AKIDC": "222222222222"}[key]
}

// ask sends a form, signed by an access key in a region, and gives the status and the body.
func ask(t *testing.T, key, region string, form url.Values) (int, string) {
	t.Helper()
	router := &wire.Router{
		Services:  map[string]wire.Service{"sts": sts.New()},
		Now:       time.Now,
		AccountOf: accountOf,
		Secure:    func() bool { return true },
	}
	request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(form.Encode()))
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20260102/"+region+"/sts/aws4_request")
	w := httptest.NewRecorder()
	router.ServeHTTP(w, request)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Code, string(body)
}

func whoAmI() url.Values {
	return url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}}
}

func TestGetCallerIdentity(t *testing.T) {
	for _, c := range []struct{ key, region, arn, account string }{
		{"AKIDA", "eu-west-1", "arn:aws:iam::111111111111:user/plldb", "111111111111"},
		{"AKIDC", "cn-north-1", "arn:aws-cn:iam::222222222222:user/plldb", "222222222222"},
	} {
		status, body := ask(t, c.key, c.region, whoAmI())
		if status != http.StatusOK {
			t.Fatalf("%s: %d %s", c.key, status, body)
		}
		for _, want := range []string{
			"<GetCallerIdentityResult>", "<Arn>" + c.arn + "</Arn>", "<Account>" + c.account + "</Account>", "<RequestId>",
		} {
			if !strings.Contains(body, want) {
				t.Errorf("%s: no %s in %s", c.key, want, body)
			}
		}
	}
}

// The user of an account is the same one, whoever asks and whenever.
func TestTheUserIDIsTheAccounts(t *testing.T) {
	found := func(key string) string {
		_, body := ask(t, key, "eu-west-1", whoAmI())
		id := regexp.MustCompile(`<UserId>(AIDA[A-Z2-7]{17})</UserId>`).FindStringSubmatch(body)
		if id == nil {
			t.Fatalf("no user id in %s", body)
		}
		return id[1]
	}
	if a, b, c := found("AKIDA"), found("AKIDB"), found("AKIDC"); a != b || a == c {
		t.Errorf("%s and %s of one account, %s of another", a, b, c)
	}
}

func TestWhatIsNotModelledIsRefused(t *testing.T) {
	for _, c := range []struct {
		name, key  string
		form       url.Values
		status     int
		code, text string
	}{
		{
			"AssumeRole", "AKIDA",
			url.Values{"Action": {"AssumeRole"}, "Version": {"2011-06-15"}, "RoleArn": {"a"}},
			http.StatusBadRequest, "InvalidAction", "Could not find operation AssumeRole",
		},
		{
			"a parameter", "AKIDA",
			url.Values{"Action": {"GetCallerIdentity"}, "Version": {"2011-06-15"}, "Who": {"me"}},
			http.StatusBadRequest, "ValidationError", "does not model the parameter Who",
		},
		{"an unknown key", "AKIDX", whoAmI(), http.StatusForbidden, "InvalidClientTokenId", "security token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, body := ask(t, c.key, "eu-west-1", c.form)
			if status != c.status || !strings.Contains(body, "<Code>"+c.code+"</Code>") || !strings.Contains(body, c.text) {
				t.Errorf("%d %s", status, body)
			}
		})
	}
}
