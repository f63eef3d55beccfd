package store_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/plldb/plldb/pkg/localcloud"
	"github.com/plldb/plldb/pkg/localcloud/clock"
	"github.com/plldb/plldb/pkg/localcloud/wire"
	"github.com/plldb/plldb/pkg/store"
)

const account = "123456789012"

// The access keys, and whose they are.
const (
	plldb  = "PLLDB"  // what the Store signs with
	owner  = "OWNER"  // of the same account: somebody at another door
	other  = "OTHER"  // of another account
	nobody = "NOBODY" // of no account
)

func ireland() store.Bucket { return bucketIn("eu-west-1", "aws") }

func bucketIn(region, partition string) store.Bucket {
	return store.Bucket{
		Name: store.BucketName(region, account), Account: account, Region: region, Partition: partition,
	}
}

// world is the local cloud, on a clock that the Store's waiting turns.
type world struct {
	t     *testing.T
	cloud *localcloud.Cloud
	hand  *clock.Hand
	url   string
	http  *http.Client
	page  int // versions and delete markers a page; 0 is as many as S3 gives
	// odd is asked before the cloud, and may answer itself. It may be nil.
	odd     func(w http.ResponseWriter, r *http.Request) (answered bool)
	serving sync.RWMutex // held by each call while it is served: time passes only between calls

	mu    sync.Mutex
	calls []call
}

// call is one attempt of the Store that reached the cloud.
type call struct {
	operation string
	header    http.Header
}

func newWorld(t *testing.T) *world { return slowWorld(t, 0) }

// slowWorld is one in which a bucket versions so much later than it was told to (trap 44).
func slowWorld(t *testing.T, versioningTakes time.Duration) *world {
	t.Helper()
	w := openWorld(t, versioningTakes)
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	w.url, w.http = server.URL, server.Client()
	return w
}

// openWorld is a world without a network: what a bubble of turned time needs.
func openWorld(t *testing.T, versioningTakes time.Duration) *world {
	t.Helper()
	w := &world{t: t, hand: clock.NewHand(time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)), url: "http://localhost"}
	w.http = &http.Client{Transport: inside{w}}
	var err error
	w.cloud, err = localcloud.Open(t.Context(), localcloud.Options{
		Clock: w.hand, VersioningTakes: versioningTakes,
		Accounts: map[string]string{plldb: account, owner: account, other: "999999999999", nobody: ""},
	})
	if err != nil {
		t.Fatal(err)
	}
	w.cloud.Faults().Call(localcloud.Fault{Match: w.note})
	return w
}

// inside is a transport that calls the handler.
type inside struct{ http.Handler }

func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Host = r.URL.Host
	if r.Body == nil {
		r.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	i.ServeHTTP(answer, r)
	return answer.Result(), nil
}

// ServeHTTP answers as the cloud does, in pages of the wanted size.
func (w *world) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if w.odd != nil && w.odd(rw, r) {
		return
	}
	w.serving.RLock()
	defer w.serving.RUnlock()
	if query := r.URL.Query(); w.page > 0 && query.Has("versions") {
		query.Set("max-keys", strconv.Itoa(w.page))
		r.URL.RawQuery = query.Encode()
	}
	w.cloud.ServeHTTP(rw, r)
}

// note remembers a call of the Store; it is a fault that hurts nobody.
func (w *world) note(c *wire.Call) bool {
	if c.AccessKey == plldb {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.calls = append(w.calls, call{c.Operation, c.Header.Clone()})
	}
	return false
}

// operations are the Store's calls, each attempt, in order.
func (w *world) operations() (names []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.calls {
		names = append(names, c.operation)
	}
	return names
}

// writes are those of operations that change something.
func (w *world) writes() []string {
	return slices.DeleteFunc(w.operations(), func(name string) bool {
		return strings.HasPrefix(name, "Get") || strings.HasPrefix(name, "Head") || strings.HasPrefix(name, "List")
	})
}

func (w *world) count(operation string) (n int) {
	for _, name := range w.operations() {
		if name == operation {
			n++
		}
	}
	return n
}

// refuses has an operation of the Store refused, so many times; 0 is always. It returns what ends that.
func (w *world) refuses(operation string, times, status int, code string) (lift func()) {
	return w.hurts(localcloud.Fault{
		Operation: operation, Times: times, Refuse: wire.Errorf(status, code, "said S3"),
	})
}

// hurts adds a fault of the Store's calls.
func (w *world) hurts(f localcloud.Fault) (lift func()) {
	f.Match = func(c *wire.Call) bool { return c.AccessKey == plldb }
	return w.cloud.Faults().Call(f)
}

// client is a client of S3 with one of the access keys.
func (w *world) client(key, region string, options ...func(*s3.Options)) *s3.Client {
	return s3.New(s3.Options{
		Region: region, BaseEndpoint: &w.url, UsePathStyle: true, HTTPClient: w.http, Retryer: atOnce(),
		Credentials: credentials.NewStaticCredentialsProvider(key, "secret", ""),
	}, options...)
}

// atOnce is the SDK's own retryer without its waiting.
func atOnce() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
	})
}

func (w *world) store(options ...store.Option) *store.Store {
	return w.storeOf(ireland(), w.client(plldb, "eu-west-1"), options...)
}

func (w *world) storeOf(b store.Bucket, client *s3.Client, options ...store.Option) *store.Store {
	return store.New(client, b, append([]store.Option{store.WithSleep(w.sleep)}, options...)...)
}

// sleep turns the clock, once no call is being served.
func (w *world) sleep(ctx context.Context, d time.Duration) error {
	w.serving.Lock()
	defer w.serving.Unlock()
	w.hand.Turn(d)
	return ctx.Err()
}
