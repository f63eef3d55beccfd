package account_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	sdk "github.com/aws/aws-sdk-go-v2/aws"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/fakeaws"
	"github.com/plldb/plldb/pkg/report"
)

// testProxy is the proxy of the process that TestProxy starts.
const testProxy = "http://proxy.test:3128"

func ready() sdk.Config { return fakeaws.New(nil).Config() }

// AWS is asked by the bucket's own name, every other endpoint by a path, whoever named it.
func TestHowS3IsAsked(t *testing.T) {
	const set, path = "http://s3.test", "http://s3.test/" + bucket
	for name, test := range map[string]struct {
		environment map[string]string
		flag        string
		want        string
	}{
		"AWS":                 {want: "https://" + bucket + "." + regional + "/"},
		"AWS_ENDPOINT_URL_S3": {environment: map[string]string{"AWS_ENDPOINT_URL_S3": set}, want: path},
		"AWS_ENDPOINT_URL":    {environment: map[string]string{"AWS_ENDPOINT_URL": set}, want: path},
		"the flag":            {flag: set, want: path},
		"the flag over a variable": {
			flag: set, environment: map[string]string{"AWS_ENDPOINT_URL_S3": "http://else.test"}, want: path,
		},
		"the flag, though variables are out of force": {
			flag: set, environment: map[string]string{"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}, want: path,
		},
	} {
		t.Run(name, func(t *testing.T) {
			signed(t)
			for name, value := range test.environment {
				t.Setenv(name, value)
			}
			cloud := serve(t)
			if strings.HasPrefix(test.want, "https") {
				cloud = serve(t, certificate(t, regional, "*."+regional))
			}
			s := load(t, account.Options{Region: "eu-west-1", EndpointURL: test.flag, Dial: cloud.dial})
			if err := headBucket(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			cloud.mu.Lock()
			defer cloud.mu.Unlock()
			if len(cloud.asked) != 1 || cloud.asked[0] != test.want {
				t.Errorf("asked %q, want %q", cloud.asked, test.want)
			}
		})
	}
}

func TestBundleThatIsNotThere(t *testing.T) {
	signed(t)
	t.Setenv("AWS_CA_BUNDLE", filepath.Join(t.TempDir(), "none.pem"))
	_, err := account.Load(t.Context(), account.Options{Region: "eu-west-1"})
	problem(t, err, report.ExitUsage, "none.pem", "AWS_ variables")
}

// A proxy stands between: nothing is dialled ahead, and the request goes through it. net/http reads the variables once
// in a process, so this is one of its own.
func TestProxy(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestBehindAProxy", "-test.v")
	cmd.Env = append(os.Environ(), "HTTPS_PROXY="+testProxy, "NO_PROXY=", "no_proxy=")
	said, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(said), "--- PASS: TestBehindAProxy") != 2 {
		t.Errorf("%v\n%s", err, said)
	}
}

func proxied(t *testing.T) {
	t.Helper()
	if os.Getenv("HTTPS_PROXY") != testProxy {
		t.Skip("TestProxy runs this one")
	}
	signed(t)
}

func TestBehindAProxyThatIsDown(t *testing.T) {
	proxied(t)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	s := load(t, account.Options{Region: "eu-west-1", Dial: refusing(os.NewSyscallError("connect", syscall.ECONNREFUSED))})
	problem(t, whoAmINow(t.Context(), s), report.ExitFailed,
		"nothing answers at the proxy proxy.test:3128: connection refused")
}

func TestBehindAProxy(t *testing.T) {
	proxied(t)
	cloud := serve(t, certificate(t, regional, "*."+regional))
	s := load(t, account.Options{Region: "eu-west-1", Dial: throughProxy(cloud)})
	drop := s.DialAhead(t.Context(), 3)
	defer drop()
	if err := headBucket(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	host := bucket + "." + regional
	cloud.expect([]string{"proxy.test:3128", "CONNECT " + host + ":443"}, []string{"https://" + host + "/"})
}

// throughProxy answers CONNECT on each connection, and then leads to the server.
func throughProxy(cloud *aws) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		far, err := cloud.dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		here, there := net.Pipe()
		go func() {
			in := bufio.NewReader(there)
			r, err := http.ReadRequest(in)
			if err != nil {
				return
			}
			cloud.mu.Lock()
			cloud.dialled = append(cloud.dialled, r.Method+" "+r.Host)
			cloud.mu.Unlock()
			_, _ = io.WriteString(there, "HTTP/1.1 200 OK\r\n\r\n")
			go func() { _, _ = io.Copy(far, in) }()
			_, _ = io.Copy(there, far)
		}()
		return here, nil
	}
}
