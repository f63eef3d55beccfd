package localcloud_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"go.uber.org/goleak"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/store"
	"github.com/plldb/plldb/pkg/localcloud/wire"
)

// leavesNothing sees that in the end no goroutine is left, of servers or of their clients. A test begins with it.
func leavesNothing(t *testing.T) {
	t.Helper()
	t.Cleanup(func() { goleak.VerifyNone(t) })
}

// serve begins a server that ends with the test, if not before.
func serve(t testing.TB, o localcloud.Options) (*localcloud.Server, aws.Config) {
	t.Helper()
	server, err := localcloud.Serve(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mustDo(t, server.Close()) })
	return server, client(t, server)
}

// whole sends requests whose bodies nobody else holds. The SDK closes a request's body as soon as there is an answer,
// which here may be before net/http is done with it, which then drops the connection while the answer is read.
type whole struct{ http.RoundTripper }

func (w whole) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return w.RoundTripper.RoundTrip(r)
	}
	data, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	own := r.Clone(r.Context())
	own.Body = io.NopCloser(bytes.NewReader(data))
	return w.RoundTripper.RoundTrip(own)
}

// client asks the server, once for each call, on connections of its own.
func client(t testing.TB, server *localcloud.Server) aws.Config {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return aws.Config{
		Region: "us-east-1", BaseEndpoint: &server.URL,
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		HTTPClient:       &http.Client{Transport: whole{transport}},
		RetryMaxAttempts: 1,
	}
}

func mustDo(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

const logGroup = "Resources:\n  Log:\n    Type: AWS::Logs::LogGroup\n"

// fill makes a bucket and a stack.
func fill(t *testing.T, cfg aws.Config) {
	t.Helper()
	buckets := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	_, err := buckets.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("some-bucket")})
	mustDo(t, err)
	_, err = buckets.PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: aws.String("some-bucket"), Key: aws.String("key"), Body: strings.NewReader("body"),
	})
	mustDo(t, err)
	_, err = cloudformation.NewFromConfig(cfg).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: aws.String("some"), TemplateBody: aws.String(logGroup),
	})
	mustDo(t, err)
}

func status(t *testing.T, cfg aws.Config) types.StackStatus {
	t.Helper()
	out, err := cloudformation.NewFromConfig(cfg).DescribeStacks(t.Context(),
		&cloudformation.DescribeStacksInput{StackName: aws.String("some")})
	if err != nil {
		t.Fatal(err)
	}
	return out.Stacks[0].StackStatus
}

// The address is one of the loopback, for nobody but this machine.
func TestServeListensOnTheLoopback(t *testing.T) {
	leavesNothing(t)
	server, cfg := serve(t, localcloud.Options{})
	address, err := url.Parse(server.URL)
	if err != nil || address.Scheme != "http" || address.Hostname() != "127.0.0.1" {
		t.Errorf("the URL is %s, %v", server.URL, err)
	}
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || aws.ToString(me.Account) != localcloud.Account {
		t.Errorf("got %v, %v", me, err)
	}
}

// What was begun is kept in the folder, and goes on by the clock while nobody serves it.
func TestTheStateOutlivesTheServer(t *testing.T) {
	leavesNothing(t)
	hand := clock.NewHand(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC))
	o := localcloud.Options{State: t.TempDir(), Clock: hand}
	first, cfg := serve(t, o)
	fill(t, cfg)
	mustDo(t, first.Close())
	hand.Turn(time.Hour)

	_, cfg = serve(t, o)
	if got := status(t, cfg); got != types.StackStatusCreateComplete {
		t.Errorf("the stack is %s", got)
	}
	out, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).HeadObject(t.Context(),
		&s3.HeadObjectInput{Bucket: aws.String("some-bucket"), Key: aws.String("key")})
	if err != nil || aws.ToInt64(out.ContentLength) != int64(len("body")) {
		t.Errorf("the object: %v, %v", out, err)
	}
}

// Two servers on one folder see the same.
func TestTwoServersOnOneFolder(t *testing.T) {
	leavesNothing(t)
	o := localcloud.Options{State: t.TempDir(), Clock: clock.Real(clock.Top)}
	_, one := serve(t, o)
	_, two := serve(t, o)
	fill(t, one)
	if got := status(t, two); got != types.StackStatusCreateComplete {
		t.Errorf("the stack is %s", got)
	}
}

// Nobody is served by a closed server, and to close it twice is to close it once.
func TestCloseTwice(t *testing.T) {
	leavesNothing(t)
	server, cfg := serve(t, localcloud.Options{State: t.TempDir()})
	mustDo(t, server.Close())
	mustDo(t, server.Close())
	if _, err := sts.NewFromConfig(cfg).GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err == nil {
		t.Error("it answers still")
	}
	mustDo(t, server.Cloud().Close())
}

// Close ends the calls that stall, also one whose body nobody reads, which does not see that its client is gone.
func TestCloseWhileACallStalls(t *testing.T) {
	leavesNothing(t)
	entered := make(chan struct{})
	server, cfg := serve(t, localcloud.Options{State: t.TempDir()})
	server.Cloud().Faults().Call(localcloud.Fault{Operation: "PutObject", Stall: true, Match: func(*wire.Call) bool {
		close(entered)
		return true
	}})
	var call sync.WaitGroup
	call.Go(func() {
		_, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).PutObject(t.Context(),
			&s3.PutObjectInput{
				Bucket: aws.String("some-bucket"), Key: aws.String("key"), Body: bytes.NewReader(make([]byte, 8<<20)),
			})
		if err == nil {
			t.Error("an object was put into a bucket that is not there")
		}
	})
	<-entered
	mustDo(t, server.Close())
	call.Wait()
}

// Close waits for a call that is being served, so the state is left alone when it returns.
func TestCloseWhileACallIsServed(t *testing.T) {
	leavesNothing(t)
	began, goOn := make(chan struct{}), make(chan struct{})
	var ended atomic.Bool
	o := localcloud.Options{State: t.TempDir(), Clock: clock.Real(clock.Top)}
	o.Told = func(localcloud.Call) { // a part of the call still
		close(began)
		<-goOn
		ended.Store(true)
	}
	server, cfg := serve(t, o)
	var calls sync.WaitGroup
	calls.Go(func() {
		_, _ = cloudformation.NewFromConfig(cfg).CreateStack(context.WithoutCancel(t.Context()), // its answer may be lost
			&cloudformation.CreateStackInput{StackName: aws.String("some"), TemplateBody: aws.String(logGroup)})
	})
	<-began
	calls.Go(func() {
		for reachable(server) { // until it is closing
		}
		close(goOn)
	})
	mustDo(t, server.Close())
	if !ended.Load() {
		t.Error("closed before the call had ended")
	}
	calls.Wait()
	o.Told = nil
	_, cfg = serve(t, o)
	if got := status(t, cfg); got != types.StackStatusCreateComplete {
		t.Errorf("the stack is %s", got)
	}
}

func reachable(server *localcloud.Server) bool {
	conn, err := net.Dial("tcp", strings.TrimPrefix(server.URL, "http://")) //nolint:noctx // the loopback answers at once
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// What cannot be a state is found before anything is served, and left as it is.
func TestServeOnWhatIsNoState(t *testing.T) {
	for name, c := range map[string]struct {
		place   string // of a file, below the folder
		state   string
		damaged bool
	}{
		"a file":               {"file", "file", false},
		"below a file":         {"file", "file/state", false},
		"a damaged state":      {"state.db", ".", true},
		"a folder as its file": {"state.db/file", ".", true},
	} {
		t.Run(name, func(t *testing.T) {
			leavesNothing(t)
			dir := t.TempDir()
			file := filepath.Join(dir, filepath.FromSlash(c.place))
			mustDo(t, os.MkdirAll(filepath.Dir(file), 0o700))
			mustDo(t, os.WriteFile(file, []byte("nonsense"), 0o600))
			server, err := localcloud.Serve(t.Context(), localcloud.Options{State: filepath.Join(dir, c.state)})
			if err == nil {
				mustDo(t, server.Close())
				t.Fatal("it is served")
			}
			if !strings.Contains(err.Error(), dir) {
				t.Errorf("the error does not say where: %v", err)
			}
			if _, damaged := errors.AsType[*store.Damaged](err); damaged != c.damaged {
				t.Errorf("the error is %v", err)
			}
			if text, _ := os.ReadFile(file); string(text) != "nonsense" {
				t.Errorf("the file is now %q", text)
			}
		})
	}
}

// A context that is over opens nothing.
func TestServeAfterTheEnd(t *testing.T) {
	leavesNothing(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	server, err := localcloud.Serve(ctx, localcloud.Options{State: t.TempDir()})
	if err == nil {
		mustDo(t, server.Close())
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}
