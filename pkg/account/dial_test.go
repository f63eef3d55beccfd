package account_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/account"
	"github.com/plldb/plldb/pkg/report"
)

const (
	regional = "s3.eu-west-1.amazonaws.com"
	bucket   = "plldb-core-infrastructure-eu-west-1-123456789012"
)

// aws is a server to which every name leads, with what came to it.
type aws struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	dialled []string // host:port
	asked   []string // scheme, host and path
	closed  chan struct{}
	fail    func(addr string) error // of a dial; may be nil
	minds   bool                    // it does not serve a name that the connection was not greeted with
}

// serve starts it: with TLS and the certificate for the name that is asked for, without any of them plain.
func serve(t *testing.T, certs ...tls.Certificate) *aws {
	t.Helper()
	a := &aws{t: t, closed: make(chan struct{}, 100)}
	a.Server = httptest.NewUnstartedServer(a)
	a.Config.ErrorLog = log.New(io.Discard, "", 0)
	a.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateClosed {
			a.closed <- struct{}{}
		}
	}
	if len(certs) == 0 {
		a.Start()
	} else {
		a.TLS = &tls.Config{Certificates: certs}
		a.StartTLS()
		trust(t, certs...)
	}
	t.Cleanup(a.Close)
	return a
}

func (a *aws) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	scheme := "http://"
	if r.TLS != nil {
		scheme = "https://"
	}
	if a.minds {
		time.Sleep(time.Millisecond) // so that one answer comes while another request waits for its connection
	}
	if a.minds && r.TLS.ServerName != r.Host {
		w.WriteHeader(http.StatusMisdirectedRequest)
		return
	}
	a.asked = append(a.asked, scheme+r.Host+r.URL.Path)
	answers(w, r)
}

// dial leads every address to the server.
func (a *aws) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	a.mu.Lock()
	a.dialled = append(a.dialled, addr)
	fail := a.fail
	a.mu.Unlock()
	if fail != nil {
		if err := fail(addr); err != nil {
			return nil, err
		}
	}
	return (&net.Dialer{}).DialContext(ctx, network, a.Listener.Addr().String())
}

func (a *aws) expect(dialled, asked []string) {
	a.t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	if !slices.Equal(a.dialled, dialled) {
		a.t.Errorf("dialled %q, want %q", a.dialled, dialled)
	}
	if !slices.Equal(a.asked, asked) {
		a.t.Errorf("asked %q, want %q", a.asked, asked)
	}
}

func headBucket(ctx context.Context, s *account.Session) error {
	name := bucket
	_, err := s.S3().HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &name})
	return err
}

// The connection that was dialled ahead to the region's name serves the bucket's, since the certificate is good for both;
// there is no second handshake.
func TestDialAheadServesTheBucket(t *testing.T) {
	signed(t)
	cloud := serve(t, certificate(t, regional, "*."+regional))
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	drop := s.DialAhead(t.Context(), 1)
	defer drop()
	for range 2 {
		if err := headBucket(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	url := "https://" + bucket + "." + regional + "/"
	cloud.expect([]string{regional + ":443"}, []string{url, url})
}

// A server that minds is given a connection of the bucket's own, for this request and those that follow.
func TestDialAheadToAServerThatMinds(t *testing.T) {
	signed(t)
	cloud := serve(t, certificate(t, regional, "*."+regional))
	cloud.minds = true
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	const burst = 7
	drop := s.DialAhead(t.Context(), burst)
	defer drop()
	var all sync.WaitGroup
	for range burst {
		all.Go(func() {
			if err := headBucket(t.Context(), s); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if err := headBucket(t.Context(), s); err != nil {
		t.Error(err)
	}
	url := "https://" + bucket + "." + regional + "/"
	cloud.mu.Lock()
	defer cloud.mu.Unlock()
	if !slices.Equal(cloud.asked, slices.Repeat([]string{url}, burst+1)) {
		t.Errorf("served %q", cloud.asked)
	}
}

// A certificate that is good for the region's name alone says nothing of the bucket's: a connection of its own is made.
func TestDialAheadWithAnotherCertificate(t *testing.T) {
	signed(t)
	cloud := serve(t, certificate(t, regional), certificate(t, "*."+regional))
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	drop := s.DialAhead(t.Context(), 1)
	defer drop()
	if err := headBucket(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	host := bucket + "." + regional
	cloud.expect([]string{regional + ":443", host + ":443"}, []string{"https://" + host + "/"})
	<-cloud.closed // the one that was dialled ahead
}

func TestDialAheadThatFails(t *testing.T) {
	signed(t)
	cloud := serve(t, certificate(t, regional, "*."+regional))
	cloud.fail = func(addr string) error {
		if addr == regional+":443" {
			return errors.New("no")
		}
		return nil
	}
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	drop := s.DialAhead(t.Context(), 1)
	defer drop()
	if err := headBucket(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	host := bucket + "." + regional
	cloud.expect([]string{regional + ":443", host + ":443"}, []string{"https://" + host + "/"})
}

// A certificate that nobody trusts is no connection, neither ahead nor later.
func TestCertificateThatIsNotTrusted(t *testing.T) {
	signed(t)
	cloud := serve(t, certificate(t, regional, "*."+regional))
	trust(t, certificate(t, "elsewhere.test"))
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	drop := s.DialAhead(t.Context(), 1)
	defer drop()
	problem(t, headBucket(t.Context(), s), report.ExitFailed,
		"the certificate of "+bucket+"."+regional+" is not trusted", "AWS_CA_BUNDLE")
	cloud.expect([]string{regional + ":443", bucket + "." + regional + ":443"}, nil)
}

// What was dialled ahead and not used is closed.
func TestDialAheadIsDropped(t *testing.T) {
	signed(t)
	cloud := serve(t, certificate(t, regional, "*."+regional))
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	drop := s.DialAhead(t.Context(), 3)
	if err := headBucket(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	drop()
	<-cloud.closed
	<-cloud.closed
	to := regional + ":443"
	cloud.expect([]string{to, to, to}, []string{"https://" + bucket + "." + regional + "/"})
	if err := headBucket(t.Context(), s); err != nil { // on the one that was used
		t.Error(err)
	}
}

// A plain connection shows no certificate, so it serves nothing but the name that it was dialled to.
func TestDialAheadWithoutTLS(t *testing.T) {
	signed(t)
	cloud := serve(t)
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://s3.test")
	t.Setenv("AWS_ENDPOINT_URL_CLOUDFORMATION", "http://cloudformation.s3.test")
	s := load(t, account.Options{Region: "eu-west-1", Dial: cloud.dial})
	drop := s.DialAhead(t.Context(), 1)
	defer drop()
	// The answer is none of CloudFormation's, which is nothing to this test.
	_, _ = s.CloudFormation().DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{})
	if err := headBucket(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	cloud.mu.Lock()
	slices.Sort(cloud.dialled) // the first two are dialled side by side
	cloud.mu.Unlock()
	cloud.expect([]string{"cloudformation.s3.test:80", "s3.test:80"},
		[]string{"http://cloudformation.s3.test/", "http://s3.test/" + bucket})
}

// A session of a ready-made configuration has no dialer of its own.
func TestDialAheadOfAReadySession(t *testing.T) {
	drop := account.Ready(ready(), nil).DialAhead(t.Context(), 3)
	drop()
}
