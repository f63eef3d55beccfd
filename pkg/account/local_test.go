package account_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/plldb/plldb/pkg/account"
)

// Whatever the caller's environment says of AWS, a session with the local cloud asks nobody else.
func TestLocalSessionStaysHere(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("asked elsewhere: %s %s", r.Method, r.URL)
	}))
	defer elsewhere.Close()
	for _, name := range []string{
		"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL_CLOUDFORMATION",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT", "HTTP_PROXY", "HTTPS_PROXY",
	} {
		t.Setenv(name, elsewhere.URL)
	}
	t.Setenv("AWS_PROFILE", "there-is-none")
	t.Setenv("AWS_REGION", "eu-west-1")

	var mu sync.Mutex
	var asked []string
	here := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		asked = append(asked, r.Header.Get("Authorization"))
		mu.Unlock()
		w.WriteHeader(http.StatusForbidden)
	}))
	defer here.Close()

	session := account.Local(here.URL, "us-east-1", "local", nil)
	_, err := session.WhoAmI(t.Context())
	if err == nil || len(asked) == 0 {
		t.Fatalf("got %v after %d requests", err, len(asked))
	}
	if !strings.Contains(asked[0], "Credential=local/") || !strings.Contains(asked[0], "/us-east-1/sts/") {
		t.Errorf("signed as %q", asked[0])
	}
}
