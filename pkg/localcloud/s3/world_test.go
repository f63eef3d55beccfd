package s3_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/s3"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

const (
	ours   = "111111111111"
	theirs = "222222222222"
	home   = "eu-west-1"
	name   = "the-bucket"
)

// world is S3 behind a router, asked by Amazon's own client.
type world struct {
	t        testing.TB
	store    *store.Store
	hand     *clock.Hand
	takes    time.Duration
	insecure atomic.Bool
	service  *s3.Service
	router   *wire.Router
	server   *httptest.Server
}

func newWorld(t testing.TB) *world {
	w := &world{t: t, store: store.Memory(), hand: clock.NewHand(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC))}
	w.service = s3.New(s3.Config{
		Store: w.store, Clock: w.hand, VersioningTakes: func() time.Duration { return w.takes },
	})
	w.router = &wire.Router{
		Services:  map[string]wire.Service{"s3": w.service},
		Now:       w.hand.Now,
		AccountOf: func(key string) string { return map[string]string{"OURS": ours, "THEIRS": theirs}[key] },
		Secure:    func() bool { return !w.insecure.Load() },
	}
	w.server = httptest.NewServer(w.router)
	t.Cleanup(w.server.Close)
	return w
}

// client is ours, in our region.
func (w *world) client(change ...func(*sdk.Options)) *sdk.Client {
	return w.as("OURS", home, change...)
}

func (w *world) as(key, region string, change ...func(*sdk.Options)) *sdk.Client {
	return sdk.New(sdk.Options{
		Region: region, BaseEndpoint: &w.server.URL, RetryMaxAttempts: 1, HTTPClient: w.server.Client(),
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}, change...)
}

// bucket makes our bucket in our region.
func (w *world) bucket(c *sdk.Client, name string) {
	w.t.Helper()
	_, err := c.CreateBucket(w.t.Context(), &sdk.CreateBucketInput{
		Bucket:                    &name,
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: home},
	})
	w.ok(err)
}

// versioned makes our bucket, which versions at once.
func (w *world) versioned() *sdk.Client {
	w.t.Helper()
	c := w.client()
	w.bucket(c, name)
	w.version(c, types.BucketVersioningStatusEnabled)
	return c
}

func (w *world) version(c *sdk.Client, status types.BucketVersioningStatus) {
	w.t.Helper()
	_, err := c.PutBucketVersioning(w.t.Context(), &sdk.PutBucketVersioningInput{
		Bucket: aws.String(name), VersioningConfiguration: &types.VersioningConfiguration{Status: status},
	})
	w.ok(err)
}

func (w *world) put(c *sdk.Client, key, text string) *sdk.PutObjectOutput {
	w.t.Helper()
	out, err := c.PutObject(w.t.Context(), &sdk.PutObjectInput{
		Bucket: aws.String(name), Key: &key, Body: strings.NewReader(text),
	})
	w.ok(err)
	return out
}

func (w *world) read(c *sdk.Client, key, version string) (string, error) {
	in := &sdk.GetObjectInput{Bucket: aws.String(name), Key: &key}
	if version != "" {
		in.VersionId = &version
	}
	out, err := c.GetObject(w.t.Context(), in)
	if err != nil {
		return "", err
	}
	text, err := io.ReadAll(out.Body)
	return string(text), err
}

func (w *world) policy(c *sdk.Client, text string) error {
	_, err := c.PutBucketPolicy(w.t.Context(), &sdk.PutBucketPolicyInput{Bucket: aws.String(name), Policy: &text})
	return err
}

func (w *world) ok(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused sees that an error is one of AWS's, with a code.
func (w *world) refused(code string, err error) {
	w.t.Helper()
	if got := codeOf(err); got != code {
		w.t.Fatalf("the code is %q, not %q: %v", got, code, err)
	}
}

func codeOf(err error) string {
	if e, ok := errors.AsType[smithy.APIError](err); ok {
		return e.ErrorCode()
	}
	return ""
}

// answer is one of plain HTTP.
type answer struct {
	status int
	header http.Header
	body   string
}

// ask sends a request that no client of Amazon's would. key signs it, in our region; "" is nobody.
func (w *world) ask(key, method, path, body string, header map[string]string) answer {
	w.t.Helper()
	var reader io.Reader
	if body != "" {
		reader = strings.NewReader(body)
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(w.t.Context()), method, w.server.URL+path, reader)
	w.ok(err)
	sign(request, key)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := w.server.Client().Do(request)
	w.ok(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	w.ok(err)
	return answer{response.StatusCode, response.Header, string(text)}
}

func sign(r *http.Request, key string) {
	if key != "" {
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential="+key+"/20261122/"+home+
			"/s3/aws4_request, SignedHeaders=host, Signature=0")
	}
}

// code is that of an error's body.
func (a answer) code() string {
	_, rest, _ := strings.Cut(a.body, "<Code>")
	code, _, _ := strings.Cut(rest, "</Code>")
	return code
}

// dialing sends every name to the server, as a resolver does that knows *.localhost.
func (w *world) dialing() *http.Client {
	return &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
		},
	}}
}
